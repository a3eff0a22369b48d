"""Where "aerich.models" goes in a configuration, and what stands against putting it there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.uses import Uses, uses_of
from ._configurations import appended

if TYPE_CHECKING:
    from ..project.aerich import LocatedTarget
    from ..project.config_values import AppConfig, Config
    from ..project.index import Project
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
    if appended(place, MODEL) is None:
        return f"the models are not a plain list: {add}"
    for held in place.via[1:]:
        if uses_of(project, held).count != 1:
            return f"{held.name} is used elsewhere too: {add} alone"
    return ""


def doubt_of(project: Project, located: LocatedTarget, config: Config, uses: Uses) -> str:
    """What the repair rests on, if it rests on something; empty if it is safe."""
    if config.assumed:
        return f"it rests on {config.assumed[0]} not being set in the environment"
    pin = project.versions_of(located.variable.path).get("aerich") or aerich_pin(project, located)
    read_by_others = uses.count or uses.text or config.place.inside is not None
    if (pin and pin.runtime) or not read_by_others:
        return ""
    name = located.variable.name
    needs = f"Tortoise.init imports what {name} lists, so aerich must be installed at run time"
    if pin is None:
        return f"{needs}, and the project does not declare it as a dependency"
    return f"{needs}, and {pin.source} does not declare it for that"


def is_older(project: Project, located: LocatedTarget, wanted: str) -> bool:
    """Whether the aerich that is run beside the manifest is proven to be older."""
    pin = aerich_pin(project, located)
    return pin is not None and pin.at_least(wanted) is False


def aerich_pin(project: Project, located: LocatedTarget) -> Pin | None:
    """What is known of the aerich that is run beside the manifest."""
    beside = project.versions.for_directory(located.target.folder or ".").get("aerich")
    return beside or project.versions_of(located.variable.path).get("aerich")
