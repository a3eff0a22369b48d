"""What the names of a file mean, looked up once for each name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.facts import dotted

if TYPE_CHECKING:
    import ast

    from ..project.index import Project
    from ..project.symbols import Symbol


def resolved(project: Project, path: str, name: str) -> Symbol | None:
    """What a dotted name means at the module level of a file; None where it is not certain."""
    return project.resolve(path, name)


def resolved_expression(project: Project, path: str, node: ast.expr) -> Symbol | None:
    """The same for a dotted expression; None for any other."""
    name = dotted(node)
    return resolved(project, path, name) if name else None
