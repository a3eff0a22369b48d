"""Statements as text, and the names that they bind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..project.facts import FunctionNode

if TYPE_CHECKING:
    from ..project.module import Module


def text_of(module: Module, node: ast.stmt) -> str:
    """The source of a statement, as it would be written at the left margin."""
    return flush(module, node, module.text(node))


def flush(module: Module, node: ast.stmt, text: str) -> str:
    """A piece of the source of a statement, less the indentation of the statement."""
    margin = " " * node.col_offset
    first, *rest = text.splitlines()
    return "\n".join([first, *(line.removeprefix(margin) for line in rest)])


def sole_target(module: Module, node: ast.stmt) -> str:
    """The name that ``name = value`` binds, where nothing else in its function binds it.

    Empty for any other statement, at module level, and where an inner function shares the name.
    """
    scope = module.scope(node)
    if not isinstance(node, ast.Assign) or not isinstance(scope, FunctionNode):
        return ""
    target = node.targets[0] if len(node.targets) == 1 else None
    if not isinstance(target, ast.Name):
        return ""
    alone = scopes.bindings_in(module, scope).get(target.id) == 1
    return target.id if alone and target.id not in scopes.elsewhere_bound(module) else ""


def reads(module: Module, node: ast.stmt, name: str) -> list[ast.Name]:
    """Where the function around a statement reads a name, inner functions included."""
    scope = module.scope(node)
    return [
        one
        for one in ast.walk(scope)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
    ]
