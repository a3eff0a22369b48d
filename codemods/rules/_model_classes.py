"""The classes of a file that are models, with the statements that define them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.symbols import Class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model
    from ..project.module import Module


def model_classes(module: Module) -> Iterator[tuple[ast.ClassDef, Model]]:
    """The models that a file defines at module level, in order; none that it defines twice."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and module.facts.bindings.get(node.name) == 1:
            model = module.project.models.get(Class(module.path, node.name))
            if model is not None:
                yield node, model


def declaration(node: ast.ClassDef, name: str) -> ast.Assign | ast.AnnAssign | None:
    """The last statement directly in a class body that assigns a name."""
    found = None
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        else:
            continue
        if isinstance(target, ast.Name) and target.id == name:
            found = statement
    return found
