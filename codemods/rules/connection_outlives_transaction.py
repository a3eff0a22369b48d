"""Reports what uses a transaction's connection after the transaction has ended.

What it does
    Nothing is rewritten: whether the call belongs into the transaction is for you to say. Reported
    are, after the block, in the same function:
    - ORM calls that are given its connection, or statements that are run on it;
    - queries that the block has bound to it: by `using_db`, by building them in the block with
      `Model.all()`, `get()`, `first()` and the like, or by running them in the block first;
    - calls of nested functions and lambdas that read its name;
    and, in the block:
    - queries and coroutines that are returned without having been awaited and that keep the
      connection; the connection itself, and nested functions that read its name, when returned;
    - tasks (`asyncio.create_task`, or a task group around the block) that nothing awaits in the
      block, and that use the connection: because it is passed, or because a task inherits the
      context of the block, in which the ORM calls of your functions find it;
    - what FastAPI's and Starlette's `BackgroundTasks` are given, if it holds the connection.

Why
    The connection goes back to the pool when the block ends. Used after that,
    - SQLite executes the statement and commits it on its own, which nobody notices;
    - MySQL does the same, maybe in the middle of a transaction of another request that has taken
      the connection from the pool;
    - PostgreSQL raises `InterfaceError: cannot call Connection.fetch(): connection has been
      released back to the pool`.
    `commit()` and `rollback()` raise `TransactionManagementError: Transaction already finalised`.

Example
    async with in_transaction() as conn:
        order = await Order.create(customer=customer, using_db=conn)
    await Log.create(order=order, using_db=conn)

Use instead
    async with in_transaction() as conn:
        order = await Order.create(customer=customer, using_db=conn)
        await Log.create(order=order, using_db=conn)
    or leave the connection out, if the call is not to be a part of the transaction:
    await Log.create(order=order)
    Await a query before it is returned, and start a task after the block.

What it leaves alone
    Uses in an outer transaction of the same function, which is on the same connection.
    `conn.connection_name`, comparisons, logging: they send nothing to the database.
    A name that has been bound to something else since; a name that may be; code before the block.
    Tasks that the block awaits, or keeps in a list or group; functions that are given the
    connection while the block is open.
    Rows that were read with the connection: they do not remember it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.transactions import transactions
from ._base import Finding, Rule, Safety
from ._outliving import Outlived, Outliving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.transactions import Transaction
    from ..project.module import Module

_THEN = (
    "SQLite and MySQL run it outside of any transaction of yours, PostgreSQL raises InterfaceError "
    "(connection has been released back to the pool)"
)
_THEN_INHERITED = (
    "SQLite runs it outside of any transaction of yours, MySQL too or fails, PostgreSQL raises "
    "InterfaceError (connection has been released back to the pool)"
)
_MESSAGES = {
    "call": "{subject}() uses {conn} after its transaction has ended",
    "finish": "{subject}() is called after the transaction has ended",
    "query": "{subject} is still bound to the connection of a transaction that has ended",
    "closure": "{subject}() reads {conn}, whose transaction has ended",
    "returned": "{subject} is returned with the connection of a transaction that ends here",
    "task": "the task of {subject} can outlive the transaction whose connection it uses",
    "inherits": (
        "{subject} can outlive the transaction, and finds its connection in the context that the "
        "task inherits"
    ),
    "background": "{subject} runs after the transaction whose connection it is given",
}
_ADVICE = {
    "call": "move it into the block, or leave the connection out",
    "finish": "remove it: leaving the block commits, an exception rolls back",
    "query": "await it in the block, or build a new query after it",
    "closure": "call it in the block, or let it take the connection as an optional parameter",
    "returned": "await it in the block, or build it after the block",
    "task": "await it in the block, or start it after the block without the connection",
    "inherits": "await it in the block, or start it after the block",
    "background": "leave the connection out, and add it after the block",
}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each use that can come after its transaction."""
    for block in transactions(module):
        for late in Outlived(module, block):
            yield _finding(module, block, late)


def _finding(module: Module, block: Transaction, late: Outliving) -> Finding:
    conn = block.handle or "the connection"
    said = _MESSAGES[late.kind].format(subject=late.subject, conn=conn)
    if late.kind == "finish":
        then = "it raises TransactionManagementError: Transaction already finalised"
    else:
        then = _THEN_INHERITED if late.kind == "inherits" else _THEN
    return Finding(
        RULE.code,
        module.path,
        module.span(late.node),
        f"{said} (line {block.node.lineno}): {then}",
        Safety.MANUAL,
        (),
        _ADVICE[late.kind],
    )


RULE = Rule(
    code="TOR315",
    name="connection-outlives-transaction",
    summary="reports what uses a transaction's connection after the transaction has ended",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"in_transaction",),
)
