"""Asks whether there are rows with `exists()`, where they were fetched or counted for that.

What it does
    `if await Order.filter(...):`, `if await Order.filter(...).count():` and `if await
    Order.filter(...).first():` become `if await Order.filter(...).exists():`.

Why
    Only the truth of the result counts. `exists()` lets the database stop at the first row and
    reads no columns.

Before
    if await Order.filter(number=number).count():
        raise Duplicate(number)

After
    if await Order.filter(number=number).exists():
        raise Duplicate(number)

When it is safe
    It is unsafe: with `--unsafe` it is applied where what is awaited is proven to be a query. It
    rests on nobody counting on the SQL, or on objects that signals or managers see.

What it leaves alone
    Silently: results that have a name, and comparisons such as `> 1`; queries with `limit`,
    `offset`, `distinct`, `annotate`, `group_by` or related rows; `values`; models with an `exists`
    of their own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.chain import CallMethod
from ..edits.expressions import RenameAttribute
from ..orm import api
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._conditions import conditions
from ._queries import api_call, is_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_ENDS = ("count", "first")
_RESTS = "it rests on nothing but the truth of the result being wanted"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each test of rows that are fetched or counted for it alone."""
    for node in conditions(module):
        query = node.value if isinstance(node, ast.Await) else None
        if isinstance(query, ast.Call) and isinstance(query.func, ast.Attribute):
            edit = _edit(module, query, query.func) if _is_plain(query) else None
            if edit is not None:
                message = "only whether there are rows is asked: exists() does it in the database"
                span = module.span(node)
                yield Finding(RULE.code, module.path, span, message, Safety.UNSAFE, (edit,), _RESTS)


def _is_plain(query: ast.Call) -> bool:
    node: ast.expr = query
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if not api.only_selects(node.func.attr) and node.func.attr not in _ENDS:
            return False
        node = node.func.value
    return isinstance(node, ast.Name | ast.Attribute)


def _edit(module: Module, query: ast.Call, func: ast.Attribute) -> Edit | None:
    """What makes a chain end in ``exists()``; None where it cannot be told that it may."""
    found = api_call(module, query)
    if found is None or "exists" in found.model.own:
        return None
    ends = func.attr in _ENDS and not query.args and not query.keywords
    if ends and is_query(module, func.value, "queryset"):
        return RenameAttribute(module.path, module.span(func), "exists")
    if is_query(module, query, "queryset"):
        return CallMethod(module.path, module.span(query), "exists")
    return None


RULE = Rule(
    code="TOR213",
    name="bool-await-to-exists",
    summary="asks with `exists()` where rows are fetched or counted only to see if there are any",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"if await", b"if not await", b"not await", b"and await", b"or await"),
    modules=near_models,
)
