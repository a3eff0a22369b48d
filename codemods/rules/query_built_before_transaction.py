"""Moves a query that was bound to the connection pool before a transaction into it.

What it does
    A query that a local variable holds since before `async with in_transaction() as conn:`, and
    that was bound to a connection there, gets the transaction's connection where the body runs it:
    `.using_db(conn)` on the variable.

Why
    A query is bound to a connection once. `Model.all()`, `get()`, `get_or_none()`, `first()`,
    `last()`, `select_for_update()`, `exists()`, `raw()`, `bulk_create()` and `bulk_update()` bind
    it where they are called (since 0.19.1); all others where the query is first awaited or
    iterated, or where its `sql()` is asked for. Everything that is derived from a bound query is
    bound as well. Run in a transaction later, it does not join it:
    - SQLite waits for the transaction's lock for ever.
    - PostgreSQL and MySQL run it on another connection: a read does not see what the transaction
      has written, and an `update()` or `delete()` survives the rollback.
    A query that was bound in an earlier transaction, or in the same block in an earlier turn of a
    loop, is no better off: PostgreSQL raises
    `InterfaceError: cannot call Connection.fetch(): connection has been released back to the pool`.

Before
    stale = Session.all()
    async with in_transaction() as conn:
        await stale.filter(user=user).delete()

After
    stale = Session.all()
    async with in_transaction() as conn:
        await stale.using_db(conn).filter(user=user).delete()

When it is safe
    The type of the variable is proven, on every path the same call began its query, and nothing
    passes it a connection. The block's connection is proven to be that of the model, as for
    transaction-using-db. `using_db` makes a copy, so that the variable is bound as before where it
    is used elsewhere.
    Where no release is pinned, the call is written explicitly all the same: in a release before
    0.19.1, in which such a query joins by itself, the same statements are executed.

What it leaves alone
    Queries that are begun by `filter()`, `exclude()` or `annotate()`, or from a relation, and are
    first awaited in the block: they join it. So do coroutines, such as that of `create()`.
    Queries that are given a connection, whichever it is, and those that were bound in a transaction
    that is still open.
    Parameters, attributes, variables of the module or of an enclosing function; queries that
    another function gives; what runs in a nested function, a lambda or a task.
    Left for you: blocks without a handle (transaction-handle names them), blocks whose connection
    is not proven, that `yield`, start tasks, or bind their handle again; queries that end in
    `values()`, `count()`, `update()` and the like before the block, which take no connection any
    more; a query in an `asyncio.gather` with others, since all of them have to use one client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..edits.chain import CallMethod
from ..orm import api
from ..orm.block_connections import Lives, lives_on
from ..orm.calls import tortoise_version
from ..orm.chains import chain_of
from ..orm.homes import is_routed
from ..orm.infer import Types, types_of
from ..orm.query_binding import Binding, By, binding_of, handed_on
from ..orm.query_runs import earlier_turn
from ..orm.transactions import (
    Transaction,
    around,
    awaited_in,
    is_atomic,
    on_its_connection,
    opened_by,
    rebinds,
    runs_aside,
    shared,
    transactions,
    yields,
)
from ..orm.types import Query
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..project.module import Module

_BY_HAND = "build the query in the block, or call .using_db() with the block's connection on it"


class _Use(NamedTuple):
    """A variable whose query runs in a block, bound outside of it. ``alone``: nothing beside it."""

    name: ast.Name
    binding: Binding
    alone: bool


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each place at which a block runs a query that is bound elsewhere."""
    for block in transactions(module):
        yield from in_block(module, block)


def in_block(module: Module, block: Transaction) -> Iterator[Finding]:
    """The findings of one block. Its handle may be one that the block has yet to be given."""
    version = tortoise_version(module)
    if version is not None and version < api.version_key(api.OLDEST):
        return
    types = types_of(module, module.scope(block.node))
    for use in _uses(module, types, block):
        reason, advice = _obstacle(module, types, block, use)
        span = module.span(use.name)
        yield Finding(
            RULE.code,
            module.path,
            span,
            _message(module, use) + (f"; {reason}" if reason else ""),
            Safety.MANUAL if reason else Safety.SAFE,
            () if reason else (CallMethod(module.path, span, "using_db", block.handle),),
            advice,
        )


def _uses(module: Module, types: Types, block: Transaction) -> Iterator[_Use]:
    scope = module.scope(block.node)
    if is_atomic(module, scope):
        return
    for group in awaited_in(types, block.node.body):
        for node in group:
            name = handed_on(chain_of(types, node))
            bound = _bound_elsewhere(module, types, block, name) if name else None
            if name is not None and bound is not None:
                yield _Use(name, bound, len(group) == 1)


def _bound_elsewhere(
    module: Module, types: Types, block: Transaction, name: ast.Name
) -> Binding | None:
    """What has bound a query to something else than the transactions that are open at its use."""
    found, outer = types.of(name), list(around(module, block.node))
    if isinstance(found, Query) and lives_on(module, block, found.model) is Lives.ELSEWHERE:
        return None
    bound = binding_of(module, types, name)
    if bound is not None:
        passed = bound.by is By.PASSING
        open_then = {block.node, *outer}.isdisjoint(around(module, bound.node))
        return bound if open_then and not passed else None
    run = earlier_turn(module, types, name, block.node) if not outer else None
    return Binding(By.RUNNING, run) if run is not None else None


def _obstacle(module: Module, types: Types, block: Transaction, use: _Use) -> tuple[str, str]:
    """Why the connection cannot be passed here, and what to do; two empty strings if it can."""
    found = types.of(use.name)
    assert isinstance(found, Query)
    if not api.methods(api.Owner(found.owner), "using_db"):
        return "what the variable holds takes no connection any more", _BY_HAND
    if list(opened_by(types, block.node))[-1].call is not block.call:
        return "this block opens several transactions", _BY_HAND
    routed = not on_its_connection(module, block) and is_routed(module.project, module.path)
    if routed or lives_on(module, block, found.model) is not Lives.HERE:
        return (
            "the project does not show that this block's connection is that of the model",
            f"if it is, call .using_db({block.handle or '...'}) on the query",
        )
    if not block.handle:
        return _without_handle(block)
    if rebinds(block.node.body, block.handle) or shared(module, block.handle):
        return f"{block.handle} may be bound to something else in the block", _BY_HAND
    if yields(block.node.body):
        return "the block hands control to its caller", _BY_HAND
    if not use.alone or runs_aside(types, block.node.body):
        return (
            "other queries run at the same time, and all of them have to use one client",
            "pass the block's connection to all that run at the same time",
        )
    return "", ""


def _without_handle(block: Transaction) -> tuple[str, str]:
    item = next(item for item in block.node.items if item.context_expr is block.call)
    if item.optional_vars is not None:
        return "the block binds its connection to something else than a name", _BY_HAND
    return (
        "the block does not name its connection",
        "name it (transaction-handle, TOR311, does), and the query gets it",
    )


def _message(module: Module, use: _Use) -> str:
    line = use.binding.node.lineno
    if not set(around(module, use.name)).isdisjoint(around(module, use.binding.node)):
        return (
            f"{use.name.id} is run on line {line} in every turn of the loop, and the first turn "
            "binds it to a transaction that has ended by the second"
        )
    how = f"built on line {line}" if use.binding.by is By.BUILDING else f"run on line {line}"
    if next(around(module, use.binding.node), None) is not None:
        return f"{use.name.id} was {how}, which bound it to a transaction that has ended"
    return (
        f"{use.name.id} was {how}, which bound it to the connection pool: here it does not take "
        "part in the transaction"
    )


RULE = Rule(
    code="TOR314",
    name="query-built-before-transaction",
    summary="moves a query that is bound to the pool into the transaction that runs it",
    find=find,
    triggers=(b"in_transaction",),
    modules=near_models,
)
