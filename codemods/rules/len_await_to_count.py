"""Counts rows in the database, where they were fetched only to be counted.

What it does
    `len(await Order.filter(...))` becomes `await Order.filter(...).count()`.

Why
    All rows are read and made objects, only to be thrown away. The database counts them in one
    statement and sends one number.

Before
    open_orders = len(await Order.filter(paid=False))

After
    open_orders = await Order.filter(paid=False).count()

When it is safe
    It is unsafe: with `--unsafe` it is applied where the awaited thing is proven to be a query.
    `count()` differs from the number of rows where a filter goes through a relation to many and
    before 1.1.9 ignores `distinct()`.

What it leaves alone
    Silently: lists that have a name, which may be used for more; queries with `distinct`, `limit`,
    `offset`, `annotate`, `group_by` or `prefetch_related`; `values`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.awaiting import KeepAwaited
from ..edits.chain import CallMethod
from ..orm import api
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._migration import canonical_of
from ._queries import is_query, takes_bare_await

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_RESTS = "it rests on no filter going through a relation to many, which count() counts otherwise"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query that is awaited for its length alone."""
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id == "len" and len(call.args) == 1:
            waited = call.args[0]
            if isinstance(waited, ast.Await) and isinstance(waited.value, ast.Call):
                known = is_query(module, waited.value, "queryset") and _is_plain(waited.value)
                if known and canonical_of(module, call.func) == "builtins.len":
                    yield _finding(module, call, waited.value)


def _is_plain(query: ast.Call) -> bool:
    """Whether a chain begins at a model or relation, and its steps only select rows."""
    node: ast.expr = query
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if not api.only_selects(node.func.attr):
            return False
        node = node.func.value
    return isinstance(node, ast.Name | ast.Attribute)


def _finding(module: Module, call: ast.Call, query: ast.Call) -> Finding:
    span, inner = module.span(call), module.span(query)
    message = "all rows are fetched only to be counted: count() does it in the database"
    edits = (
        KeepAwaited(module.path, span, inner, takes_bare_await(module, call)),
        CallMethod(module.path, inner, "count"),
    )
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


RULE = Rule(
    code="TOR212",
    name="len-await-to-count",
    summary="counts rows with `count()` where they are fetched only for `len()`",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"len(await",),
    modules=near_models,
)
