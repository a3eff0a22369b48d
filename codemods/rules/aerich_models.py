"""Adds "aerich.models" to the configuration that aerich reads, where it is missing.

What it does
    Follows `tortoise_orm` of `[tool.aerich]` (or of `aerich.ini`, or of a `[tool.tortoise]` that
    aerich wrote) to the configuration it names. If no app lists "aerich.models", it is appended to
    the models of the first app, which is the one that aerich works on by default.

Why
    aerich keeps its history in a table of its own, whose model has to belong to an app. Without it
    every command stops: before 0.9.1 with

        ConfigurationError: default_connection for the model <class 'aerich.models.Aerich'> cannot
        be None

    and later, where there are several apps, with

        You have to add 'aerich.models' in the models of your tortoise config

    From 0.9.2 on the command line adds the model by itself if there is a single app, and nothing
    needs to be done; `aerich.Command`, called from Python, does not, and needs it in any case.

Before
    TORTOISE_ORM = {
        "connections": {"default": "sqlite://db.sqlite3"},
        "apps": {"models": {"models": ["shop.models"], "default_connection": "default"}},
    }

After
    TORTOISE_ORM = {
        "connections": {"default": "sqlite://db.sqlite3"},
        "apps": {
            "models": {"models": ["shop.models", "aerich.models"], "default_connection": "default"}
        },
    }

    (The line breaks of the file stay as they are.)

When it is safe
    The configuration is read by `Tortoise.init` as well, which fails if a module in it cannot be
    imported. So it is safe where aerich is a dependency of the running program, or where nothing
    but aerich uses the configuration. It is unsafe where aerich is declared for development only,
    or nowhere: install it wherever the program runs, then use `--unsafe`.

What it leaves alone
    Configurations that are not wholly visible, because what is not visible may already hold the
    model: built by functions, read from the environment, changed in place. A single app where
    aerich is 0.9.2 or later. Projects on Tortoise's own migrations, where the model would be
    wrong. `modules=` of `Tortoise.init` and `register_tortoise`, which aerich does not read, and
    every configuration that aerich is not pointed at.
    Left for you: tuples, sums of lists, lists that something else uses too, and manifests that name
    different configurations.
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

from ..edits.elements import AppendElement
from ..project.aerich import LocatedTarget, located_targets
from ..project.config_values import AppConfig, Config, Place, read_variable
from ..project.uses import ANY, Uses, uses_of
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.module import Module
    from ..project.versions import Pin

_MODEL = "aerich.models"
_COMMAND = "Command"
_NATIVE = re.compile(rb"^\s*(?:from\s+tortoise\.migrations|import\s+tortoise\.migrations)\b", re.M)
_NATIVE_NAME = re.compile(rb"^\s*from\s+tortoise\s+import\s+.*\bmigrations\b", re.M)
_NO_DEFAULT = f"default_connection for the model <class '{_MODEL}.Aerich'> cannot be None"
_HAVE_TO_ADD = f"You have to add '{_MODEL}' in the models of your tortoise config"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each configuration in the module that aerich cannot work with."""
    yield from (finding for finding in _found(module.project) if finding.path == module.path)


def _found(project: Project) -> tuple[Finding, ...]:
    """The findings of the whole project, worked out once."""
    if find not in project.memo:
        project.memo[find] = tuple(_findings(project))
    found: tuple[Finding, ...] = project.memo[find]
    return found


def _modules(project: Project) -> frozenset[str]:
    return frozenset(finding.path for finding in _found(project))


def _findings(project: Project) -> Iterator[Finding]:
    seen = set()
    for located in located_targets(project):
        if located.variable not in seen:
            seen.add(located.variable)
            yield from _judged(project, located)


def _judged(project: Project, located: LocatedTarget) -> Iterator[Finding]:
    config = read_variable(project, located.variable)
    if config is None or not config.apps or not _lacks_model(config.apps):
        return
    uses = uses_of(project, located.variable)
    if uses.changed & {ANY, "apps"}:
        return
    error = _error(project, located, len(config.apps), uses)
    if not error or _has_native_migrations(project, located.target.folder):
        return
    name = located.variable.name
    yield _finding(project, located, config, uses, f'no app of {name} lists "{_MODEL}": {error}')


def _lacks_model(apps: tuple[AppConfig, ...]) -> bool:
    """Whether every list of models is known and none holds the model, nor should."""
    for app in apps:
        if app.migrations or app.models is None or _MODEL in app.models.names:
            return False
    return True


def _error(project: Project, located: LocatedTarget, apps: int, uses: Uses) -> str:
    """What the user meets, with the versions of aerich that say so; empty if nothing fails."""
    pin = _pin(project, located)
    if any(call.rpartition(".")[2] == _COMMAND for call in uses.calls):
        return f'aerich.Command fails with "{_NO_DEFAULT}"'
    if apps == 1 and pin and pin.at_least("0.9.2"):
        return ""
    explicit = pin.at_least("0.9.1") if pin else None
    if explicit is False:
        return f'aerich fails with "{_NO_DEFAULT}"'
    if apps > 1 or (pin and pin.at_least("0.9.2") is False):
        return f'aerich stops with "{_HAVE_TO_ADD}"'
    return f'aerich before 0.9.2 fails with "{_NO_DEFAULT}"'


def _pin(project: Project, located: LocatedTarget) -> Pin | None:
    """What is known of the aerich that is run beside the manifest."""
    beside = project.versions.for_directory(located.target.folder or ".").get("aerich")
    return beside or project.versions_of(located.variable.path).get("aerich")


def _has_native_migrations(project: Project, folder: str) -> bool:
    """Whether migrations in Tortoise's own format lie below a folder."""
    for here, folders, files in os.walk(project.root / folder):
        folders[:] = [f for f in folders if not f.startswith(".") and not _is_foreign(here, f)]
        if "migrations" in here.replace(os.sep, "/").split("/"):
            paths = (f"{here}/{name}" for name in files if name.endswith(".py"))
            if any(_is_native(path) for path in paths):
                return True
    return False


def _is_foreign(here: str, folder: str) -> bool:
    if folder in ("node_modules", "site-packages", "dist-packages", "__pycache__"):
        return True
    return os.path.lexists(f"{here}/{folder}/pyvenv.cfg")


def _is_native(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except OSError:
        return False
    return bool(_NATIVE.search(data) or _NATIVE_NAME.search(data))


def _finding(
    project: Project, located: LocatedTarget, config: Config, uses: Uses, message: str
) -> Finding:
    assert config.apps
    first = config.apps[0]
    assert first.models
    place = first.models.place
    obstacle = _obstacle(project, located, config, first)
    if obstacle:
        at = (
            config.assigned
            if first.value.module.path != config.assigned.module.path
            else first.value
        )
        span = at.module.span(at.node)
        return Finding(RULE.code, at.module.path, span, message, Safety.MANUAL, (), obstacle)
    doubt = _doubt(project, located, uses)
    span = place.module.span(place.node)
    edit = AppendElement(place.module.path, span, _quoted(place))
    safety = Safety.UNSAFE if doubt else Safety.SAFE
    return Finding(RULE.code, place.module.path, span, message, safety, (edit,), doubt)


def _obstacle(project: Project, located: LocatedTarget, config: Config, first: AppConfig) -> str:
    """Why the list cannot be appended to, and what to do instead; empty if it can."""
    target = located.target
    add = f'add "{_MODEL}" to the models of the app "{first.label}"'
    assert first.models
    place = first.models.place
    if target.rival:
        names = f"{target.manifest} and {target.rival} name different configurations"
        return f"{names}: remove one of the two, and {add} in the other"
    if place.module.path != config.assigned.module.path:
        return f"the models are in {place.module.path}: {add} there"
    if isinstance(place.node, ast.Tuple):
        return f"the models are a tuple, which Tortoise 1.0 refuses: make it a list, and {add}"
    if not isinstance(place.node, ast.List) or not _is_plain(place.node):
        return f"the models are not a plain list of strings: {add}"
    for variable in place.via[1:]:
        if uses_of(project, variable).count != 1:
            return f"{variable.name} is used elsewhere too: {add} alone"
    return ""


def _is_plain(node: ast.List) -> bool:
    strings = [isinstance(e, ast.Constant) and isinstance(e.value, str) for e in node.elts]
    return bool(strings) and all(strings)


def _doubt(project: Project, located: LocatedTarget, uses: Uses) -> str:
    """What the repair rests on, if it rests on something; empty if it is safe."""
    pin = project.versions_of(located.variable.path).get("aerich") or _pin(project, located)
    if (pin and pin.runtime) or (not uses.count and not uses.text):
        return ""
    name = located.variable.name
    needs = f"Tortoise.init imports what {name} lists, so aerich must be installed at run time"
    if pin is None:
        return f"{needs}, and the project does not declare it as a dependency"
    return f"{needs}, and {pin.source} does not declare it for that"


def _quoted(place: Place) -> str:
    """The new element, in the quotes of the last one."""
    assert isinstance(place.node, ast.List)
    text = place.module.text(place.node.elts[-1]).lstrip("rRuUbBfF")
    quote = "'" if text.startswith("'") else '"'
    return f"{quote}{_MODEL}{quote}"


RULE = Rule(
    code="TOR706",
    name="aerich-models",
    summary='"aerich.models" is missing from the configuration that aerich reads',
    find=find,
    modules=_modules,
)
