"""Whether anything in the project uses a function of a module, before it is removed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..source import Fault
from .apps import meaning
from .facts import FunctionNode, imports_of
from .module import Module
from .scripts import named_in
from .symbols import Function, Package

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAYING = frozenset(
    {"print", "debug", "info", "warning", "error", "exception", "critical", "success"}
)


def used_at(module: Module, function: FunctionNode) -> str | None:
    """The first place, as ``path:line``, that may use a module-level function, or None.

    Names and imports count, and so do strings that give its name after that of its module, which
    test helpers and servers take. Code inside the function itself does not count.
    """
    return next(uses(module, function), None)


def uses(module: Module, function: FunctionNode) -> Iterator[str]:
    """All such places, those of the function's own file first."""
    yield from _own(module, function)
    yield from _others(module, function.name)


def _own(module: Module, function: FunctionNode) -> Iterator[str]:
    inside = set(ast.walk(function))
    for node in ast.walk(module.tree):
        if node in inside:
            continue
        named = isinstance(node, ast.Name) and node.id == function.name
        listed = isinstance(node, ast.Constant) and node.value == function.name
        listed = listed and not names_event(module, node) and not _is_said(module, node)
        if named or listed:
            yield f"{module.path}:{getattr(node, 'lineno', 0)}"


def names_event(module: Module, node: ast.AST) -> bool:
    """Whether a string is the event in a call that registers a hook."""
    call = module.parent(node)
    call = module.parent(call) if isinstance(call, ast.keyword) else call
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("on_event", "add_event_handler")
    )


def _is_said(module: Module, node: ast.AST) -> bool:
    """Whether a string is all that is printed or logged."""
    call = module.parent(node)
    func = call.func if isinstance(call, ast.Call) and len(call.args) == 1 else None
    return getattr(func, "attr", getattr(func, "id", "")) in _SAYING


def _others(module: Module, name: str) -> Iterator[str]:
    project = module.project
    word = re.compile(rf"\b{re.escape(name)}\b".encode())
    parts = module.path.removesuffix("/__init__.py").removesuffix(".py").split("/")
    path_like = re.compile(rf"(?:.*[.:])?{re.escape(parts[-1])}[.:]{re.escape(name)}")
    for path in project.files:
        data = project.read(path)
        if path == module.path or isinstance(data, Fault) or not word.search(data):
            continue
        other = project.module(path)
        if not isinstance(other, Module):
            yield path
            continue
        for node in ast.walk(other.tree):
            if _uses(other, node, module.path, name) or _spells(node, path_like):
                yield f"{path}:{getattr(node, 'lineno', 0)}"
    yield from named_in(project, module.path, name)


def _uses(other: Module, node: ast.AST, path: str, name: str) -> bool:
    """Whether a node of another file imports the function or names it."""
    if isinstance(node, ast.ImportFrom):
        find = other.project.modules.find
        return any(
            found.attr == name and find(found.module, found.level, other.path) == path
            for found in imports_of(node)
        )
    if isinstance(node, ast.Attribute) and node.attr == name:
        return meaning(other, node) == Function(path, name)
    if isinstance(node, ast.Name) and node.id == name:
        return meaning(other, node) == Function(path, name)
    return names_in_call(other, node, path, name)


def names_in_call(module: Module, node: ast.AST, path: str, name: str) -> bool:
    """Whether a node is ``f(m, "name")`` of a module ``m``, as ``setattr`` and mocks take it."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return False
    owner, named = node.args[:2]
    if not isinstance(named, ast.Constant) or named.value != name:
        return False
    return meaning(module, owner) == Package(path)


def _spells(node: ast.AST, pattern: re.Pattern[str]) -> bool:
    """Whether a node is a string like ``package.module:function``."""
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and pattern.fullmatch(text) is not None
