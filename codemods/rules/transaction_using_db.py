"""Passes the transaction's connection to the ORM calls in a transaction's body.

What it does
    In `async with in_transaction() as conn:` every ORM call that certainly runs in the body, and is
    proven to be on the transaction's connection, gets that connection: as `using_db=conn`, or as
    `.using_db(conn)` before the call that ends a chain. So do coroutine functions and methods of
    the project that have a parameter for a connection, None by default, which they do nothing with
    but pass it to ORM calls that they await. Of nested blocks, the innermost that is on the
    connection of the call's model counts.

Why
    It is not needed to make a plain call join: the ORM finds the running transaction through a
    context variable, and such a call has joined it already, on every database. It does not when it
    runs in a task or context that was made before the block, or in a thread. Passed explicitly, the
    connection no longer depends on who runs the code, and a reader sees which calls belong
    together. The statements that are executed stay the same, and so does what a rollback undoes.

Before
    async with in_transaction() as conn:
        order = await Order.create(customer=customer)
        await Stock.filter(id=item.id).update(reserved=True)
        await order.items.add(item)

After
    async with in_transaction() as conn:
        order = await Order.create(customer=customer, using_db=conn)
        await Stock.filter(id=item.id).using_db(conn).update(reserved=True)
        await order.items.add(item, using_db=conn)

When it is safe
    `in_transaction()` without a connection name works only where exactly one connection is
    configured, so every model is on it. With a name, the project's configuration has to show that
    this is its only connection, or that every app which lists the call's model has it for its
    default; the name may also be the `connection_name` of the handle of such a block. Where that is
    not shown, the block is left for you: on two connections, a connection that is passed wrongly
    writes to the wrong database.
    Unsafe where several connections are configured together with routers: a router may send the
    call elsewhere, and reads to a replica, which does not see what the transaction has written.
    Which form a call gets depends on the release that the project pins. Where none is pinned, a
    call gets a form that works in every release since 0.17.8, or is left alone.
    Unsafe where the call unpacks a mapping that could already hold `using_db`.

What it leaves alone
    Calls that already get a connection, whichever it is, also in a way that fails.
    Receivers whose type is not proven, and methods that a model of the project overrides.
    Nested functions, lambdas and generator expressions, which run later or elsewhere; coroutines
    and queries that are kept in a variable or handed out; what stands in an f-string.
    Blocks that `yield`, that bind their handle again, or that start tasks: tasks of one nested
    transaction have to share one client, or PostgreSQL drivers refuse the second statement. For
    the same reason an `asyncio.gather` gets the connection in all its arguments, or in none.
    Nested transaction blocks on the same connection, whose own handle counts, and blocks without a
    handle. Calls of models that are proven to be on another connection: they are no part of the
    transaction, and are not made one.
    What your functions do that take no connection: it joins the transaction as it did before.
    What cannot take a connection, such as `await hero.team`; `async for` over a relation itself,
    which uses and keeps the fetched rows. Projects of a release before 0.17.8.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..orm.block_connections import Lives, are_apart, is_apart, lives_on
from ..orm.calls import subject
from ..orm.chains import chain_of
from ..orm.connection_parameters import connection_taken_by
from ..orm.homes import is_routed
from ..orm.infer import Types, types_of
from ..orm.transactions import (
    Transaction,
    awaited_in,
    on_its_connection,
    opened_by,
    rebinds,
    runs_aside,
    shared,
    transactions,
    yields,
)
from ._base import Finding, Rule, Safety
from ._connection_passing import edits_in, name_of, passes, unpacks_unknown

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_ROUTED = "no router of the project may send the call to another connection"
_UNPACKED = "it unpacks a mapping, which must not hold using_db already"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call that lacks the connection of its block."""
    for block in transactions(module):
        yield from in_block(module, block)


def in_block(module: Module, block: Transaction) -> list[Finding]:
    """The findings of one block. Its handle may be one that the block has yet to be given."""
    types = types_of(module, module.scope(block.node))
    if not usable(module, types, block):
        return []
    lacking = list(_lacking(module, types, block))
    proven = [one for one, lives in lacking if lives is Lives.HERE]
    unproven = sum(lives is Lives.UNKNOWN for _, lives in lacking)
    return [*proven, _unproven(module, block, unproven)] if unproven else proven


def usable(module: Module, types: Types, block: Transaction) -> bool:
    """Whether the handle is the block's connection throughout the body, and in it alone."""
    body, name = block.node.body, block.handle
    if not name or rebinds(body, name) or shared(module, name):
        return False
    opened = [other.call for other in opened_by(types, block.node)]
    later = list(opened_by(types, block.node))[opened.index(block.call) + 1 :]
    innermost = all(are_apart(module, block, other) for other in later)
    return innermost and not yields(body) and not runs_aside(types, body)


def _lacking(module: Module, types: Types, block: Transaction) -> Iterator[tuple[Finding, Lives]]:
    """What lacks the connection, and whether it is on that of the block."""
    seen: set[ast.expr] = set()
    inside = partial(is_apart, module, types, block)
    for group in awaited_in(types, block.node.body, inside):
        fresh = [node for node in group if node not in seen]
        seen.update(fresh)
        planned = {
            node: edits_in(module, types, node, block.handle, len(group) == 1) for node in fresh
        }
        lives = {node: _lives(module, types, block, node) for node in group}
        if len(group) > 1 and not all(
            planned.get(n) or lives[n] is Lives.ELSEWHERE or passes(module, types, n) for n in group
        ):
            continue  # what runs at the same time has to use one client
        if Lives.UNKNOWN in lives.values():
            lives = dict.fromkeys(lives, Lives.UNKNOWN)
        unpacks = any(unpacks_unknown(types, node, edits) for node, edits in planned.items())
        doubt = _UNPACKED if unpacks else _doubt(module, block)
        for node, edits in planned.items():
            if edits:
                yield _finding(module, types, node, edits, doubt), lives[node]


def _lives(module: Module, types: Types, block: Transaction, node: ast.expr) -> Lives:
    """Where the models live that an awaited expression sends statements about."""
    taken = connection_taken_by(module, types, node)
    models = taken.models if taken else {subject(chain_of(types, node).start)}
    found = {lives_on(module, block, model) if model else Lives.UNKNOWN for model in models}
    return found.pop() if len(found) == 1 else Lives.UNKNOWN


def _doubt(module: Module, block: Transaction) -> str:
    """What a repair rests on in a project with several connections."""
    alone = on_its_connection(module, block)
    return "" if alone or not is_routed(module.project, module.path) else _ROUTED


def _finding(
    module: Module, types: Types, node: ast.expr, edits: tuple[Edit, ...], doubt: str
) -> Finding:
    return Finding(
        RULE.code,
        module.path,
        module.span(node),
        f"{name_of(module, types, node)} does not pass the transaction's connection",
        Safety.UNSAFE if doubt else Safety.SAFE,
        edits,
        doubt,
    )


def _unproven(module: Module, block: Transaction, count: int) -> Finding:
    calls = "1 ORM call does" if count == 1 else f"{count} ORM calls do"
    return Finding(
        RULE.code,
        module.path,
        module.span(block.call),
        f"{calls} not pass {block.handle}, and the project does not show that the models are on "
        "this block's connection",
        Safety.MANUAL,
        (),
        f"pass using_db={block.handle} to the calls whose models are on that connection",
    )


RULE = Rule(
    code="TOR310",
    name="transaction-using-db",
    summary="passes the transaction's connection to the ORM calls in its body",
    find=find,
    triggers=(b"in_transaction",),
)
