"""Drops `only()` before `values()`, which chooses the columns by itself.

What it does
    `Order.all().only("id").values("id", "total")` becomes `Order.all().values("id", "total")`,
    likewise before `values_list`.

Why
    Since 0.25 the two exclude each other: `ValueError: .values() cannot be used with .only()`.
    Before, `only()` had no effect there: `values()` gave the columns that it named, or all.

Before
    rows = await Order.filter(paid=True).only("id", "total").values("id", "total")

After
    rows = await Order.filter(paid=True).values("id", "total")

When it is safe
    Both calls stand in one chain on a query that is proven to be Tortoise's, and `values()` names
    its columns. The code gives what it gave before 0.25.
    Unsafe where `values()` names none: it gives all columns, as it did before 0.25.

What it leaves alone
    Silently: chains that are built in several statements; arguments of `only()` that are not
    literal; projects that allow only releases before 0.25; code that expects the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import KeepInner
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._migration import is_older
from ._provoked import is_expected, is_handled
from ._queries import ApiCall, api_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.25.0"
_BARE = "it rests on all columns being wanted, which is what this gave before 0.25"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each chain that has both methods."""
    if is_older(module, _SINCE):
        return
    for found in api_calls(module, "values", "values_list"):
        only = _only(found.node)
        literal = only is not None and all(isinstance(one, ast.Constant) for one in only.args)
        if only is not None and literal and not only.keywords and not _is_meant(module, found):
            yield _finding(module, found, only)


def _only(call: ast.Call) -> ast.Call | None:
    """The call of ``only`` in the chain before a call."""
    node = call.func.value if isinstance(call.func, ast.Attribute) else None
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "only":
            return node
        node = node.func.value
    return None


def _is_meant(module: Module, found: ApiCall) -> bool:
    node = found.node
    return is_expected(module, node) or is_handled(module, node, {"ValueError"})


def _finding(module: Module, found: ApiCall, only: ast.Call) -> Finding:
    assert isinstance(only.func, ast.Attribute)
    inner, call = module.span(only.func.value), found.node
    edits = (KeepInner(module.path, module.span(only), inner),)
    bare = not call.args and all(given.arg == "flat" for given in call.keywords)
    message = f"only() and {found.name}() exclude each other since {_SINCE}: this raises ValueError"
    safety, advice = (Safety.UNSAFE, _BARE) if bare else (Safety.SAFE, "")
    return Finding(RULE.code, module.path, module.span(call), message, safety, edits, advice)


RULE = Rule(
    code="TOR206",
    name="only-with-values",
    summary="drops `only()` before `values()`, which 0.25 refuses",
    since="0.25.0",
    find=find,
    triggers=(b".only(",),
    modules=near_models,
)
