"""Whether code that handles a list would be content with anything that can be scanned."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.symbols import External
from . import scopes
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
        return node in parent.args and _scans(module, parent.func)
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


def _scans(module: Module, func: ast.Name) -> bool:
    """Whether a function is one of the builtins that only scan, and nothing else of its name."""
    if func.id not in _SCANS or module.resolve(func) != External(f"builtins.{func.id}"):
        return False
    around = [outer for outer in module.ancestors(func) if isinstance(outer, FunctionNode)]
    return not any(func.id in scopes.bindings_in(module, outer) for outer in around)


def _only_name(parent: ast.AST | None) -> str:
    """The name that a statement assigns to, if it is the only target; else nothing."""
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return ""
    target = parent.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _name_only_scanned(module: Module, node: ast.expr, name: str) -> bool:
    """Whether a name is bound once in the scope of a node, and then only scanned."""
    scope = module.scope(node)
    if name in scopes.elsewhere_bound(module):
        return False
    uses = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name]
    loads = [n for n in uses if isinstance(n.ctx, ast.Load)]
    return len(uses) - len(loads) <= 1 and all(only_scanned(module, load) for load in loads)
