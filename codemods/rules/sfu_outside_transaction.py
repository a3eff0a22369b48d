"""Reports rows that are locked where no transaction is open to hold the lock.

What it does
    Nothing is rewritten: which statements belong into one transaction is for you to say. Reported
    is a `select_for_update()` query that is awaited outside of a transaction, in a function that is
    a route or another handler of a framework, or that `asyncio.run()` or such a function leads to.
    The message names where that way begins.

Why
    A lock lasts as long as its transaction. Outside of one, each statement is a transaction of its
    own: PostgreSQL and MySQL let go of the rows before the query returns, without an error, so that
    two requests can both read, change and save the same row. SQLite has no row locks: Tortoise
    leaves `FOR UPDATE` out there, and the code works by chance as long as nothing runs beside it.

Example
    @app.post("/stock/{key}/take")
    async def take(key: int):
        item = await Stock.select_for_update().get(id=key)
        item.count -= 1
        await item.save()

Use instead
    @app.post("/stock/{key}/take")
    async def take(key: int):
        async with in_transaction() as conn:
            item = await Stock.select_for_update().using_db(conn).get(id=key)
            item.count -= 1
            await item.save(using_db=conn)

What it leaves alone
    Queries in `in_transaction()` blocks and `@atomic()` functions, or in any other `async with`;
    queries that are given a connection, whichever it is; queries that are returned, not awaited.
    Functions that have a caller of which the project shows nothing else, since it may have opened
    a transaction; functions under decorators that are not proven to register them.
    Projects in which a dependency, a middleware or the like holds a transaction open while it runs
    code that it was given.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.chains import chain_of, passes_connection
from ..orm.entries import entry_to
from ..orm.infer import Types, types_of
from ..orm.query_steps import is_step, with_steps
from ..orm.transactions import awaited_in
from ..orm.types import ModelClass
from ..project.facts import FunctionNode
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_LOCKS = "select_for_update"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query that locks rows for no time."""
    for function in module.nodes(ast.AsyncFunctionDef):
        types = types_of(module, function)
        locking = [node for node in _run(types, function) if _locks(module, types, function, node)]
        entry = entry_to(module, function) if locking else ""
        if entry:
            yield from (_finding(module, node, entry) for node in locking)


def _run(types: Types, function: ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """What a function awaits outside of the transactions that it opens itself."""
    for group in awaited_in(types, function.body):
        yield from group


def _locks(module: Module, types: Types, function: ast.AsyncFunctionDef, node: ast.expr) -> bool:
    """Whether a query locks rows, on no connection that is passed, and outside of any block."""
    chain = chain_of(types, node)
    if is_step(chain):
        built = with_steps(module, types, function, chain)
        if built is None:
            return False
        chain = built
    passed = any(
        passes_connection(link, None)
        or any(k.arg in ("using_db", None) for k in link.call.keywords)
        for link in chain.links
    )
    if passed or _LOCKS not in chain.names() or not isinstance(chain.start, ModelClass):
        return False
    return not _in_a_block(module, node)


def _in_a_block(module: Module, node: ast.AST) -> bool:
    """Whether an ``async with`` of the same function holds a node: it may open a transaction."""
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return False
        if isinstance(outer, ast.AsyncWith):
            return True
    return False


def _finding(module: Module, node: ast.expr, entry: str) -> Finding:
    return Finding(
        RULE.code,
        module.path,
        module.span(node),
        f"select_for_update() runs outside of any transaction when the way in is {entry}: "
        "PostgreSQL and MySQL let go of the lock at once, SQLite takes none",
        Safety.MANUAL,
        (),
        "read, change and save the rows in one in_transaction() block",
    )


RULE = Rule(
    code="TOR301",
    name="sfu-outside-transaction",
    summary="reports rows that are locked where no transaction holds the lock",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"select_for_update",),
)
