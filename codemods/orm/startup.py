"""The calls that set up the ORM and close it, and what ``RegisterTortoise`` takes of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.apps import meaning
from ..project.symbols import External
from . import api

if TYPE_CHECKING:
    from ..project.module import Module

INIT = frozenset({"tortoise.Tortoise.init"})
CLOSE = frozenset(
    {"tortoise.Tortoise.close_connections", "tortoise.connection.connections.close_all"}
)
_SCHEMAS = frozenset({"tortoise.Tortoise.generate_schemas"})
REGISTERS = frozenset(
    {
        "tortoise.contrib.fastapi.register_tortoise",
        "tortoise.contrib.starlette.register_tortoise",
    }
)
OPENS = INIT | REGISTERS
REGISTER = "tortoise.contrib.fastapi.RegisterTortoise"
_STARLETTE = "tortoise.contrib.starlette.RegisterTortoise"
_REGISTER_BY = {"fastapi": (REGISTER, "0.21"), "starlette": (_STARLETTE, "1.1.9")}
CONTEXTS = frozenset({REGISTER, _STARLETTE})


def is_called(module: Module, node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a node is a call of one of the ORM's functions, by their canonical names."""
    if not isinstance(node, ast.Call):
        return False
    symbol = meaning(module, node.func)
    return isinstance(symbol, External) and api.canonical(symbol.dotted) in names


def awaits(module: Module, statement: ast.stmt, names: frozenset[str]) -> bool:
    """Whether a statement is ``await f(...)`` of one of the functions."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Await)
        and is_called(module, statement.value.value, names)
    )


def runs(module: Module, statement: ast.stmt, names: frozenset[str]) -> bool:
    """Whether a statement is a call of one of the functions, awaited where it is a coroutine."""
    if awaits(module, statement, names - REGISTERS):
        return True
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    call = statement.value
    given = bool(call.args) and isinstance(call.args[0], ast.Name)
    return given and is_called(module, call, names & REGISTERS)


def call_of(statement: ast.stmt) -> ast.Call:
    """The call in a statement that ``runs`` is true of."""
    assert isinstance(statement, ast.Expr)
    value = statement.value
    call = value.value if isinstance(value, ast.Await) else value
    assert isinstance(call, ast.Call)
    return call


def app_in(module: Module, statement: ast.stmt) -> str:
    """The app that ``register_tortoise``, or a function that calls it, is passed; or nothing."""
    call = call_of(statement)
    if is_called(module, call, INIT) or not call.args:
        return ""
    return call.args[0].id if isinstance(call.args[0], ast.Name) else ""


def root_of(call: ast.Call) -> str:
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_bare(statement: ast.stmt) -> bool:
    """Whether the call in a statement that ``awaits`` is true of is passed nothing."""
    call = call_of(statement)
    return not call.args and not call.keywords


def is_schemas(module: Module, statement: ast.stmt) -> bool:
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


def register_of(framework: str) -> tuple[str, str]:
    """``RegisterTortoise`` for ``fastapi`` or ``starlette``, and the release that has it."""
    return _REGISTER_BY[framework]


def registered_since(parameter: str, register: str = REGISTER) -> str | None:
    """The release from which on ``RegisterTortoise`` has a parameter, or None."""
    found = [c for c in api.CLASSES if c.name == register and parameter in c.parameters]
    return min((entry.since for entry in found), key=api.version_key, default=None)
