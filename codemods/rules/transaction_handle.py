"""Names a transaction whose connection is not bound to a name.

What it does
    `async with in_transaction():` becomes `async with in_transaction() as connection:`, where the
    body holds something that transaction-using-db or query-built-before-transaction would pass the
    connection to. Select it together with them: the name alone changes nothing.

Why
    Without a name the ORM calls of the body can only find the transaction through a context
    variable. That works where they are, but what runs in a task or context that was made before the
    block, in a thread, or was bound to the pool before, silently runs outside of it. With a name,
    the connection can be passed.

Before
    async with in_transaction():
        await Order.create(customer=customer)

After, with transaction-using-db
    async with in_transaction() as connection:
        await Order.create(customer=customer, using_db=connection)

When it is safe
    The name occurs nowhere in the outermost function around the block, nested functions and classes
    included, nor is it bound at module level, so that nothing else can see or hide it. It may also
    be a name that other blocks of the same function, which neither hold this one nor stand in it,
    give to their own connections, if nothing uses it outside of their bodies.
    The name that most other blocks of the file use comes first, then `connection`, `conn`,
    `transaction_connection` and `tx_connection`.

What it leaves alone
    Blocks in which nothing could be passed; blocks for which it would not be safe, such as those
    on a connection that is not proven to be the models'.
    Blocks that have a name. A block that stands in one that is to be named waits for the next
    round, so that the two get different names.
    Functions that call `locals()`, `vars()`, `dir()`, `eval()` or `exec()`; blocks at module level.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ..edits.with_items import BindWithItem
from ..orm import scopes
from ..orm.transactions import Transaction, around, transactions
from ..project.facts import FunctionNode, imports_of
from . import query_built_before_transaction, transaction_using_db
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_CANDIDATES = ("connection", "conn", "transaction_connection", "tx_connection")
_SEEING_ALL = frozenset({"locals", "vars", "dir", "eval", "exec"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each block that a name would let pass its connection."""
    blocks = list(transactions(module))
    named: set[ast.AsyncWith] = set()
    for block in blocks:
        if not _lacks_name(block) or not named.isdisjoint(around(module, block.node)):
            continue
        name = _free_name(module, block, blocks)
        if name and _would_pass(module, replace(block, handle=name)):
            named.add(block.node)
            yield _finding(module, block, name)


def _finding(module: Module, block: Transaction, name: str) -> Finding:
    span = module.span(block.call)
    return Finding(
        RULE.code,
        module.path,
        span,
        "the transaction's connection has no name by which it could be passed",
        Safety.SAFE,
        (BindWithItem(module.path, span, name),),
    )


def _lacks_name(block: Transaction) -> bool:
    item = next(item for item in block.node.items if item.context_expr is block.call)
    return item.optional_vars is None


def _would_pass(module: Module, block: Transaction) -> bool:
    """Whether another rule would have something to pass the connection to, safely."""
    passed = [
        *transaction_using_db.in_block(module, block),
        *query_built_before_transaction.in_block(module, block),
    ]
    return any(finding.safety is Safety.SAFE for finding in passed)


def _free_name(module: Module, block: Transaction, blocks: list[Transaction]) -> str:
    """The best name that is free everywhere it would be seen, or an empty string."""
    function = _outermost(module, block.node)
    if function is None:
        return ""
    taken = _names_in(function)
    if taken & _SEEING_ALL:
        return ""
    taken |= set(scopes.bindings_in(module, module.tree))
    habits = Counter(other.handle for other in blocks if other.handle)
    preferred = [name for name, _ in habits.most_common(1)]
    for name in dict.fromkeys((*preferred, *_CANDIDATES)):
        if name not in taken or _is_reusable(module, block, blocks, name, function):
            return name
    return ""


def _outermost(module: Module, node: ast.AST) -> FunctionNode | None:
    found = None
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            found = outer
    return found


def _names_in(function: FunctionNode) -> set[str]:
    """Every name that a function and what is nested in it reads or binds."""
    return {name for node in ast.walk(function) for name in _names_of(node) if name}


def _is_reusable(
    module: Module, block: Transaction, blocks: list[Transaction], name: str, function: FunctionNode
) -> bool:
    """Whether a name is only that of other blocks' connections, each in its own block."""
    if scopes.bindings_in(module, module.tree)[name]:
        return False
    apart = [b.node for b in blocks if b.handle == name and not _nested(module, b.node, block.node)]
    scope = module.scope(block.node)
    for node in ast.walk(function):
        if name not in _names_of(node):
            continue
        # A closure would see the connection of whichever block is entered last.
        if not isinstance(node, ast.Name) or _is_closure(module, node, scope):
            return False
        if not any(outer in apart for outer in module.ancestors(node)):
            return False
    return True


def _nested(module: Module, one: ast.AST, other: ast.AST) -> bool:
    """Whether one of two statements is the other, or stands in it."""
    return one is other or one in module.ancestors(other) or other in module.ancestors(one)


def _names_of(node: ast.AST) -> tuple[str | None, ...]:
    """The names that a node, without those in it, reads, binds or declares."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return tuple(node.names)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple(one.name for one in imports_of(node))
    if isinstance(node, ast.MatchMapping):
        return (node.rest,)
    named = FunctionNode | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar
    return (node.name,) if isinstance(node, named) else ()


def _is_closure(module: Module, node: ast.AST, scope: ast.AST) -> bool:
    """Whether a name stands in something nested that may run later."""
    if module.scope(node) is not scope:
        return True
    for outer in module.ancestors(node):
        if outer is scope:
            return False
        if isinstance(outer, ast.Lambda | ast.GeneratorExp | ast.ClassDef):
            return True
    return False


RULE = Rule(
    code="TOR311",
    name="transaction-handle",
    summary="names a transaction whose connection could then be passed (with TOR310 and TOR314)",
    default=False,
    find=find,
    triggers=(b"in_transaction",),
)
