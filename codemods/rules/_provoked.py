"""Code that counts on an error: a repair would break what it shows or handles."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..project.module import Module

_EXPECTING = frozenset(
    {"raises", "assertRaises", "assertRaisesRegex", "assertRaisesMessage", "suppress"}
)


def is_expected(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a ``with`` block that asks for, or swallows, an error."""
    for outer in _around(module, node):
        if isinstance(outer, ast.With | ast.AsyncWith):
            calls = (item.context_expr for item in outer.items)
            if any(isinstance(c, ast.Call) and _last(c.func) in _EXPECTING for c in calls):
                return True
    return False


def is_handled(module: Module, node: ast.AST, errors: Collection[str]) -> bool:
    """Whether an ``except`` clause around a node names one of the errors."""
    inner: ast.AST = node
    for outer in _around(module, node):
        if isinstance(outer, ast.Try) and inner in outer.body:
            kinds = (handler.type for handler in outer.handlers if handler.type is not None)
            if any(_last(part) in errors for kind in kinds for part in ast.walk(kind)):
                return True
        inner = outer
    return False


def _around(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around a node, innermost first, up to the function that holds it."""
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda):
            return
        yield outer


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
