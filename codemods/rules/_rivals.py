"""Another application whose connections would be known to all tasks of a process, too."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..orm.set_up import set_up
from ..orm.startup import CONTEXTS, OPENS
from ..project.apps import App, apps, inner_apps, meaning
from ..project.facts import FunctionNode
from ..project.model_targets import is_test
from ..project.module import Module
from ..project.namings import modules_matching
from ..project.symbols import Function

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..project.index import Project

_CONSTRUCTED = re.compile(rb"\b(?:FastAPI|Starlette)\s*\(")
_SINCE = "1.0"


def rival_of(module: Module, paths: Collection[str]) -> str:
    """What a repair rests on where one file takes an application and another one; else nothing.

    Since tortoise-orm 1.0 only one of them can make its connections known to all tasks of a
    process, as RegisterTortoise does.

    Args:
        module: The file of the finding.
        paths: The files that construct the applications that are given a lifespan.
    """
    project = module.project
    if project.versions_of(module.path).at_least("tortoise-orm", _SINCE) is False:
        return ""
    others = {path: line for path, line in _openers(project).items() if path not in paths}
    for other, line in sorted(others.items()):
        if any({other, *paths} & taken > {other} for taken in _taken_together(project)):
            first = sorted(paths)[0]
            return f"the apps of {first} and {other}:{line} must not run in one process at once"
    return ""


def _openers(project: Project) -> dict[str, int]:
    """The files, but for tests, whose applications set up the ORM, with the line of the first."""
    if _openers not in project.memo:
        found: dict[str, int] = {}
        for module in modules_matching(project, _CONSTRUCTED):
            known = () if is_test(module.path) else (*apps(module), *inner_apps(module))
            for app in filter(_opens, known):
                found.setdefault(module.path, app.calls[0].lineno)
        project.memo[_openers] = found
    known_openers: dict[str, int] = project.memo[_openers]
    return known_openers


def _opens(app: App) -> bool:
    """Whether a hook or the lifespan of an application sets up the ORM."""
    started = [(app.module, hook.function) for hook in app.hooks if hook.event == "startup"]
    return any(
        set_up(home, node, OPENS | CONTEXTS)
        for home, function in (*started, *_lifespans(app))
        for node in ast.walk(function)
    )


def _lifespans(app: App) -> Iterator[tuple[Module, FunctionNode]]:
    given = [k.value for call in app.calls for k in call.keywords if k.arg == "lifespan"]
    for value in given:
        symbol = meaning(app.module, value)
        home = app.module.project.module(symbol.path) if isinstance(symbol, Function) else None
        for node in home.tree.body if isinstance(home, Module) else ():
            if isinstance(node, FunctionNode) and node.name == getattr(symbol, "qualname", ""):
                assert isinstance(home, Module)
                yield home, node


def _taken_together(project: Project) -> list[frozenset[str]]:
    """For each file, which of the files that set up the ORM it imports something of, and itself."""
    if _taken_together not in project.memo:
        openers = _openers(project)
        taken = (_taken(project, path) for path in project.files) if len(openers) > 1 else ()
        project.memo[_taken_together] = [one for one in taken if len(one) > 1]
    known: list[frozenset[str]] = project.memo[_taken_together]
    return known


def _taken(project: Project, path: str) -> frozenset[str]:
    """The files with such an application that a file imports something of or names in a string."""
    openers, data = _openers(project), project.read(path)
    if not isinstance(data, bytes):
        return frozenset()
    stems = {one: _stem(one) for one in openers}
    named = {one for one, stem in stems.items() if re.search(rb"\b%b:\w" % stem, data)}
    facts = project.facts(path) if any(stem in data for stem in stems.values()) else None
    imports = (one for many in facts.imports.values() for one in many) if facts else ()
    symbols = {project.resolve_import(path, one) for one in imports}
    paths = {getattr(symbol, "path", "") for symbol in symbols}
    return frozenset(({path} | named | paths) & openers.keys())


def _stem(path: str) -> bytes:
    """The last part of the name of a module."""
    return path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2].encode()
