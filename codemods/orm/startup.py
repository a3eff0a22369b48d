"""What the hook of an application does with the ORM: where it sets it up and closes it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.apps import meaning
from ..project.symbols import External
from . import api

if TYPE_CHECKING:
    from ..project.apps import Hook
    from ..project.facts import FunctionNode
    from ..project.module import Module

INIT = frozenset({"tortoise.Tortoise.init"})
CLOSE = frozenset(
    {"tortoise.Tortoise.close_connections", "tortoise.connection.connections.close_all"}
)
_SCHEMAS = frozenset({"tortoise.Tortoise.generate_schemas"})
REGISTER = "tortoise.contrib.fastapi.RegisterTortoise"


@dataclass(frozen=True, slots=True)
class Body:
    """A hook, and what of its body is the ORM's.

    Attributes:
        hook: The hook.
        init: The index of the statement that calls ``Tortoise.init``, or -1.
        schemas: Whether the statement after it generates the schemas.
        close: The index of the statement that closes the connections, or -1.
    """

    hook: Hook
    init: int = -1
    schemas: bool = False
    close: int = -1

    @property
    def function(self) -> FunctionNode:
        """The function of the hook."""
        return self.hook.function

    @property
    def moves(self) -> bool:
        """Whether the body moves; else the function stays and is called."""
        return self.init >= 0 or self.close >= 0

    @property
    def dropped(self) -> list[ast.stmt]:
        """The statements whose work ``RegisterTortoise`` takes over."""
        at = [self.init, self.init + 1 if self.schemas else -1, self.close]
        return [self.function.body[index] for index in at if index >= 0]


def is_called(module: Module, node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a node is a call of one of the ORM's functions, by their canonical names."""
    if not isinstance(node, ast.Call):
        return False
    symbol = meaning(module, node.func)
    return isinstance(symbol, External) and api.canonical(symbol.dotted) in names


def calls_init(module: Module, function: FunctionNode) -> ast.Call | None:
    """The first call of ``Tortoise.init`` in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and is_called(module, node, INIT):
            return node
    return None


def body_of(module: Module, hook: Hook) -> Body:
    """What of the body of a hook is the ORM's."""
    body = hook.function.body
    if hook.event == "startup":
        init = next((i for i, s in enumerate(body) if awaits(module, s, INIT)), -1)
        after = body[init + 1 : init + 2] if init >= 0 else []
        return Body(hook, init, bool(after) and _generates(module, after[0]))
    close = (i for i, s in enumerate(body) if awaits(module, s, CLOSE) and _is_bare(s))
    return Body(hook, close=next(close, -1))


def awaits(module: Module, statement: ast.stmt, names: frozenset[str]) -> bool:
    """Whether a statement is ``await f(...)`` of one of the functions."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Await)
        and is_called(module, statement.value.value, names)
    )


def call_of(statement: ast.stmt) -> ast.Call:
    """The call in a statement that ``awaits`` is true of."""
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Await)
    assert isinstance(statement.value.value, ast.Call)
    return statement.value.value


def root_of(call: ast.Call) -> str:
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_bare(statement: ast.stmt) -> bool:
    call = call_of(statement)
    return not call.args and not call.keywords


def _generates(module: Module, statement: ast.stmt) -> bool:
    """Whether a statement generates the schemas as ``generate_schemas=True`` does."""
    if not awaits(module, statement, _SCHEMAS):
        return False
    call = call_of(statement)
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "safe")]
    safe = all(isinstance(value, ast.Constant) and value.value is True for value in given)
    return safe and len(given) == len(call.args) + len(call.keywords) <= 1


def positional() -> tuple[str, ...]:
    """The parameters of ``Tortoise.init`` whose places are the same in every release."""
    found = [entry.parameters for entry in api.FUNCTIONS if entry.name in INIT]
    columns = zip(*found, strict=False)
    return tuple(column[0] for column in columns if len(set(column)) == 1)


def registered_since(parameter: str) -> str | None:
    """The release from which on ``RegisterTortoise`` has a parameter, or None."""
    found = [c for c in api.CLASSES if c.name == REGISTER and parameter in c.parameters]
    return min((entry.since for entry in found), key=api.version_key, default=None)
