"""Passes the transaction's connection to the ORM calls in a transaction's body.

What it does
    In `async with in_transaction() as conn:` every ORM call that certainly runs in the body, and is
    proven to be on the transaction's connection, gets that connection: as `using_db=conn`, or as
    `.using_db(conn)` before the call that ends a chain.

Why
    The ORM finds the running transaction through a context variable, so such calls usually join it
    already. Usually: what runs in a task or context that was made before the block, or in a thread,
    does not. Passed explicitly, the connection no longer depends on who runs the code, and a reader
    sees which calls belong together. The statements that are executed stay the same.

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
    this is its only connection, or the name is the `connection_name` of the handle of such a block.
    If neither holds, the block is left for you: on two connections, a connection that is passed
    wrongly writes to the wrong database.
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
    Nested transaction blocks, whose own handle counts, and blocks without a handle.
    What cannot take a connection, such as `await hero.team`; `async for` over a relation itself,
    which uses and keeps the fetched rows. Projects of a release before 0.17.8.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword
from ..edits.chain import CallMethod
from ..orm import api
from ..orm.calls import tortoise_version
from ..orm.chains import Chain, Link, chain_of, passes_connection
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
from ..orm.types import Instance, Manager, ModelClass
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

#: Reads for which the keyword is what people write; for the others it is the chain.
_BY_KEYWORD = frozenset({"get", "get_or_none", "first", "last", "exists"})
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
    if lacking and not on_its_connection(module, block):
        return [_unproven(module, block, len(lacking))]
    return lacking


def usable(module: Module, types: Types, block: Transaction) -> bool:
    """Whether the handle is the block's connection throughout the body, and in it alone."""
    body, name = block.node.body, block.handle
    if not name or rebinds(body, name) or shared(module, name):
        return False
    innermost = list(opened_by(types, block.node))[-1]
    return innermost.call is block.call and not yields(body) and not runs_aside(types, body)


def _lacking(module: Module, types: Types, block: Transaction) -> Iterator[Finding]:
    seen: set[ast.expr] = set()
    for group in awaited_in(types, block.node.body):
        fresh = [node for node in group if node not in seen]
        seen.update(fresh)
        planned = {node: _edits(module, types, node, block.handle) for node in fresh}
        if len(group) > 1 and not all(planned.get(n) or _passes(module, types, n) for n in group):
            continue  # what runs at the same time has to use one client
        unpacks = any(_unpacks_unknown(types, node, edits) for node, edits in planned.items())
        for node, edits in planned.items():
            if edits:
                yield _finding(module, types, node, edits, unpacks)


def _finding(
    module: Module, types: Types, node: ast.expr, edits: tuple[Edit, ...], unpacks: bool
) -> Finding:
    return Finding(
        RULE.code,
        module.path,
        module.span(node),
        f"{_name(module, types, node)} does not pass the transaction's connection",
        Safety.UNSAFE if unpacks else Safety.SAFE,
        edits,
        _UNPACKED if unpacks else "",
    )


def _edits(module: Module, types: Types, node: ast.expr, handle: str) -> tuple[Edit, ...]:
    """What passes the connection in one awaited expression; nothing where that is not certain."""
    version = tortoise_version(module)
    if version is not None and version < api.version_key(api.OLDEST):
        return ()
    if isinstance(types.of(node), Manager):
        span = module.span(node)
        return (
            CallMethod(module.path, span, "all"),
            CallMethod(module.path, span, "using_db", handle),
        )
    chain = chain_of(types, node)
    if not isinstance(chain.start, ModelClass | Instance | Manager) or _passes(module, types, node):
        return ()
    for link in chain.links:
        edit = _edit(module, link, chain, handle)
        if edit is not None:
            return (edit,)
    return ()


def _passes(module: Module, types: Types, node: ast.expr) -> bool:
    """Whether a chain is given a connection, be it in a way that does not work."""
    version = tortoise_version(module)
    return any(
        passes_connection(link, version) or any(k.arg == "using_db" for k in link.call.keywords)
        for link in chain_of(types, node).links
    )


def _edit(module: Module, link: Link, chain: Chain, handle: str) -> Edit | None:
    """The edit that passes the connection at one call of a chain, if it can take one there."""
    owner, version = api.Owner(link.method.owner), tortoise_version(module)
    named = link.method.name
    entry = api.method(owner, named, version) if version else api.loosely(owner, named)
    if entry is None:
        return None
    ways = api.connection_ways(entry, version)
    keyword = next((way for way in ways if isinstance(way, api.Keyword)), None)
    chained = any(isinstance(way, api.Chain) for way in ways)
    alone = len(chain.links) == 1 and named in _BY_KEYWORD
    span = module.span(link.call)
    if keyword is not None and (alone or not chained):
        return PassKeyword(module.path, span, keyword.name, handle)
    return CallMethod(module.path, span, "using_db", handle) if chained else None


def _unpacks_unknown(types: Types, node: ast.expr, edits: tuple[Edit, ...]) -> bool:
    """Whether ``**mapping`` could bring a connection of its own to a call that gets one."""
    if not any(isinstance(edit, PassKeyword) for edit in edits):
        return False
    calls = [link.call for link in chain_of(types, node).links]
    return any(k.arg is None and not _harmless(k.value) for call in calls for k in call.keywords)


def _harmless(node: ast.expr) -> bool:
    """A dict display, or the dump of a schema: neither can hold a key named ``using_db``."""
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return None not in keys and "using_db" not in keys
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("model_dump", "dict")
    )


def _unproven(module: Module, block: Transaction, count: int) -> Finding:
    calls = "1 ORM call does" if count == 1 else f"{count} ORM calls do"
    return Finding(
        RULE.code,
        module.path,
        module.span(block.call),
        f"{calls} not pass {block.handle}, and the project does not show that this block's "
        "connection is the only one",
        Safety.MANUAL,
        (),
        f"pass using_db={block.handle} to the calls whose models are on that connection",
    )


def _name(module: Module, types: Types, node: ast.expr) -> str:
    """How the message names an awaited expression."""
    chain = chain_of(types, node)
    if not chain.links:
        return module.text(node)
    first = chain.links[0].call.func
    last = chain.links[-1].method
    head = module.text(first) if isinstance(first, ast.Attribute) else last.name
    head = head if "\n" not in head else last.name
    return f"{head}()" if len(chain.links) == 1 else f"{head}(...).{last.name}()"


RULE = Rule(
    code="TOR310",
    name="transaction-using-db",
    summary="passes the transaction's connection to the ORM calls in its body",
    find=find,
    triggers=(b"in_transaction",),
)
