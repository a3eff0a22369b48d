"""Reports modules that an app lists and that the project does not have.

What it does
    Looks at the models of each app, in configurations and in `modules=`: names below a package of
    the project, of which there is no file.

Why
    The start fails with

        ConfigurationError: Module "shop.modles" not found

Example
    "apps": {"models": {"models": ["shop.modles", "aerich.models"]}}

Use instead
    "apps": {"models": {"models": ["shop.models", "aerich.models"]}}

When it is safe
    It is never applied: which module is meant is for you to say.

What it leaves alone
    Modules of other distributions, names that are put together, packages that may come from several
    places, and modules that lie on the disk although git ignores them.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..project.values import Row, Text
from ._base import Finding, Rule, Safety
from ._configurations import by_module, models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project


def _findings(project: Project) -> Iterator[Finding]:
    for models in models_of(project):
        for item in models.value.items if isinstance(models.value, Row) else ():
            if isinstance(item, Text) and item.sure:
                near = _missing(project, item.place.module.path, item.text)
                if near is not None:
                    module, span = item.place.module, item.place.module.span(item.place.node)
                    message = f'the start fails with "ConfigurationError: Module "{item.text}" not '
                    message += 'found"'
                    advice = f"{near} is the nearest" if near else "create it, or take it out"
                    yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _missing(project: Project, path: str, name: str) -> str | None:
    """The module that is nearest to one that is not there; None where it is, or may be."""
    first, *rest = name.split(".")
    if name.endswith(".py") or not project.modules.knows(name):
        return None
    here, done = project.modules.find(first, 0, path), [first]
    while here is not None and rest:
        below = project.modules.child(here, rest[0])
        if below is None:
            return _nearest(project, here, done, rest[0])
        here = below
        done.append(rest.pop(0))
    return None


def _nearest(project: Project, package: str, done: list[str], wanted: str) -> str | None:
    if package.endswith(".py") and not package.endswith("__init__.py"):
        return None
    names = _in_folder(project, package.removesuffix("__init__.py"))
    if wanted in names:
        return None
    near = get_close_matches(wanted, sorted(names - {"__init__", "__pycache__"}), 1)
    return ".".join([*done, *near]) if near else ""


def _in_folder(project: Project, folder: str) -> set[str]:
    """What could be imported from a folder, by what lies in it on the disk."""
    try:
        return {one.name.partition(".")[0] for one in (project.root / folder).iterdir()}
    except OSError:
        return set()


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR429",
    name="models-module-not-found",
    summary="an app lists a module that the project does not have",
    safety=Safety.MANUAL,
    find=_find,
    modules=_modules,
)
