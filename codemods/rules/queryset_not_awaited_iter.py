"""Awaits a query before a loop goes over its rows.

What it does
    `for order in Order.filter(...)` becomes `for order in await Order.filter(...)`, likewise in
    comprehensions.

Why
    A query is no list before it has been awaited. The loop fails each time: `TypeError: 'QuerySet'
    object is not iterable`; since 0.21 `ParamsError: QuerySet indices must be slices`.

Before
    for order in Order.filter(paid=False):
        await order.delete()

After
    for order in await Order.filter(paid=False):
        await order.delete()

When it is safe
    What the loop goes over is proven to be a query for rows, and it stands where `await` is
    allowed, so that the code fails each time it runs.

What it leaves alone
    Reported, for a hand: loops in functions that are not `async`, and inner loops of
    comprehensions.
    Silently: `async for`, which is right; queries whose type is not proven; code that expects the
    error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.awaiting import AwaitExpression
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled
from ._queries import can_await, is_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_ROWS = ("queryset", "values", "raw", "union")
_ERRORS = frozenset({"TypeError", "ParamsError"})
_NO_AWAIT = "await is not possible here: make the function async, or use an async for"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each loop over a query that has not run."""
    loops = [node.iter for node in module.nodes(ast.For)]
    loops += [node.iter for node in module.nodes(ast.comprehension) if not node.is_async]
    for node in loops:
        if is_query(module, node, *_ROWS) and not _is_meant(module, node):
            yield _finding(module, node)


def _is_meant(module: Module, node: ast.expr) -> bool:
    return is_expected(module, node) or is_handled(module, node, _ERRORS)


def _finding(module: Module, node: ast.expr) -> Finding:
    span = module.span(node)
    message = "a loop over a query that is not awaited fails"
    if not can_await(module, node):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NO_AWAIT)
    edits = (AwaitExpression(module.path, span, True),)
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR209",
    name="queryset-not-awaited-iter",
    summary="awaits a query before a loop goes over its rows",
    find=find,
    triggers=(b"for ",),
    modules=near_models,
)
