"""``async with in_transaction() as conn`` blocks, and what runs in them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, Import, dotted, imports_of
from ..project.symbols import External
from . import scopes
from .infer import TRANSACTION, Types, place, types_of
from .types import Client, Manager, Place, Reference, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

ATOMIC = "tortoise.transactions.atomic"
_GATHER = "asyncio.gather"
#: What starts coroutines that run at the same time as the code after it.
_STARTERS = frozenset(
    {"create_task", "ensure_future", "TaskGroup", "create_task_group", "start_soon"}
    | {"as_completed", "run_coroutine_threadsafe", "gather"}
)
_NOT_NOW = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
#: Before Python 3.12 the parts of an f-string carry no true positions; and ``{x=}`` prints source.
_FORMATTED = tuple(
    kind for name in ("JoinedStr", "TemplateStr") if (kind := getattr(ast, name, None))
)


Enters = Callable[[ast.AsyncWith], bool]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One ``with`` item that opens a transaction.

    Attributes:
        node: The ``async with`` statement.
        call: The call of ``in_transaction``.
        handle: The name that the item binds; empty where it binds none, or something else, or
            where a later item of the statement binds the name again.
    """

    node: ast.AsyncWith
    call: ast.Call
    handle: str

    @property
    def alias(self) -> ast.expr | None:
        """The connection name that is passed, as an expression."""
        if self.call.args:
            return self.call.args[0]
        named = (k.value for k in self.call.keywords if k.arg == "connection_name")
        return next(named, None)

    @property
    def unnamed(self) -> bool:
        """Whether no connection is named, which works only where exactly one is configured."""
        if not self.call.args and not self.call.keywords:
            return True
        alias = self.alias
        bare = len(self.call.args) + len(self.call.keywords) == 1
        return bare and isinstance(alias, ast.Constant) and alias.value is None


def transactions(module: Module) -> Iterator[Transaction]:
    """All transaction blocks of a module, in source order."""
    names = spellings(module, "in_transaction")
    for node in module.nodes(ast.AsyncWith):
        calls = (one.context_expr for one in node.items if isinstance(one.context_expr, ast.Call))
        if any(dotted(call.func).rpartition(".")[2] in names for call in calls):
            yield from opened_by(types_of(module, module.scope(node)), node)


def spellings(module: Module, function: str) -> frozenset[str]:
    """The names by which a module can call a function of ``tortoise.transactions``.

    It is a look that costs no inference.
    """
    key = (spellings, function)
    if key not in module.memo:
        found = {function}
        for node in module.nodes(ast.ImportFrom):
            # Under another name, it may come from any module of the project as well.
            for one in imports_of(node):
                ours = one.level or not one.module.startswith("tortoise")
                if (ours or one.attr == function) and _is_called(module, one, function):
                    found.add(one.name)
        module.memo[key] = frozenset(found)
    names: frozenset[str] = module.memo[key]
    return names


def _is_called(module: Module, found: Import, function: str) -> bool:
    """Whether an import brings a function of ``tortoise.transactions``."""
    from .api import canonical

    symbol = module.project.resolve_import(module.path, found)
    known = canonical(symbol.dotted) if isinstance(symbol, External) else ""
    return known == f"tortoise.transactions.{function}"


def opener_of(module: Module, connection: ast.expr) -> Transaction | None:
    """The transaction of the same file that a connection, as an expression, is the handle of."""
    found = types_of(module, module.scope(connection)).of(connection)
    opened = (block for block in transactions(module) if place(block.call) == _block(found))
    return next(opened, None)


def _block(found: Type) -> Place | None:
    return found.block if isinstance(found, Client) else None


def around(module: Module, node: ast.AST) -> Iterator[ast.AsyncWith]:
    """The statements of the same function in whose open transactions a node runs, innermost first.

    What stands in the head of such a statement runs before its transactions are open.
    """
    inner = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return
        if isinstance(outer, ast.AsyncWith) and inner in outer.body and _opens(module, outer):
            yield outer
        inner = outer


def _opens(module: Module, node: ast.AsyncWith) -> bool:
    return any(opened_by(types_of(module, module.scope(node)), node))


def is_atomic(module: Module, function: ast.AST) -> bool:
    """Whether a function is decorated with ``atomic``, so that all of it runs in a transaction."""
    from .api import canonical

    for decorator in function.decorator_list if isinstance(function, FunctionNode) else ():
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = module.resolve(called)
        if isinstance(symbol, External) and canonical(symbol.dotted) == ATOMIC:
            return True
    return False


def on_its_connection(module: Module, block: Transaction) -> bool:
    """Whether every model is proven to live on the connection of a block."""
    if block.unnamed:
        return True
    alias = block.alias
    if isinstance(alias, ast.Attribute) and alias.attr == "connection_name":
        outer = opener_of(module, alias.value)
        return outer is not None and on_its_connection(module, outer)
    if not isinstance(alias, ast.Constant) or not isinstance(alias.value, str):
        return False
    from ..project.configs import connections_of

    known = connections_of(module.project, module.path)
    return known is not None and known.names == frozenset({alias.value})


def opened_by(types: Types, node: ast.AsyncWith) -> Iterator[Transaction]:
    """The transactions that the items of one statement open."""
    from .api import canonical

    for index, item in enumerate(node.items):
        call = item.context_expr
        if not isinstance(call, ast.Call):
            continue
        called = types.of(call.func)
        symbol = called.symbol if isinstance(called, Reference) else None
        if isinstance(symbol, External) and canonical(symbol.dotted) == TRANSACTION:
            yield Transaction(node, call, _handle(node.items, index))


def _handle(items: list[ast.withitem], index: int) -> str:
    target = items[index].optional_vars
    if not isinstance(target, ast.Name):
        return ""
    later = (node for item in items[index + 1 :] for node in ast.walk(item))
    return "" if any(target.id in _bound(node) for node in later) else target.id


def shared(module: Module, name: str) -> bool:
    """Whether a ``global`` or ``nonlocal`` statement lets other functions bind a name as well."""
    return name in scopes.elsewhere_bound(module)


def rebinds(body: list[ast.stmt], name: str) -> bool:
    """Whether anything in a block, nested functions included, may bind or delete a name."""
    return any(name in _bound(node) for statement in body for node in ast.walk(statement))


def _bound(node: ast.AST) -> tuple[str | None, ...]:
    """The names that one node, without those in it, binds, deletes or ties to another scope."""
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple(found.name for found in imports_of(node))
    if isinstance(node, ast.Global | ast.Nonlocal):
        return tuple(node.names)
    if isinstance(node, ast.MatchMapping):
        return (node.rest,)
    named = FunctionNode | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar
    return (node.name,) if isinstance(node, named) else ()


def yields(body: list[ast.stmt]) -> bool:
    """Whether a block hands control to somebody else while it is open."""
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom)
        for statement in body
        if not isinstance(statement, FunctionNode)
        for node in (statement, *scopes.own_nodes(statement))
    )


def runs_aside(types: Types, body: list[ast.stmt]) -> bool:
    """Whether a block starts something that runs at the same time as the rest of the block.

    Then it matters that all of it uses one client: the client of an inner transaction and that of
    the outer one have the same connection, which drivers refuse to serve both at once, but each
    has a lock of its own.
    """
    nodes = [node for statement in body for node in ast.walk(statement)]
    awaited = {node.value for node in nodes if isinstance(node, ast.Await)}
    calls = (node for node in nodes if isinstance(node, ast.Call))
    return any(
        _last_name(call.func) in _STARTERS and not (call in awaited and is_gather(types, call))
        for call in calls
    )


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_gather(types: Types, node: ast.expr) -> bool:
    """Whether an expression calls ``asyncio.gather``."""
    called = types.of(node.func) if isinstance(node, ast.Call) else None
    return isinstance(called, Reference) and called.symbol == External(_GATHER)


def awaited_in(
    types: Types, body: list[ast.stmt], enters: Enters = lambda _: False
) -> Iterator[tuple[ast.expr, ...]]:
    """The expressions that certainly run while the block is open: awaited or iterated in it.

    Those of one group run at the same time: the arguments of one ``gather``. Left out are nested
    functions, classes, lambdas and generator expressions, which run later or elsewhere, what stands
    in an f-string, and nested transaction blocks, which have a handle of their own, unless
    ``enters`` says of one that it counts as a part of the body.
    """
    for statement in body:
        yield from _awaited(types, statement, enters)


def _awaited(types: Types, node: ast.AST, enters: Enters) -> Iterator[tuple[ast.expr, ...]]:
    if isinstance(node, _NOT_NOW + _FORMATTED):
        return
    if isinstance(node, ast.AsyncWith) and list(opened_by(types, node)) and not enters(node):
        for item in node.items:
            yield from _awaited(types, item, enters)
        return
    if isinstance(node, ast.Await):
        yield _operands(types, node.value)
    iterated = _iterated(node)
    # A manager iterates over the rows that it has, and keeps those that it fetches for this.
    if iterated is not None and not isinstance(types.of(iterated), Manager):
        yield (iterated,)
    for child in ast.iter_child_nodes(node):
        yield from _awaited(types, child, enters)


def _iterated(node: ast.AST) -> ast.expr | None:
    """What an ``async for`` iterates over."""
    if isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
        return node.iter
    return None


def _operands(types: Types, value: ast.expr) -> tuple[ast.expr, ...]:
    """What one ``await`` runs: its operand, or the arguments of a ``gather``."""
    if not isinstance(value, ast.Call) or not is_gather(types, value):
        return (value,)
    found = []
    for argument in value.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        found.append(inner.elt if isinstance(inner, ast.ListComp | ast.GeneratorExp) else inner)
    return tuple(found)


__all__ = [
    "Transaction",
    "around",
    "awaited_in",
    "is_atomic",
    "is_gather",
    "on_its_connection",
    "opened_by",
    "opener_of",
    "rebinds",
    "runs_aside",
    "shared",
    "transactions",
    "yields",
]
