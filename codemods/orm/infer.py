"""What every expression of a scope is: flow-sensitive inference.

One walk over the statements of a function (or of a module), with the types of the local names at
each point. What is recorded for an expression holds on every path that reaches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._context import DEPTH, Context, Types
from ._flow import TRANSACTION, Flow
from .origins import place, without_origins

if TYPE_CHECKING:
    import ast

    from ..project.module import Module, Scope
    from .types import Type


def types_of(module: Module, scope: Scope, depth: int = DEPTH) -> Types:
    """The types in a function or in the body of a module; computed once per parsed module.

    ``depth`` is how many calls deep the results of functions without a return annotation are
    looked for. It makes recursion end, and the answer the same whatever was asked before.
    """
    key = ("types", scope, depth)
    if key not in module.memo:
        found = Flow(Context(module, scope, depth, types_of)).run()
        for same in found.depths:
            module.memo[("types", scope, same)] = found
    known: Types = module.memo[key]
    return known


def type_at(module: Module, node: ast.AST) -> Type:
    """The type of an expression, whatever scope it stands in."""
    return types_of(module, module.scope(node)).of(node)


__all__ = [
    "DEPTH",
    "TRANSACTION",
    "Types",
    "place",
    "type_at",
    "types_of",
    "without_origins",
]
