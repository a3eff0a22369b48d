"""Reports calls that a transaction runs at the same time although it has one connection.

What it does
    Nothing is rewritten. Reported are, in `async with in_transaction():` and in `@atomic()`
    functions, `await asyncio.gather(...)` and `asyncio.TaskGroup` whose members use the database
    and of which
    - one opens a transaction of its own, with `in_transaction()`, `@atomic()`, `get_or_create()` or
      `update_or_create()`, in whatever function of the project it does so;
    - or, for a `gather` without `return_exceptions=True`, one writes.

Why
    All statements of a transaction go through one connection, one after another: running them at
    the same time saves nothing. But
    - the savepoints of inner transactions have to end in the reverse order of their beginning, and
      each inner transaction has a lock of its own. PostgreSQL raises `InterfaceError: cannot
      perform operation: another operation is in progress`, MySQL `Packet sequence number wrong` or
      `Cancelled during execution`, SQLite `no such savepoint`; get_or_create() does so as soon as
      it has a row to create;
    - when one member raises, `gather` hands the error on and lets the others run. The transaction
      is rolled back while they do: SQLite commits what they still write, so that it survives the
      rollback; PostgreSQL raises `InterfaceError` in the place of the error that it was about.

Example
    async with in_transaction():
        await asyncio.gather(*(Stock.get_or_create(item=item) for item in items))

Use instead
    async with in_transaction():
        for item in items:
            await Stock.get_or_create(item=item)

What it leaves alone
    Members whose types are not proven, and those on another connection; a `gather` of which only
    one member uses the database; reads alone; a `gather` that is kept in a variable.
    Inner transactions in releases before 0.23.0, which had no savepoints.
    Members that pass a connection count as well: it is the same one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.block_connections import Lives, lives_on
from ..orm.calls import subject
from ..orm.chains import chain_of
from ..orm.infer import Types, types_of
from ..orm.reach import Reach, reach_of
from ..orm.transactions import is_atomic, is_gather, on_its_connection, transactions
from ..orm.types import Coroutine, Manager, Query
from ..project.configs import connections_of
from ..project.facts import FunctionNode
from ._base import Finding, Rule, Safety
from ._together import Member, gathered_by, grouped_by, returns_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.transactions import Transaction
    from ..project.module import Module

_SAVEPOINTS = "0.23.0"  # the first release in which an inner transaction is one
_NESTED = (
    "{where} runs {count} at the same time in one transaction, and at least one of them opens an "
    "inner transaction: PostgreSQL raises InterfaceError (another operation is in progress), MySQL "
    "loses track of its packets, SQLite raises 'no such savepoint' when two of them overlap"
)
_PARTIAL = (
    "{where} runs {count} at the same time in one transaction: when one raises, the others go on "
    "while it is rolled back, so that SQLite commits what they still write, and PostgreSQL raises "
    "InterfaceError in place of the error"
)
_ADVICE = "await them one after another: one connection serves them in turn anyway"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each group of calls that a transaction should run in turn."""
    seen: set[ast.AST] = set()
    for block, body in _open(module):
        for node in _run_in(body):
            if node not in seen:
                seen.add(node)
                yield from _judge(module, block, node)


def _open(module: Module) -> Iterator[tuple[Transaction | None, list[ast.stmt]]]:
    """The statements that run in a transaction, with its block where it has one."""
    for block in transactions(module):
        yield block, block.node.body
    known = connections_of(module.project, module.path)
    if known is not None and len(known.names) > 1:
        return  # which of them a decorator means is a matter of its own
    for function in module.nodes(ast.AsyncFunctionDef):
        if is_atomic(module, function):
            yield None, function.body


def _run_in(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a body, without those of nested functions, which run when they are called."""
    for statement in body:
        yield statement
        if not isinstance(statement, FunctionNode | ast.ClassDef):
            yield from scopes.own_nodes(statement)


def _judge(module: Module, block: Transaction | None, node: ast.AST) -> Iterator[Finding]:
    types = types_of(module, module.scope(node))
    gathered = isinstance(node, ast.Await) and is_gather(types, node.value)
    members = gathered_by(node) if gathered else grouped_by(module, types, node)
    reached = [
        (one, reach_of(module, types, one.node))
        for one in members
        if block is None or _is_there(module, types, block, one.node)
    ]
    used = [(one, reach) for one, reach in reached if reach.uses]
    count = sum(2 if one.many else 1 for one, _ in used)
    hands_on = gathered and not returns_errors(node)
    said = _message(module, [reach for _, reach in used], hands_on)
    if count > 1 and said:
        yield _finding(module, node, said, used, gathered)


def _message(module: Module, used: list[Reach], hands_on: bool) -> str:
    savepoints = module.project.versions_of(module.path).at_least("tortoise-orm", _SAVEPOINTS)
    if savepoints is not False and any(reach.opens for reach in used):
        return _NESTED
    return _PARTIAL if hands_on and any(reach.writes for reach in used) else ""


def _finding(
    module: Module, node: ast.AST, said: str, used: list[tuple[Member, Reach]], gathered: bool
) -> Finding:
    many = any(one.many for one, _ in used)
    count = "several database calls" if many else f"{len(used)} database calls"
    head = node.value if isinstance(node, ast.Await) else node
    assert isinstance(head, ast.expr | ast.AsyncWith)
    spot = head if isinstance(head, ast.expr) else head.items[0].context_expr
    where = "gather()" if gathered else "the task group"
    return Finding(
        RULE.code,
        module.path,
        module.span(spot),
        said.format(where=where, count=count),
        Safety.MANUAL,
        (),
        _ADVICE,
    )


def _is_there(module: Module, types: Types, block: Transaction, node: ast.expr) -> bool:
    """Whether a member is on the connection of the block, or calls a function of the project."""
    if not isinstance(types.of(node), Query | Coroutine | Manager):
        return False
    chain = chain_of(types, node)
    model = subject(chain.start)
    if model is None:
        return on_its_connection(module, block)
    return lives_on(module, block, model) is Lives.HERE


RULE = Rule(
    code="TOR302",
    name="gather-in-transaction",
    summary="reports calls that a transaction runs at the same time on its one connection",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"gather", b"TaskGroup"),
)
