"""Reports lifespans in which only a command of aerich sets up the ORM: requests fail since 1.0.

What it does
    Reports `await command.init()` of an `aerich.Command` that the lifespan of an application
    reaches, itself or through functions of the project, where nothing else in it sets up the ORM.

Why
    The command calls `Tortoise.init` on the way, and projects rely on that. Since tortoise-orm 1.0
    the connections that it opens are known to the task of the lifespan alone: requests fail with
    `RuntimeError: No TortoiseContext is currently active`.

Before
    async def lifespan(app):
        await migrate()          # command = Command(...); await command.init(); ...
        yield
        await Tortoise.close_connections()

Use instead
    async def lifespan(app):
        await migrate()
        async with RegisterTortoise(app, config=TORTOISE_ORM):
            yield

What it leaves alone
    Projects that may use a release before 1.0, or name `register_tortoise` or `RegisterTortoise`
    anywhere; lifespans that call `Tortoise.init` as well.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..orm.definitions import definition
from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..project.apps import meaning
from ..project.lifespans import lifespans, served_by
from ..project.module import Module
from ..project.namings import is_found
from ..project.symbols import Function
from ._aerich_commands import is_command
from ._base import Finding, Rule, Safety
from ._migration import gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.facts import FunctionNode

_SINCE = "1.0.0"
_DEPTH = 4
#: Where the ORM is registered with an application.
_REGISTERS = re.compile(rb"\b(?:register_tortoise|RegisterTortoise)\b")
_USE = "after the migrations: async with RegisterTortoise(app, config=...): yield"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each lifespan that leaves the set-up to aerich."""
    if gate(module, _SINCE) is not Safety.SAFE or is_found(module, _REGISTERS):
        return
    for function in lifespans(module):
        calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
        if not served_by(module, function) or any(set_up(module, call) for call in calls):
            continue
        for call in calls:
            if _inits(module, call, _DEPTH):
                message = (
                    "only aerich sets up the ORM in this lifespan: since "
                    f"{_SINCE} requests fail with 'No TortoiseContext is currently active'"
                )
                span = module.span(call)
                yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _USE)
                break


def _inits(module: Module, call: ast.Call, depth: int) -> bool:
    """Whether a call is that of a command's ``init``, or reaches one."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr == "init" and isinstance(func.value, ast.Name):
        return is_command(module, func.value)
    found = _called(module, call) if depth else None
    if found is None:
        return False
    home, function = found
    inner = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    return any(_inits(home, one, depth - 1) for one in inner)


def _called(module: Module, call: ast.Call) -> tuple[Module, FunctionNode] | None:
    symbol = meaning(module, call.func)
    home = module.project.module(symbol.path) if isinstance(symbol, Function) else None
    if not isinstance(home, Module) or not isinstance(symbol, Function):
        return None
    function = definition(home, symbol)
    return None if function is None else (home, function)


RULE = Rule(
    code="TOR430",
    name="lifespan-aerich-command",
    summary="reports lifespans that leave the set-up of the ORM to a command of aerich",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    triggers=(b"asynccontextmanager",),
    beyond=True,
)
