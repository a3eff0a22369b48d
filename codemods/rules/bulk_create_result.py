"""Uses the list that was given to `bulk_create`, which returns nothing since 0.21.

What it does
    `created = await Order.bulk_create(orders)` becomes `await Order.bulk_create(orders)` and
    `created = orders`; `orders = await Order.bulk_create(orders)` loses the assignment, and `return
    await Order.bulk_create(orders)` becomes two statements.

Why
    From 0.18.1 to 0.20.1 the call gave back the very objects that it got. Since 0.21 it gives None,
    and what uses the result fails: `TypeError: 'NoneType' object is not iterable`.

Before
    created = await Order.bulk_create(orders)
    return [order.number for order in created]

After
    await Order.bulk_create(orders)
    created = orders
    return [order.number for order in created]

When it is safe
    It is unsafe: with `--unsafe` it is applied where the objects have a name and every release
    that the project allows is 0.21.0 or newer. It rests on None not being what is wanted. Keys
    that the database makes are on the objects in no release.

What it leaves alone
    Reported, for a hand: objects that are made in the call itself.
    Silently: results that nothing uses; projects that may use a release before 0.21; models with a
    `bulk_create` of their own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.statements import ReplaceStatement
from ..orm.types import ListOf
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._migration import gate
from ._queries import ApiCall, api_calls, type_of
from ._statements import flush, reads, sole_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.21.0"
_RESTS = "it rests on the objects being wanted where the code gets None since 0.21.0"
_NAME_IT = "give the objects a name before the call, and use that instead of the result"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each result of ``bulk_create`` that something uses."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for found in api_calls(module, "bulk_create"):
        waited = module.parent(found.node)
        statement = module.parent(waited) if isinstance(waited, ast.Await) else None
        if isinstance(statement, ast.Return) or (
            isinstance(statement, ast.Assign) and _is_used(module, statement)
        ):
            yield _finding(module, found, statement)


def _is_used(module: Module, statement: ast.Assign) -> bool:
    name = sole_target(module, statement)
    if name:
        return bool(reads(module, statement, name))
    target, waited = statement.targets[0], statement.value
    call = waited.value if isinstance(waited, ast.Await) else None
    given = call.args[0] if isinstance(call, ast.Call) and call.args else None
    return isinstance(target, ast.Name) and isinstance(given, ast.Name) and given.id == target.id


def _is_used_up(module: Module, node: ast.expr) -> bool:
    """Whether an expression is a generator, which has nothing to give a second time."""
    known = type_of(module, node)
    return isinstance(known, ListOf) and known.container == "generator"


def _finding(module: Module, found: ApiCall, statement: ast.Assign | ast.Return) -> Finding:
    span = module.span(statement)
    message = f"bulk_create() returns None since {_SINCE}"
    given = found.node.args[0] if found.node.args else None
    if not isinstance(given, ast.Name) or _is_used_up(module, given):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NAME_IT)
    assert statement.value is not None
    lines = [flush(module, statement, module.text(statement.value))]
    if isinstance(statement, ast.Return):
        lines.append(f"return {given.id}")
    elif module.text(statement.targets[0]) != given.id:
        lines.append(f"{module.text(statement.targets[0])} = {given.id}")
    edits = (ReplaceStatement(module.path, span, "\n".join(lines)),)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


RULE = Rule(
    code="TOR201",
    name="bulk-create-result",
    summary="uses the list given to `bulk_create`, which returns None since 0.21",
    safety=Safety.UNSAFE,
    since="0.21.0",
    find=find,
    triggers=(b"bulk_create",),
    modules=near_models,
)
