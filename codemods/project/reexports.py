"""The names of a file that other files take from it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .apps import meaning
from .function_uses import names_in_call
from .module import Module
from .scripts import named_in
from .symbols import Package

if TYPE_CHECKING:
    from .index import Project


def is_taken_from(project: Project, path: str, name: str) -> bool:
    """Whether another file imports a name from this one, reads it there, or patches it."""
    return taken_from(project, path, name) is not None


def taken_from(project: Project, path: str, name: str) -> str | None:
    """A file, or a place in a script, that takes a name from this one, or None.

    This one may only have imported it.
    """
    for other in project.files:
        data = project.read(other) if other != path else b""
        if not isinstance(data, bytes) or not (name.encode() in data or b"*" in data):
            continue
        module = project.module(other) if name.encode() in data else None
        reached = isinstance(module, Module) and _reaches(module, path, name)
        if reached or _imports(project, other, path, name):
            return other
    return next(named_in(project, path, name), None)


def _imports(project: Project, other: str, path: str, name: str) -> bool:
    """Whether a file imports a name, or all that there is, from another."""
    facts = project.facts(other)
    if facts is None:
        return False
    named = (one for many in facts.imports.values() for one in many if one.attr == name)
    found = (project.modules.find(one.module, one.level, other) for one in (*named, *facts.stars))
    return path in found


def _reaches(other: Module, path: str, name: str) -> bool:
    """Whether a file reads a name of a module through the module, or spells both with a dot."""
    for node in other.nodes(ast.Attribute):
        if node.attr == name and meaning(other, node.value) == Package(path):
            return True
    called = any(names_in_call(other, call, path, name) for call in other.nodes(ast.Call))
    return called or spells(other, path, name)


def spells(module: Module, path: str, name: str) -> bool:
    """Whether a string of a file, as ``patch`` takes it, names something of another file."""
    stem = _stem(path)
    texts = (node.value for node in module.nodes(ast.Constant))
    return any(isinstance(t, str) and f".{stem}.{name}." in f".{t}." for t in texts)


def _stem(path: str) -> str:
    """The last part of the name of a module."""
    return path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
