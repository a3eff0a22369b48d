"""Runs the set-up and what needs it in one event loop: since 1.0 a set-up ends with its run.

What it does
    Several statements in a row that each run a coroutine, `run_async(init())` and
    `run_async(work())`, where the first one calls `Tortoise.init`, become one coroutine function
    that awaits them in this order, and one run of it.

Why
    Since 1.0 `Tortoise.init` counts for the task that it runs in, which ends with the first run. In
    the next one every query fails: `RuntimeError: No TortoiseContext is currently active`.

Before
    asyncio.run(init())
    asyncio.run(work())

After
    async def main():
        await init()
        await work()


    asyncio.run(main())

When it is safe
    It is unsafe: with `--unsafe` it is applied where every release that the project allows is 1.0.0
    or newer, the statements stand directly one below the other and use no result, and the first
    calls `Tortoise.init` or a function of the same file that does. It rests on the coroutines not
    needing a loop of their own.

What it leaves alone
    Reported, for a hand: runs with other statements in between, results that are used, and files
    in which `main` is taken.
    Silently: set-ups with `_enable_global_fallback=True`; projects that may use a release before
    1.0.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.statements import RemoveStatement, ReplaceStatement
from ..orm.definitions import definition
from ..orm.scopes import own_nodes
from ..project.symbols import External, Function
from ._base import Finding, Rule, Safety
from ._migration import canonical_of, gate, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "1.0.0"
_INIT = "tortoise.Tortoise.init"
_RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run", "tortoise.run_async"})
_NAME = "main"
_FALLBACK = "_enable_global_fallback"
_RESTS = "it rests on the coroutines not needing an event loop of their own"
_BY_HAND = "await both in one coroutine function, and run that"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each set-up that has ended when it is needed."""
    if gate(module, _SINCE) is not Safety.SAFE or _FALLBACK in module.source.text:
        return
    for block in _blocks(module):
        runs = [node for node in block if _coroutine(module, node) is not None]
        opening = next((node for node in runs if _opens(module, node)), None)
        if opening is not None and opening is not runs[-1]:
            yield _finding(module, block, runs[runs.index(opening) :])


def _blocks(module: Module) -> Iterator[list[ast.stmt]]:
    """The body of the module, and those of its conditions."""
    yield module.tree.body
    for node in module.tree.body:
        if isinstance(node, ast.If):
            yield node.body


def _coroutine(module: Module, node: ast.stmt) -> ast.Call | None:
    """The call of a coroutine function that a statement runs in a loop of its own."""
    value = getattr(node, "value", None)
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return None
    symbol = symbol_of(module, value.func)
    known = isinstance(symbol, External) and symbol.dotted in _RUNNERS
    made = value.args[0]
    return made if known and isinstance(made, ast.Call) else None


def _opens(module: Module, node: ast.stmt) -> bool:
    """Whether a run calls ``Tortoise.init``, itself or in a function of this file."""
    call = _coroutine(module, node)
    if call is None or canonical_of(module, call.func) == _INIT:
        return call is not None
    symbol = module.resolve(call.func)
    if not isinstance(symbol, Function) or symbol.path != module.path:
        return False
    function = definition(module, symbol)
    inside = own_nodes(function) if function is not None else iter(())
    calls = (one for one in inside if isinstance(one, ast.Call))
    return any(canonical_of(module, one.func) == _INIT for one in calls)


def _finding(module: Module, block: list[ast.stmt], runs: list[ast.stmt]) -> Finding:
    span = module.span(runs[0])
    message = f"since {_SINCE} what this sets up is gone when the next run begins"
    if not _is_plain(module, block, runs):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BY_HAND)
    edits: list[Edit] = [ReplaceStatement(module.path, span, _source(module, runs))]
    edits += [RemoveStatement(module.path, module.span(node)) for node in runs[1:]]
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, tuple(edits), _RESTS)


def _is_plain(module: Module, block: list[ast.stmt], runs: list[ast.stmt]) -> bool:
    """Whether the runs stand in a row, use no results, and leave a name for the function."""
    at = block.index(runs[0])
    row = block[at : at + len(runs)] == runs and all(isinstance(n, ast.Expr) for n in runs)
    if not row or _NAME in module.facts.bindings:
        return False
    return len({_runner(module, node) for node in runs}) == 1


def _runner(module: Module, node: ast.stmt) -> str:
    assert isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return module.text(node.value.func)


def _source(module: Module, runs: list[ast.stmt]) -> str:
    """The coroutine function, and its run."""
    lines = [f"async def {_NAME}():"]
    for node in runs:
        call = _coroutine(module, node)
        assert call is not None
        lines.append(f"    await {module.text(call)}")
    apart = ["", ""] if runs[0] in module.tree.body else []
    return "\n".join([*lines, *apart, f"{_runner(module, runs[0])}({_NAME}())"])


RULE = Rule(
    code="TOR407",
    name="multiple-asyncio-run",
    summary="runs the set-up and what needs it in one event loop, as 1.0 wants it",
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=find,
    triggers=(b"Tortoise.init",),
)
