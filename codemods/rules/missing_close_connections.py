"""Runs a script with `run_async`, which closes the connections at the end.

What it does
    `asyncio.run(main())`, where `main` calls `Tortoise.init` and nothing in the file closes the
    connections, becomes `run_async(main())`.

Why
    A connection that is left open keeps the process alive: with SQLite a script never ends, because
    the thread of the driver goes on. `run_async` of Tortoise runs a coroutine and closes all
    connections, also when it raises.

Before
    asyncio.run(main())

After
    run_async(main())

When it is safe
    It is unsafe: with `--unsafe` it is applied where the coroutine function is in the same file,
    awaits `Tortoise.init` itself, and its result is not used. It rests on nothing else closing the
    connections.

What it leaves alone
    Reported, for a hand: results that are used, and arguments such as `debug=True`.
    Silently: files that close connections, or use a context; functions that run an application.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport, DropImport
from ..orm.definitions import definition
from ..orm.scopes import own_nodes
from ..project.symbols import External, Function
from ._base import Finding, Rule, Safety
from ._migration import canonical_of, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.facts import FunctionNode
    from ..project.module import Module

_INIT = "tortoise.Tortoise.init"
_CLOSING = ("close", "RegisterTortoise", "register_tortoise", "TortoiseContext", "_context")
_RESTS = "it rests on nothing else closing the connections"
_BY_HAND = "end the coroutine with finally: await Tortoise.close_connections()"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each script that leaves its connections open."""
    if any(word in module.source.text for word in _CLOSING):
        return
    for call in module.nodes(ast.Call):
        made = call.args[0] if len(call.args) == 1 else None
        if isinstance(made, ast.Call) and _is_run(module, call.func):
            function = _function(module, made)
            if function is not None and _opens(module, function):
                yield _finding(module, call)


def _is_run(module: Module, node: ast.expr) -> bool:
    symbol = symbol_of(module, node)
    return isinstance(symbol, External) and symbol.dotted == "asyncio.run"


def _function(module: Module, call: ast.Call) -> FunctionNode | None:
    """The coroutine function of this file that a call calls."""
    symbol = module.resolve(call.func)
    if not isinstance(symbol, Function) or symbol.path != module.path:
        return None
    return definition(module, symbol)


def _opens(module: Module, function: FunctionNode) -> bool:
    """Whether a function itself awaits ``Tortoise.init``."""
    waited = (node.value for node in own_nodes(function) if isinstance(node, ast.Await))
    calls = (call for call in waited if isinstance(call, ast.Call))
    return any(canonical_of(module, call.func) == _INIT for call in calls)


def _finding(module: Module, call: ast.Call) -> Finding:
    span, func = module.span(call), module.span(call.func)
    message = "nothing closes the connections: with SQLite the process does not end"
    if not isinstance(module.parent(call), ast.Expr) or call.keywords:
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BY_HAND)
    edits = (
        ReplaceExpression(module.path, func, "run_async"),
        AddImport(module.path, "tortoise", "run_async"),
        DropImport(module.path, "asyncio"),
        DropImport(module.path, "asyncio", "run"),
    )
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


RULE = Rule(
    code="TOR412",
    name="missing-close-connections",
    summary="runs a script with `run_async`, which closes the connections at the end",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"Tortoise.init",),
)
