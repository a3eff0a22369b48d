"""Functions that end without a value, told from their statements alone.

Many functions are only called for what they do. That they give None, no types need to tell.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import scopes

if TYPE_CHECKING:
    from ..project.facts import FunctionNode
    from ..project.module import Module

_LEAVING = frozenset({ast.Return, ast.Raise, ast.While})


def gives_nothing(module: Module, function: FunctionNode) -> bool:
    """Whether a function returns no value, and certainly comes to its end; asked once each."""
    key = (gives_nothing, function)
    if key not in module.memo:
        nodes = scopes.nodes_in(module, function)
        valued = any(isinstance(node, ast.Return) and node.value is not None for node in nodes)
        module.memo[key] = not valued and all(map(_passes, function.body))
    return bool(module.memo[key])


def _passes(node: ast.stmt) -> bool:
    """Whether a statement that returns no value lets the next one run, for all that is known."""
    if isinstance(node, ast.If | ast.For | ast.AsyncFor) and not node.orelse:
        return True  # it may not have run at all
    if node.__class__ in scopes.NESTED:
        return True
    return not any(inner.__class__ in _LEAVING for inner in (node, *scopes.own_nodes(node)))
