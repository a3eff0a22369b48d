"""Takes the one row of `get().values()` as it is: since 0.17.8 it comes without a list.

What it does
    `(await Order.get(id=1).values("total"))[0]` loses the index, likewise with `first()` or
    `get_or_none()` before `values()`.

Why
    Until 0.17.7 the query gave a list of one row. Since 0.17.8 it gives the row, a dictionary, and
    the index fails: `KeyError: 0`.

Before
    total = (await Order.get(id=1).values("total"))[0]["total"]

After
    total = (await Order.get(id=1).values("total"))["total"]

When it is safe
    The query is proven to be Tortoise's and to give one row, and every release that the project
    allows is 0.17.8 or newer, so that the code fails each time it runs.

What it leaves alone
    Silently: queries for several rows, those with `limit(1)` included; `values_list`, where an
    index takes the first column; results that have a name; projects that may use an older release;
    code that expects the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import KeepInner
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._migration import gate
from ._provoked import is_expected, is_handled
from ._queries import is_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.17.8"
_ONE = ("single", "single_optional")
_ERRORS = frozenset({"KeyError", "LookupError"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each index into what is one row already."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for node in module.nodes(ast.Subscript):
        first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        if first and isinstance(node.ctx, ast.Load) and _gives_one(module, node.value):
            if is_expected(module, node) or is_handled(module, node, _ERRORS):
                continue
            span, inner = module.span(node), module.span(node.value)
            message = f"since {_SINCE} this is one row, not a list: the index raises KeyError"
            edits = (KeepInner(module.path, span, inner),)
            yield Finding(RULE.code, module.path, span, message, edits=edits)


def _gives_one(module: Module, node: ast.expr) -> bool:
    """Whether a value is the awaited ``values()`` of a query for one row."""
    call = node.value if isinstance(node, ast.Await) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    known = call.func.attr == "values" and is_query(module, call, "values")
    return known and is_query(module, call.func.value, *_ONE)


RULE = Rule(
    code="TOR202",
    name="values-single-unwrap",
    summary="takes the one row of `get().values()` without an index: it comes without a list",
    since="0.17.8",
    find=find,
    pattern=rb"\.values\(",
    modules=near_models,
)
