"""Reports threads that use the ORM in an event loop of their own, and have no context since 1.0.

What it does
    Looks at functions given to `threading.Thread(target=...)`, `threading.Timer(...)` and
    `loop.run_in_executor(...)` that run a coroutine which makes queries, with `asyncio.run` or
    `run_until_complete`, and do not start the ORM themselves.

Why
    Since tortoise-orm 1.0 the connections belong to a context, which `Tortoise.init` enters where
    it is awaited. A new thread begins without it, and the first query raises

        RuntimeError: No TortoiseContext is currently active

    Up to 0.25 the connections were those of the whole process.

Before
    def refresh() -> None:
        asyncio.run(update_prices())

    threading.Thread(target=refresh).start()

Use instead
    await update_prices()  # in the loop that is there, as a task if it is to run beside others

    Or `await asyncio.to_thread(refresh)`, which takes the context along; connections are then made
    anew for the other loop, with a `TortoiseLoopSwitchWarning`.

When it is safe
    It is never applied: a query from another thread needs another design.

What it leaves alone
    Projects in which `RegisterTortoise`, `register_tortoise` or `_enable_global_fallback` makes the
    context known to all threads, and those in which nothing is seen to start the ORM; functions
    that start it themselves, or enter a context; threads that are given `context=`; calls of which
    it is not proven that they make queries; tests.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.definitions import definition
from ..orm.infer import types_of
from ..orm.reach import function_called, reach_of
from ..orm.types import Plain
from ..project.configs import starts_of
from ..project.facts import dotted
from ..project.model_targets import is_test
from ..project.module import Module
from ..project.symbols import External, Function
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.infer import Types
    from ..project.index import Project

_SINCE = "1.0.0"
#: By what makes a thread: the keyword and the position of the function.
_MAKERS = {"threading.Thread": ("target", 1), "threading.Timer": ("function", 1)}
_EXECUTOR, _LOOP_METHOD = "run_in_executor", "run_until_complete"
_RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run", "tortoise.run_async"})
_CONTEXT = "context"  #: what a thread begins with, since Python 3.14
_FALLBACK = "_enable_global_fallback"
_STARTING = (".init", "TortoiseContext", "tortoise_test_context", "RegisterTortoise")
_HOPS = 4
_DECIDE = (
    "run it in the loop that started the ORM, or with asyncio.to_thread, which keeps the context"
)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each thread that runs queries in a loop of its own."""
    if is_test(module.path) or gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        given = _function_given(module, call)
        symbol = module.resolve(given) if given is not None else None
        if not isinstance(symbol, Function) or is_shim(module, call):
            continue
        if _runs_queries(module.project, symbol) and not _is_reachable(module):
            message = (
                f"{symbol.qualname} makes queries in a thread, which has no context of the ORM"
            )
            yield Finding(
                RULE.code, module.path, module.span(call), message, Safety.MANUAL, (), _DECIDE
            )


def _function_given(module: Module, call: ast.Call) -> ast.expr | None:
    """The function that a call has run in another thread."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == _EXECUTOR:
        return call.args[1] if len(call.args) == 2 else None
    symbol = symbol_of(module, call.func)
    made = _MAKERS.get(symbol.dotted) if isinstance(symbol, External) else None
    if made is None:
        return None
    keyword, position = made
    if any(one.arg in (None, _CONTEXT) for one in call.keywords):
        return None
    named = next((one.value for one in call.keywords if one.arg == keyword), None)
    return named or (call.args[position] if len(call.args) > position else None)


def _runs_queries(project: Project, symbol: Function) -> bool:
    """Whether a function runs a coroutine that makes queries, and nothing in it starts the ORM."""
    module = project.module(symbol.path)
    function = definition(module, symbol) if isinstance(module, Module) else None
    if not isinstance(module, Module) or not isinstance(function, ast.FunctionDef):
        return False
    types = types_of(module, function)
    runs = [
        node.args[0]
        for node in scopes.nodes_in(module, function)
        if isinstance(node, ast.Call) and len(node.args) == 1 and _is_run(module, node)
    ]
    uses = any(reach_of(module, types, one).uses for one in runs)
    return uses and not _starts(project, symbol, _HOPS)


def _is_run(module: Module, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr == _LOOP_METHOD:
        return True
    symbol = symbol_of(module, call.func)
    return isinstance(symbol, External) and symbol.dotted in _RUNNERS


def _starts(project: Project, symbol: Function, hops: int) -> bool:
    """Whether a function may start the ORM or enter a context, itself or in what it awaits."""
    module = project.module(symbol.path)
    function = definition(module, symbol) if isinstance(module, Module) else None
    if not isinstance(module, Module) or function is None or not hops:
        return True
    types = types_of(module, function)
    opened = (item.context_expr for block in _contexts(function) for item in block.items)
    awaited = (node.value for node in ast.walk(function) if isinstance(node, ast.Await))
    runs = (call.args[0] for call in _calls(function) if call.args and _is_run(module, call))
    for node in (*opened, *awaited, *runs):
        called = function_called(types, node)
        if called is not None and _starts(project, called, hops - 1):
            return True
        if called is None and not _is_known(module, types, node):
            return True
    return False


def _contexts(function: ast.AST) -> Iterator[ast.AsyncWith | ast.With]:
    return (one for one in ast.walk(function) if isinstance(one, ast.AsyncWith | ast.With))


def _calls(function: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(function) if isinstance(one, ast.Call))


def _is_known(module: Module, types: Types, node: ast.expr) -> bool:
    """Whether what is awaited or entered is a query, or belongs to another library."""
    if reach_of(module, types, node).uses:
        return True
    symbol = symbol_of(module, node.func) if isinstance(node, ast.Call) else None
    known = isinstance(symbol, External) and not symbol.dotted.endswith(_STARTING)
    return known or isinstance(types.of(node), Plain)


def _is_reachable(module: Module) -> bool:
    """Whether a context that all threads share is there, or nothing is known of the start."""
    project = module.project
    home = project.versions_of(module.path).directory
    starts = [
        start
        for start in starts_of(project)
        if project.versions_of(start.module.path).directory == home
        and not is_test(start.module.path)
    ]
    if not starts:
        return True
    shared = (_FALLBACK in start.module.source.text for start in starts)
    registered = (not dotted(start.call.func).endswith("init") for start in starts)
    return any(shared) or any(registered)


RULE = Rule(
    code="TOR411",
    name="context-in-thread",
    summary="reports threads that make queries, for which there is no context since 1.0",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    triggers=(b"Thread(", b"Timer(", b"run_in_executor("),
)
