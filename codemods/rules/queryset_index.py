"""Asks the database for the first row, where all were fetched for it.

What it does
    `(await Order.filter(...))[0]` becomes `await Order.filter(...).first()`, and `(await
    Order.filter(...))[:3]` becomes `await Order.filter(...).limit(3)`. `Order.filter(...)[0]`, on a
    query that has not run, becomes `await Order.filter(...).first()` as well.

Why
    All rows are read and made objects, and all but one thrown away. The index on the query itself
    fails: `TypeError: 'QuerySet' object is not subscriptable`, since 0.21 `ParamsError: QuerySet
    indices must be slices`.

Before
    oldest = (await Order.all().order_by("made"))[0]

After
    oldest = await Order.all().order_by("made").first()

When it is safe
    It is unsafe: without any row the index raises `IndexError`, and `first()` gives None. With
    `--unsafe` it is applied where what is indexed is proven to be a query for objects.

What it leaves alone
    Reported, for a hand: functions that are not `async`.
    Silently: lists that have a name; other indices; code that handles `IndexError`; queries with a
    `limit` or an `offset`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.awaiting import KeepAwaited
from ..edits.chain import CallMethod
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled
from ._queries import can_await, is_query, takes_bare_await

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_CUT = frozenset({"limit", "offset"})
_ERRORS = frozenset({"IndexError", "LookupError", "ParamsError", "TypeError", "Exception"})
_NONE = "it rests on there being a row: without one, first() gives None instead of IndexError"
_SLICE = "it rests on the rows being needed for nothing else"
_NO_AWAIT = "await is not possible here: make the function async"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each index of a query, awaited or not."""
    for node in module.nodes(ast.Subscript):
        query = node.value.value if isinstance(node.value, ast.Await) else node.value
        first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        count = _count(module, node.slice) if isinstance(node.value, ast.Await) else ""
        if not (first or count) or not isinstance(node.ctx, ast.Load):
            continue
        meant = is_expected(module, node) or is_handled(module, node, _ERRORS)
        if not meant and _is_plain(query) and is_query(module, query, "queryset"):
            yield _finding(module, node, query, count)


def _count(module: Module, node: ast.expr) -> str:
    """The source of ``n`` in ``[:n]``, where it is a number above zero; else empty."""
    if not isinstance(node, ast.Slice) or node.lower or node.step:
        return ""
    upper = node.upper.value if isinstance(node.upper, ast.Constant) else None
    return str(upper) if isinstance(upper, int) and upper > 0 else ""


def _is_plain(query: ast.expr) -> bool:
    """Whether an expression is a chain without a step that cuts the rows off already."""
    if not isinstance(query, ast.Call):
        return False
    node: ast.expr = query
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _CUT:
            return False
        node = node.func.value
    return True


def _finding(module: Module, node: ast.Subscript, query: ast.expr, count: str) -> Finding:
    span, inner = module.span(node), module.span(query)
    method = "limit" if count else "first"
    message = f"all rows are fetched for some of them: {method}() asks for these alone"
    if query is node.value:
        message = "a query that is not awaited has no rows to take by index"
    if not can_await(module, node):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NO_AWAIT)
    edits = (
        KeepAwaited(module.path, span, inner, takes_bare_await(module, node)),
        CallMethod(module.path, inner, method, count),
    )
    advice = _SLICE if count else _NONE
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, advice)


RULE = Rule(
    code="TOR208",
    name="queryset-index",
    summary="asks for the first rows with `first()` or `limit()`, not by index of all",
    safety=Safety.UNSAFE,
    find=find,
    pattern=rb"\)\s*\[\s*(?:0|:)",
    modules=near_models,
)
