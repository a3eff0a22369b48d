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
    versions = project.versions_of(module.path)
    if versions.at_least("tortoise-orm", _SINCE) is False:
        return ""
    openers = _openers(project).get(versions.directory, {})
    if openers.keys() <= {*paths}:
        return ""
    for taken in _taken_together(project, versions.directory):
        others = sorted(taken - {*paths})
        if others and len(others) < len(taken):
            first, other = sorted(taken & {*paths})[0], others[0]
            where = f"{other}:{openers[other]}"
            return f"the apps of {first} and {where} must not run in one process at once"
    return ""


def _openers(project: Project) -> dict[str, dict[str, int]]:
    """By the directory of their project: the files, but for tests, whose apps set up the ORM.

    Each with the line of the first of its applications.
    """
    if _openers not in project.memo:
        found: dict[str, dict[str, int]] = {}
        for module in modules_matching(project, _CONSTRUCTED):
            known = () if is_test(module.path) else (*apps(module), *inner_apps(module))
            lines = [app.calls[0].lineno for app in known if _opens(app)]
            if lines:
                home = project.versions_of(module.path).directory
                found.setdefault(home, {})[module.path] = lines[0]
        project.memo[_openers] = found
    openers: dict[str, dict[str, int]] = project.memo[_openers]
    return openers


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


def _taken_together(project: Project, home: str) -> list[frozenset[str]]:
    """For each file of a project that takes several of those files, which ones."""
    key = (_taken_together, home)
    if key not in project.memo:
        openers = frozenset(_openers(project).get(home, {}))
        paths = [p for p in project.files if project.versions_of(p).directory == home]
        taken = (_taken(project, path, openers) for path in paths)
        project.memo[key] = [one for one in taken if len(one) > 1]
    known: list[frozenset[str]] = project.memo[key]
    return known


def _taken(project: Project, path: str, openers: frozenset[str]) -> frozenset[str]:
    """Those of some files that a file imports something of, or names in a string, and itself."""
    data = project.read(path)
    stems = {one: _stem(one) for one in openers}
    if not isinstance(data, bytes) or not any(stem in data for stem in stems.values()):
        return frozenset()
    named = {one for one, stem in stems.items() if re.search(rb"\b%b:\w" % re.escape(stem), data)}
    facts = project.facts(path)
    imports = (one for many in facts.imports.values() for one in many) if facts else ()
    symbols = {project.resolve_import(path, one) for one in imports}
    paths = {getattr(symbol, "path", "") for symbol in symbols}
    return frozenset(({path} | named | paths) & openers)


def _stem(path: str) -> bytes:
    """The last part of the name of a module."""
    return path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2].encode()
