"""Which files are loaded when one is imported, and what is imported only in functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, imports_of
from ..project.module import Module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project


def loaded_by(project: Project, path: str) -> frozenset[str]:
    """The files that importing a file may load, itself included."""
    key = (loaded_by, path)
    if key not in project.memo:
        project.memo[key] = _loaded_by(project, path)
    known: frozenset[str] = project.memo[key]
    return known


def _loaded_by(project: Project, path: str) -> frozenset[str]:
    found, left = {path}, [path]
    while left:
        one = left.pop()
        facts = project.facts(one)
        many = [i for several in facts.imports.values() for i in several] if facts else []
        for given in (*many, *(facts.stars if facts else ())):
            target = project.modules.find(given.module, given.level, one)
            child = project.modules.child(target, given.attr) if target and given.attr else None
            fresh = {name for name in (target, child) if name and name.endswith(".py")} - found
            found |= fresh
            left += sorted(fresh)
    return frozenset(found)


def is_imported_late(project: Project, path: str) -> bool:
    """Whether a function imports a file, which the ORM may then have been started before."""
    stem = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2].encode()
    for other in project.relevant:
        data = project.read(other)
        module = project.module(other) if isinstance(data, bytes) and stem in data else None
        if isinstance(module, Module) and any(_imports_late(module, path)):
            return True
    return False


def _imports_late(module: Module, path: str) -> Iterator[bool]:
    project = module.project
    found: list[ast.Import | ast.ImportFrom] = [*module.nodes(ast.Import)]
    for node in (*found, *module.nodes(ast.ImportFrom)):
        if not any(isinstance(outer, FunctionNode) for outer in module.ancestors(node)):
            continue
        for one in imports_of(node):
            target = project.modules.find(one.module, one.level, module.path)
            child = project.modules.child(target, one.attr) if target and one.attr else None
            loaded = [name for name in (target, child) if name and name.endswith(".py")]
            yield any(path in loaded_by(project, name) for name in loaded)
