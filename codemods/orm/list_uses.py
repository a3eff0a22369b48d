"""Whether code that handles a list would be content with anything that can be scanned."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .rows import Loop, is_async

if TYPE_CHECKING:
    from ..project.module import Module

#: Builtins that read what they are given from start to end and keep nothing of it.
_SCANS = frozenset(
    {"len", "list", "sorted", "set", "tuple", "enumerate", "any", "all", "sum", "max", "min"}
    | {"bool", "iter", "zip", "reversed"}
)


def needs_list(module: Module, node: ast.expr) -> bool:
    """Whether a real list is needed where the value of an ``await`` stands."""
    if not isinstance(node, ast.Await) or only_scanned(module, node):
        return False
    name = _only_name(module.parent(node))
    return not name or not _name_only_scanned(module, node, name)


def only_scanned(module: Module, node: ast.expr) -> bool:
    """Whether an expression is only iterated, measured or indexed."""
    parent = module.parent(node)
    if isinstance(parent, Loop):
        return parent.iter is node and not is_async(parent)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        return parent.func.id in _SCANS and node in parent.args
    if isinstance(parent, ast.Subscript):
        return parent.value is node and isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1:
        within = isinstance(parent.ops[0], ast.In | ast.NotIn)
        return within and parent.comparators[0] is node
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    if isinstance(parent, ast.Starred):
        return isinstance(parent.ctx, ast.Load)
    return isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node


def _only_name(parent: ast.AST | None) -> str:
    """The name that a statement assigns to, if it is the only target; else nothing."""
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return ""
    target = parent.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _name_only_scanned(module: Module, node: ast.expr, name: str) -> bool:
    """Whether a name is bound once in the scope of a node, and then only scanned."""
    scope = module.scope(node)
    uses = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name]
    loads = [n for n in uses if isinstance(n.ctx, ast.Load)]
    return len(uses) - len(loads) <= 1 and all(only_scanned(module, load) for load in loads)
