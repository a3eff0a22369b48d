"""Asks the database, where the truth of a query that has not run was asked for.

What it does
    `if Order.filter(...):` becomes `if await Order.filter(...).exists():`. A query that gives one
    row, a number or a truth value is awaited: `if await Order.filter(...).count():`.

Why
    An object of a query is always true. The branch is always taken, whatever the database holds,
    and no query is sent.

Before
    if Order.filter(number=number):
        raise Duplicate(number)

After
    if await Order.filter(number=number).exists():
        raise Duplicate(number)

When it is safe
    It is unsafe: what the code does changes, from always to sometimes. With `--unsafe` it is
    applied where what is tested is proven to be a query, and `await` is allowed.

What it leaves alone
    Reported, for a hand: functions that are not `async`.
    Silently: what may be None as well as a query; queries whose type is not proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.awaiting import AwaitExpression
from ..edits.chain import CallMethod
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._conditions import conditions
from ._queries import can_await, query_type

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.types import Query
    from ..project.module import Module

_ROWS = "queryset"
_ONE = frozenset({"single", "single_optional", "count", "exists", "values"})
_CHANGES = "it changes what the code does: so far the test has always been true"
_NO_AWAIT = "await is not possible here: make the function async"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each test of a query that has not run."""
    for node in conditions(module):
        found = query_type(module, node)
        if found is not None and (found.owner == _ROWS or found.owner in _ONE):
            yield _finding(module, node, found)


def _finding(module: Module, node: ast.expr, query: Query) -> Finding:
    span = module.span(node)
    message = "a query that is not awaited is always true"
    if not can_await(module, node):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NO_AWAIT)
    edits: tuple[Edit, ...] = (AwaitExpression(module.path, span, True),)
    if query.owner == _ROWS:
        edits = (CallMethod(module.path, span, "exists"), *edits)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _CHANGES)


RULE = Rule(
    code="TOR210",
    name="queryset-truthiness",
    summary="asks the database, where a query that has not run is tested and always true",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"if ", b"while ", b"not ", b"assert "),
    modules=near_models,
)
