"""Keeps the query that a method gives: the one that it is called on stays as it was.

What it does
    `orders.filter(paid=True)` as a statement of its own, where `orders` is a query, becomes
    `orders = orders.filter(paid=True)`, likewise for `exclude`, `order_by`, `limit`, `offset`,
    `distinct`, `annotate` and `using_db`.

Why
    These methods give a new query and leave the old one as it is. Dropped, the condition counts for
    nothing, and the code goes on with all rows.

Before
    orders = Order.all()
    if paid:
        orders.filter(paid=True)
    return await orders

After
    orders = Order.all()
    if paid:
        orders = orders.filter(paid=True)
    return await orders

When it is safe
    It is unsafe: which rows the code works on changes. With `--unsafe` it is applied where the name
    is a local one and proven to be a query for objects.

What it leaves alone
    Silently: statements that begin with a model, whose result nothing can use; `await`ed ones;
    queries whose type is not proven; names of an outer function or of the module; code that
    expects an error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.statements import ReplaceStatement
from ..orm import scopes
from ..project.facts import FunctionNode
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._provoked import is_expected
from ._queries import is_query
from ._statements import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_STEPS = frozenset(
    {"filter", "exclude", "order_by", "limit", "offset", "distinct", "annotate", "using_db"}
)
_CHANGES = "it changes which rows the code works on: so far the step has had no effect"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each step of a query whose result is dropped."""
    for statement in module.nodes(ast.Expr):
        name = _name(statement.value)
        known = name and is_query(module, statement.value, "queryset") and _is_local(module, name)
        if name and known and not is_expected(module, statement):
            span = module.span(statement)
            message = f"the query that this gives is dropped, and {name.id} stays as it was"
            source = f"{name.id} = {text_of(module, statement)}"
            edits = (ReplaceStatement(module.path, span, source),)
            yield Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _CHANGES)


def _name(node: ast.expr) -> ast.Name | None:
    """The name that a chain of steps begins with; None for any other expression."""
    if not isinstance(node, ast.Call):
        return None
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in _STEPS:
            return None
        node = node.func.value
    return node if isinstance(node, ast.Name) else None


def _is_local(module: Module, name: ast.Name) -> bool:
    """Whether a name is a query that the function itself binds."""
    scope = module.scope(name)
    local = isinstance(scope, FunctionNode) and name.id in scopes.bindings_in(module, scope)
    shared = name.id in scopes.elsewhere_bound(module)
    return local and not shared and is_query(module, name, "queryset")


RULE = Rule(
    code="TOR214",
    name="discarded-queryset-chain",
    summary="keeps the query that a method gives, where it is dropped without an effect",
    safety=Safety.UNSAFE,
    find=find,
    modules=near_models,
)
