"""Counts the rows of a query in the database, where `len()` gets the query itself.

What it does
    `len(Order.filter(...))` becomes `await Order.filter(...).count()`.

Why
    A query that has not been awaited has no length: `TypeError: object of type 'QuerySet' has no
    len()`.

Before
    if len(Order.filter(paid=False)) > 10:

After
    if await Order.filter(paid=False).count() > 10:

When it is safe
    What `len` gets is proven to be a query for objects, and it stands where `await` is allowed, so
    that the code fails each time it runs.

What it leaves alone
    Reported, for a hand: calls in functions that are not `async`.
    Silently: `len(await ...)`, which works; a `len` of the project's own; queries whose type is not
    proven; code that expects the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.awaiting import KeepAwaited
from ..edits.chain import CallMethod
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._migration import canonical_of
from ._provoked import is_expected, is_handled
from ._queries import can_await, is_query, takes_bare_await

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_NO_AWAIT = "await is not possible here: make the function async, and await count() of the query"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each ``len()`` of a query that has not run."""
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id == "len" and len(call.args) == 1:
            known = is_query(module, call.args[0], "queryset")
            if known and _fails(module, call):
                yield _finding(module, call)


def _fails(module: Module, call: ast.Call) -> bool:
    """Whether ``len`` is Python's, and its error is not asked for."""
    if canonical_of(module, call.func) != "builtins.len":
        return False
    return not is_expected(module, call) and not is_handled(module, call, {"TypeError"})


def _finding(module: Module, call: ast.Call) -> Finding:
    span, inner = module.span(call), module.span(call.args[0])
    message = "a query has no len(): this raises TypeError"
    if not can_await(module, call):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NO_AWAIT)
    edits = (
        KeepAwaited(module.path, span, inner, takes_bare_await(module, call)),
        CallMethod(module.path, inner, "count"),
    )
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR211",
    name="len-queryset",
    summary="counts the rows of a query with `count()`, since a query has no `len()`",
    find=find,
    triggers=(b"len(",),
    modules=near_models,
)
