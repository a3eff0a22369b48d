"""Pairs of files that import classes of each other, so that neither can be imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import imports_of
from ..project.module import Module

if TYPE_CHECKING:
    from collections.abc import Iterator


def circles(module: Module) -> Iterator[tuple[ast.ImportFrom, Module, ast.ImportFrom]]:
    """The imports at the top of a file that fail, with the other file and its import of this one.

    Each takes a class that the other file defines only below its own import. Only one statement of
    each file takes classes of the other; files that import more of each other are left out.
    """
    for statement, other in _taking(module):
        back = _only(other, module)
        if back is None or _only(module, other) is not statement:
            continue
        if _is_late(module, back, statement) and _is_late(other, statement, back):
            yield statement, other, back


def _taking(module: Module) -> Iterator[tuple[ast.ImportFrom, Module]]:
    """The imports at the top that take nothing but classes of a file, and that file."""
    project = module.project
    for statement in module.tree.body:
        if not isinstance(statement, ast.ImportFrom) or module.path.endswith("__init__.py"):
            continue
        place = project.modules.find(statement.module or "", statement.level, module.path)
        if place is None or not place.endswith(".py") or place.endswith("__init__.py"):
            continue
        facts = project.facts(place) if place != module.path else None
        other = project.module(place) if facts else None
        if facts is None or not isinstance(other, Module):
            continue
        if all(one.attr in facts.classes for one in imports_of(statement)):
            yield statement, other


def _only(module: Module, other: Module) -> ast.ImportFrom | None:
    """The one import by which a file takes classes of another."""
    found = [statement for statement, place in _taking(module) if place.path == other.path]
    return found[0] if len(found) == 1 else None


def _is_late(module: Module, wanted: ast.ImportFrom, until: ast.ImportFrom) -> bool:
    """Whether a file has a class that is wanted of it only below one of its own imports."""
    classes = module.facts.classes
    return any(classes[one.attr].line > until.lineno for one in imports_of(wanted))
