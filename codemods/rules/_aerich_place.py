"""Where "aerich.models" goes in a configuration, and what stands against putting it there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.uses import Uses, uses_of

if TYPE_CHECKING:
    from ..project.aerich import LocatedTarget
    from ..project.config_values import AppConfig, Config
    from ..project.index import Project
    from ..project.values import Place
    from ..project.versions import Pin

MODEL = "aerich.models"


def obstacle_to(project: Project, located: LocatedTarget, config: Config, first: AppConfig) -> str:
    """Why the list cannot be appended to, and what to do instead; empty if it can."""
    target = located.target
    add = f'add "{MODEL}" to the models of the app "{first.label}"'
    assert first.models
    place = first.models.place
    if target.rival:
        names = f"{target.manifest} and {target.rival} name different configurations"
        return f"{names}: remove one of the two, and {add} in the other"
    if isinstance(place.node, ast.Tuple):
        return f"the models are a tuple, which Tortoise 1.0 refuses: make it a list, and {add}"
    if display_of(place) is None:
        return f"the models are not a plain list: {add}"
    for held in place.via[1:]:
        if uses_of(project, held).count != 1:
            return f"{held.name} is used elsewhere too: {add} alone"
    return ""


def display_of(place: Place) -> ast.List | None:
    """The list display to append to: the value itself, or the last one of a sum."""
    sides: list[ast.expr] = [place.node]
    while sides:
        side = sides.pop()
        if isinstance(side, ast.List) and side.elts:
            return side
        if isinstance(side, ast.BinOp):
            sides += [side.left, side.right]
    return None


def doubt_of(project: Project, located: LocatedTarget, config: Config, uses: Uses) -> str:
    """What the repair rests on, if it rests on something; empty if it is safe."""
    if config.assumed:
        return f"it rests on {config.assumed[0]} not being set in the environment"
    pin = project.versions_of(located.variable.path).get("aerich") or aerich_pin(project, located)
    if (pin and pin.runtime) or (not uses.count and not uses.text):
        return ""
    name = located.variable.name
    needs = f"Tortoise.init imports what {name} lists, so aerich must be installed at run time"
    if pin is None:
        return f"{needs}, and the project does not declare it as a dependency"
    return f"{needs}, and {pin.source} does not declare it for that"


def quoted_in(place: Place, display: ast.List) -> str:
    """The new element, in the quotes of the last string before it."""
    strings = [e for e in display.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    text = place.module.text(strings[-1]).lstrip("rRuUbBfF") if strings else ""
    quote = "'" if text.startswith("'") else '"'
    return f"{quote}{MODEL}{quote}"


def is_older(project: Project, located: LocatedTarget, wanted: str) -> bool:
    """Whether the aerich that is run beside the manifest is proven to be older."""
    pin = aerich_pin(project, located)
    return pin is not None and pin.at_least(wanted) is False


def aerich_pin(project: Project, located: LocatedTarget) -> Pin | None:
    """What is known of the aerich that is run beside the manifest."""
    beside = project.versions.for_directory(located.target.folder or ".").get("aerich")
    return beside or project.versions_of(located.variable.path).get("aerich")
