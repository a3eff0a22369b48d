"""What can still use the connection of a transaction once the transaction has ended."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ..orm import scopes
from ..orm.chains import Chain, chain_of
from ..orm.infer import Types, place, types_of
from ..orm.query_binding import By, binding_of, binds_when_built, handed_on
from ..orm.reach import function_called, reach_of
from ..orm.transactions import Transaction, around, is_atomic, on_its_connection, shared
from ..orm.types import (
    ApiMethod,
    BoundMethod,
    Client,
    Coroutine,
    Foreign,
    ModelClass,
    Query,
    Reference,
    Type,
)
from ..project.facts import FunctionNode
from ..project.symbols import External, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_TASK_STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_LOOPS = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})
_BACKGROUND = frozenset(
    {
        "fastapi.BackgroundTasks",
        "fastapi.background.BackgroundTasks",
        "starlette.background.BackgroundTasks",
    }
)
_GROUP = "asyncio.TaskGroup"
_FINISHING = frozenset({"commit", "rollback"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Outliving(NamedTuple):
    """One use of a connection that can come too late.

    Attributes:
        node: What uses it, or hands it out.
        kind: ``call``, ``finish``, ``query``, ``returned``, ``closure``, ``task``, ``inherits``,
            ``background``.
        subject: The name, or the source, of what the message is about.
    """

    node: ast.expr
    kind: str
    subject: str


class Outlived:
    """The search for what outlives one block."""

    def __init__(self, module: Module, block: Transaction) -> None:
        self.module = module
        self.block = block
        self.scope = module.scope(block.node)
        self.types: Types = types_of(module, self.scope)
        self.client = Client(place(block.call))
        self.outer = set(around(module, block.node))

    def __iter__(self) -> Iterator[Outliving]:
        if not is_atomic(self.module, self.scope):
            for node in self._after():
                yield from self._call(node)
                yield from self._run(node)
        for node in self._inside():
            if isinstance(node, ast.Return) and node.value is not None:
                parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                for part in parts:
                    yield from self._returned(part)
            elif isinstance(node, ast.Call):
                yield from self._started(node)

    # Where to look

    def _after(self) -> Iterator[ast.AST]:
        """The nodes of the function behind the block, where no outer transaction is open still."""
        end = place(self.block.node)[2:]
        for node in scopes.own_nodes(self.scope):
            behind = isinstance(node, ast.expr | ast.stmt) and place(node)[:2] >= end
            if behind and self.outer.isdisjoint(around(self.module, node)):
                yield node

    def _inside(self) -> Iterator[ast.AST]:
        for statement in self.block.node.body:
            yield statement
            if not isinstance(statement, FunctionNode | ast.ClassDef):
                yield from scopes.own_nodes(statement)

    # What is used behind the block

    def _call(self, node: ast.AST) -> Iterator[Outliving]:
        """A call that is made on the connection, or is given it."""
        if not isinstance(node, ast.Call):
            return
        called = self.types.of(node.func)
        if isinstance(called, ApiMethod) and called.receiver == self.client:
            kind = "finish" if called.name in _FINISHING else "call"
            yield Outliving(node, kind, self._source(node.func))
        elif self._gives(node) and _takes(called):
            yield Outliving(node, "call", self._source(node.func))
        elif isinstance(node.func, ast.Name) and node.func.id in self._capturing:
            yield Outliving(node, "closure", node.func.id)

    def _run(self, node: ast.AST) -> Iterator[Outliving]:
        """A variable whose query the block has bound."""
        run: ast.expr | None = None
        if isinstance(node, ast.Await):
            run = node.value
        elif isinstance(node, ast.AsyncFor):
            run = node.iter
        name = handed_on(chain_of(self.types, run)) if run is not None else None
        if name is not None and self._is_bound_here(name):
            yield Outliving(name, "query", name.id)

    def _is_bound_here(self, name: ast.Name) -> bool:
        """Whether the block has bound the query in a variable."""
        bound = binding_of(self.module, self.types, name)
        if bound is None:
            return False
        if bound.by is By.PASSING:
            return isinstance(bound.node, ast.Call) and self._gives(bound.node)
        # The query of another block that runs it is a matter of its own.
        free = next(around(self.module, name), None) in (None, self.block.node)
        return free and self._is_current_at(bound.node)

    def _is_current_at(self, node: ast.AST) -> bool:
        """Whether the ORM finds the block's connection there: the outermost transaction's."""
        open_there = list(around(self.module, node))
        current = bool(open_there) and open_there[-1] is self.block.node
        return current and on_its_connection(self.module, self.block)

    # What the block hands out

    def _returned(self, node: ast.expr) -> Iterator[Outliving]:
        found = self.types.of(node)
        late = found == self.client or (isinstance(node, ast.Name) and node.id in self._capturing)
        late = late or (isinstance(node, ast.Lambda) and self._captures(node))
        if isinstance(found, Query | Coroutine):
            late = self._is_tied(chain_of(self.types, node))
        if late:
            yield Outliving(node, "returned", self._source(node))

    def _is_tied(self, chain: Chain) -> bool:
        """Whether a query or coroutine that has not run keeps the block's connection."""
        if any(self._gives(link.call) for link in chain.links):
            return True
        if any(_is_passing(link.call) for link in chain.links):
            return False
        if isinstance(chain.root, ast.Name) and isinstance(chain.start, Query):
            return self._is_bound_here(chain.root)
        first = chain.links[0] if chain.links and isinstance(chain.start, ModelClass) else None
        built = first is not None and not isinstance(self.types.of(first.call), Coroutine)
        if first is None or not built or not binds_when_built(self.module, first):
            return False
        return self._is_current_at(first.call)

    # What the block starts

    def _started(self, node: ast.Call) -> Iterator[Outliving]:
        kind = self._starter(node)
        if kind == "background" and any(self._mentions(a) for a in self._arguments(node)):
            yield Outliving(node, kind, self._source(node))
        if kind != "task" or not node.args or self._is_awaited(node):
            return
        work = node.args[0]
        if self._mentions(work) or self._is_call_of_orm(work):
            yield Outliving(node, kind, self._source(work))
        elif self._inherits(work):
            yield Outliving(node, "inherits", self._source(work))

    def _starter(self, node: ast.Call) -> str:
        """What a call starts: a task, something in the background, or nothing known."""
        if _external(self.types.of(node.func)) in _TASK_STARTERS:
            return "task"
        if not isinstance(node.func, ast.Attribute):
            return ""
        on = node.func.value
        if node.func.attr == "add_task":
            return "background" if _kind(self.types.of(on)) in _BACKGROUND else ""
        is_loop = isinstance(on, ast.Call) and _external(self.types.of(on.func)) in _LOOPS
        late = is_loop or (isinstance(on, ast.Name) and on.id in self._groups)
        return "task" if node.func.attr == "create_task" and late else ""

    @cached_property
    def _groups(self) -> frozenset[str]:
        """The task groups around the block, by name: they wait for their tasks after it."""
        names: list[str] = []
        for outer in self.module.ancestors(self.block.node):
            if isinstance(outer, FunctionNode):
                break
            for item in outer.items if isinstance(outer, ast.AsyncWith) else ():
                call, target = item.context_expr, item.optional_vars
                made = isinstance(call, ast.Call) and _external(self.types.of(call.func)) == _GROUP
                names += [target.id] if made and isinstance(target, ast.Name) else []
        return frozenset(names)

    def _is_awaited(self, node: ast.Call) -> bool:
        """Whether a task may be awaited in the block: it is not dropped, nor named and unused."""
        parent = self.module.parent(node)
        if isinstance(parent, ast.Expr):
            return False
        if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Name):
            return True
        kept = parent.targets[0].id
        nodes = (n for s in self.block.node.body for n in ast.walk(s))
        return len(parent.targets) > 1 or any(
            isinstance(n, ast.Name) and n.id == kept and isinstance(n.ctx, ast.Load) for n in nodes
        )

    def _is_call_of_orm(self, node: ast.expr) -> bool:
        """A coroutine of the ORM: it finds the connection in the context that a task inherits."""
        chain = chain_of(self.types, node)
        one = isinstance(self.types.of(node), Coroutine) and len(chain.links) > 0
        passes = any(_is_passing(link.call) for link in chain.links)
        return one and not passes and not self.outer and on_its_connection(self.module, self.block)

    def _inherits(self, node: ast.expr) -> bool:
        """A function of the project that uses the database with what the context gives it."""
        if self.outer or not on_its_connection(self.module, self.block):
            return False
        called = function_called(self.types, node) is not None
        return called and reach_of(self.module, self.types, node).inherits

    # The connection

    def _gives(self, node: ast.Call) -> bool:
        return any(self.types.of(argument) == self.client for argument in self._arguments(node))

    @staticmethod
    def _arguments(node: ast.Call) -> list[ast.expr]:
        return [*node.args, *(keyword.value for keyword in node.keywords)]

    def _mentions(self, node: ast.expr) -> bool:
        """Whether an expression holds the connection, or a function that does."""
        return any(
            self.types.of(n) == self.client
            or (isinstance(n, ast.Name) and n.id in self._capturing)
            or (isinstance(n, ast.Lambda) and self._captures(n))
            for n in ast.walk(node)
        )

    @cached_property
    def _capturing(self) -> frozenset[str]:
        """The nested functions, by name, that see the connection through its name."""
        counts = scopes.bindings_in(self.module, self.scope)
        names: list[str] = []
        for node in scopes.own_nodes(self.scope):
            if isinstance(node, FunctionNode):
                names += [node.name] if self._captures(node) else []
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                targets = node.targets if self._captures(node.value) else []
                names += [target.id for target in targets if isinstance(target, ast.Name)]
        return frozenset(name for name in names if counts[name] == 1)

    def _captures(self, function: _Function) -> bool:
        """Whether a nested function reads the handle of the block, which nothing else binds."""
        name = self.block.handle
        counts = scopes.bindings_in(self.module, self.scope)
        if not name or counts[name] != 1 or shared(self.module, name):
            return False
        body = function.body if isinstance(function.body, list) else [function.body]
        nodes = [function, *(node for part in body for node in ast.walk(part))]
        functions = [node for node in nodes if isinstance(node, _Function)]
        uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
        hidden = any(p.arg == name for one in functions for p in scopes.parameters(one))
        return bool(uses) and not hidden and all(isinstance(n.ctx, ast.Load) for n in uses)

    def _source(self, node: ast.expr) -> str:
        text = self.module.text(node)
        return (
            text if "\n" not in text and len(text) <= 60 else text.split("(")[0].strip() + "(...)"
        )


def _takes(called: Type) -> bool:
    """A method of the ORM, or a function of the project."""
    if isinstance(called, Reference):
        return isinstance(called.symbol, Function)
    return isinstance(called, ApiMethod | BoundMethod)


def _is_passing(call: ast.Call) -> bool:
    """Whether some connection is passed; positions aside, which few use."""
    using = isinstance(call.func, ast.Attribute) and call.func.attr == "using_db"
    return using or any(keyword.arg in ("using_db", None) for keyword in call.keywords)


def _external(found: Type) -> str:
    is_external = isinstance(found, Reference) and isinstance(found.symbol, External)
    return found.symbol.dotted if is_external else ""  # type: ignore[union-attr]


def _kind(found: Type) -> str:
    return found.kind if isinstance(found, Foreign) else ""
