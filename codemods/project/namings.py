"""Every place of the project that names a variable or a function of a module."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..source import Fault
from .facts import dotted, imports_of
from .module import Module
from .names import local_names, scopes_around
from .symbols import Function, Package, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project
    from .symbols import Symbol


def mentions(project: Project, symbol: Variable | Function) -> Iterator[tuple[Module, ast.expr]]:
    """The expressions that are a variable or function of a module, those of its own file first."""
    name = symbol.name if isinstance(symbol, Variable) else symbol.qualname
    home = project.module(symbol.path)
    modules = [home] if isinstance(home, Module) else []
    modules += [m for m in _importers(project, name) if m.path != symbol.path]
    for module in modules:
        for node in _named(module, symbol, name):
            yield module, node


def modules_with(project: Project, word: str) -> Iterator[Module]:
    """The files of the project that hold a word."""
    pattern = re.compile(rf"\b{re.escape(word)}\b".encode())
    yield from modules_matching(project, pattern)


def _importers(project: Project, word: str) -> Iterator[Module]:
    """The files that may hold something of that name of another file, under some name."""
    name = re.escape(word)
    words = rf"\bimport\s[^\n]*\b{name}\b|\bimport\s*\([^)]*\b{name}\b|\.\s*{name}\b|import\s*\*"
    yield from modules_matching(project, re.compile(words.encode()))


def modules_matching(project: Project, pattern: re.Pattern[bytes]) -> Iterator[Module]:
    """The files of the project in whose bytes a pattern is found."""
    for path in project.files:
        data = project.read(path)
        if not isinstance(data, Fault) and pattern.search(data):
            module = project.module(path)
            if isinstance(module, Module):
                yield module


def is_found(module: Module, pattern: re.Pattern[bytes]) -> bool:
    """Whether a pattern is found in the bytes of any file that may concern a module.

    A file of another project of the tree does not, unless one of the two projects holds the other.
    """
    project = module.project
    key = (is_found, pattern)
    if key not in project.memo:
        contents = ((path, project.read(path)) for path in project.files)
        project.memo[key] = frozenset(
            project.versions_of(path).directory
            for path, data in contents
            if not isinstance(data, Fault) and pattern.search(data)
        )
    own = project.versions_of(module.path).directory
    found: frozenset[str] = project.memo[key]
    return any(_holds(own, other) or _holds(other, own) for other in found)


def _holds(outer: str, inner: str) -> bool:
    """Whether a directory, relative to the root, is another or lies above it."""
    return outer == "." or f"{inner}/".startswith(f"{outer}/")


def _named(module: Module, symbol: Variable | Function, name: str) -> Iterator[ast.expr]:
    """The expressions of a file that are the symbol."""
    names, packages = _bound(module, symbol, name)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in names and not _hidden(module, node, names[node.id]):
                yield node
        elif isinstance(node, ast.Attribute) and node.attr == name:
            head = dotted(node.value)
            if head in packages or (head and module.resolve(node) == symbol):
                yield node


def _bound(
    module: Module, symbol: Variable | Function, name: str
) -> tuple[dict[str, bool], set[str]]:
    """The names of the symbol in a file, each with whether a function imports it so.

    The second answer holds the names of its module.
    """
    home, project = Package(symbol.path), module.project
    names = {name: False} if module.path == symbol.path else {}
    packages: set[str] = set()
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        inside = module.scope(node) is not module.tree
        for found in imports_of(node):
            if found.attr == "*":
                target = project.modules.find(found.module, found.level, module.path)
                if target == symbol.path:
                    names.setdefault(name, False)
                continue
            meant: Symbol | None = project.resolve_import(module.path, found)
            if meant == symbol:
                names[found.name] = inside or names.get(found.name, False)
            elif meant == home:
                packages.add(found.name)
    return names, packages


def _hidden(module: Module, node: ast.Name, imported: bool) -> bool:
    """Whether a local name of an enclosing function hides the module's."""
    if imported:
        return False
    return any(node.id in local_names(scope) for scope in scopes_around(module, node))
