"""What an awaited expression, and the project's functions that it calls, do with the database.

Only what is proven counts: a call of which nothing is known adds nothing.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.module import Module
from . import api, scopes
from .chains import Link, chain_of, passes_connection
from .definitions import definition, plain_decorators
from .infer import Types, types_of
from .transactions import is_atomic, opened_by
from .types import ApiMethod, BoundMethod, Coroutine, Manager, Query, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..project.facts import FunctionNode
    from ..project.symbols import Function

#: Coroutines of the ORM that open a transaction of their own.
_OPENERS = frozenset({"get_or_create", "update_or_create"})
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Reach:
    """What a piece of code is proven to do, on some path at least.

    Attributes:
        uses: It sends something to the database.
        inherits: It does so without being given a connection, on that of the context.
        writes: It writes rows.
        opens: It opens a transaction of its own.
    """

    uses: bool = False
    inherits: bool = False
    writes: bool = False
    opens: bool = False

    def __or__(self, other: Reach) -> Reach:
        return Reach(
            self.uses or other.uses,
            self.inherits or other.inherits,
            self.writes or other.writes,
            self.opens or other.opens,
        )


NOTHING = Reach()


def reach_of(module: Module, types: Types, node: ast.expr, depth: int = _DEPTH) -> Reach:
    """What awaiting an expression of a scope does; ``types`` are those of the scope."""
    found = types.of(node)
    if isinstance(found, Manager):
        return Reach(uses=True, inherits=True)
    chain = chain_of(types, node)
    if chain.links and isinstance(found, Query | Coroutine):
        return _of_links(chain.links)
    if isinstance(found, Query):
        return Reach(uses=True)
    symbol = function_called(types, node)
    return _of_function(module, symbol, depth) if symbol is not None and depth else NOTHING


def function_called(types: Types, node: ast.expr) -> Function | None:
    """The function of the project that an expression calls, if it is a call of one."""
    from ..project.symbols import Function

    called = types.of(node.func) if isinstance(node, ast.Call) else None
    if isinstance(called, BoundMethod):
        return called.function
    if isinstance(called, Reference) and isinstance(called.symbol, Function):
        return called.symbol
    return None


def _of_links(links: tuple[Link, ...]) -> Reach:
    passed = any(
        passes_connection(link, None) or any(k.arg == "using_db" for k in link.call.keywords)
        for link in links
    )
    effects = {_worst(link.method) for link in links}
    return Reach(
        uses=True,
        inherits=not passed,
        writes=api.Effect.WRITE in effects,
        opens=links[-1].method.name in _OPENERS,
    )


def _worst(method: ApiMethod) -> api.Effect | None:
    return api.worst_effect(api.Owner(method.owner), method.name)


def _of_function(module: Module, symbol: Function, depth: int) -> Reach:
    other = module.project.module(symbol.path)
    node = definition(other, symbol) if isinstance(other, Module) else None
    if node is None or not isinstance(other, Module) or not plain_decorators(other, node):
        return NOTHING
    if not isinstance(node, ast.AsyncFunctionDef) or scopes.is_generator(other, node):
        return NOTHING
    key = ("reach", symbol, depth)
    if key not in other.memo:
        other.memo[key] = NOTHING  # what a function does by calling itself, it does anyway
        other.memo[key] = _of_body(other, node, depth - 1)
    found: Reach = other.memo[key]
    return found


def _of_body(module: Module, function: FunctionNode, depth: int) -> Reach:
    types = types_of(module, function)
    found = Reach(opens=is_atomic(module, function))
    for node in scopes.nodes_in(module, function):
        if isinstance(node, ast.AsyncWith) and any(opened_by(types, node)):
            found |= Reach(uses=True, inherits=True, opens=True)
        for run in _run_by(node):
            found |= reach_of(module, types, run, depth)
    return found


def _run_by(node: ast.AST) -> Iterable[ast.expr]:
    """What a node awaits or iterates, the arguments of a ``gather`` included."""
    if isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
        return (node.iter,)
    if not isinstance(node, ast.Await):
        return ()
    value = node.value
    return (value, *value.args) if isinstance(value, ast.Call) else (value,)
