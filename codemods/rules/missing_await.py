"""Awaits what is called and then dropped: without `await` it does nothing.

What it does
    `order.save()`, `Order.create(...)`, `Order.filter(...).update(...)`, `order.tags.add(tag)` and
    the like, as statements of their own in an `async def`, become `await order.save()` and so on.

Why
    The call only makes a coroutine, or a query. Nothing is sent to the database; of a coroutine
    Python says `RuntimeWarning: coroutine 'Model.save' was never awaited`, of a query it says
    nothing.

Before
    async def close(order):
        order.closed = True
        order.save()

After
    async def close(order):
        order.closed = True
        await order.save()

When it is safe
    The receiver is proven to be a model, an object, a query or a relation, whose method is
    Tortoise's own and writes to the database or to the object; the statement stands directly in an
    `async def`. As it is, the statement has no effect at all.

What it leaves alone
    Reported, for a hand: functions that are not `async`.
    Silently: results that are given to something, such as `create_task(order.save())`, that are
    returned or get a name; methods that only read, such as `filter`; methods of the project's own;
    code that expects a warning.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.awaiting import AwaitExpression
from ..orm import api
from ..orm.calls import entry_of
from ..orm.types import Coroutine, Query
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._migration import is_asking
from ._queries import ApiCall, api_call, can_await, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_LOADS = frozenset({"fetch_related", "refresh_from_db"})
_NO_AWAIT = "await is not possible here: make the function async"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each statement that calls a method of Tortoise and drops the result."""
    for statement in module.nodes(ast.Expr):
        call = statement.value
        func = call.func if isinstance(call, ast.Call) else None
        if not isinstance(func, ast.Attribute) or func.attr not in api.method_names():
            continue
        found = api_call(module, call) if isinstance(call, ast.Call) else None
        dropped = found is not None and _works_when_awaited(module, found)
        if found is not None and dropped and not _is_expected(module, statement):
            yield _finding(module, found)


def _works_when_awaited(module: Module, found: ApiCall) -> bool:
    """Whether a call has an effect once it is awaited, and none before."""
    entry = entry_of(module, found.method)
    if entry is None or not isinstance(type_of(module, found.node), Coroutine | Query):
        return False
    return entry.effect is api.Effect.WRITE or found.name in _LOADS


def _is_expected(module: Module, statement: ast.Expr) -> bool:
    """Whether a ``with`` block around a statement asks for a warning or an error."""
    around = module.ancestors(statement)
    return any(isinstance(one, ast.With | ast.AsyncWith) and is_asking(one) for one in around)


def _finding(module: Module, found: ApiCall) -> Finding:
    span = module.span(found.node)
    message = f"{found.name}() is not awaited, so that it does nothing"
    if not can_await(module, found.node):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NO_AWAIT)
    edits = (AwaitExpression(module.path, span, True),)
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR215",
    name="missing-await",
    summary="awaits `save()`, `create()`, `update()` and others that do nothing without",
    find=find,
    modules=near_models,
)
