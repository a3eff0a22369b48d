"""The event loop that a fixture makes for the tests, which those of 1.0 have without it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.symbols import External
from ._migration import symbol_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..project.module import Module

_MAKES = ("asyncio.new_event_loop", "asyncio.get_event_loop")
_SETS = "asyncio.set_event_loop"
#: The fixture of pytest-asyncio before 1.0 that gives the loop.
EVENT_LOOP = "event_loop"


def without_loop(module: Module, body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements but for those that make a loop, set it and close it.

    All of them where anything else uses the loop, except for the argument of that name.
    """
    made = {name for one in body if (name := _made(module, one))}
    rest = [one for one in body if not _made(module, one) and not _handles(module, one, made)]
    used = {name for one in rest for name in _used(one)}
    return rest if made.isdisjoint(used) else list(body)


def _made(module: Module, node: ast.stmt) -> str:
    """The name that is bound to a loop."""
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    call = node.value if isinstance(node, ast.Assign) else None
    if not isinstance(target, ast.Name) or not isinstance(call, ast.Call) or call.args:
        return ""
    return target.id if _outside(module, call.func) in _MAKES else ""


def _handles(module: Module, node: ast.stmt, made: set[str]) -> bool:
    """Whether a statement sets a loop, or closes one that was made here."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.keywords:
        return False
    if _outside(module, call.func) == _SETS:
        given = call.args[0] if len(call.args) == 1 else None
        return isinstance(given, ast.Name) and given.id in (*made, EVENT_LOOP)
    return any(ast.unparse(call) == f"{name}.close()" for name in made)


def _used(node: ast.stmt) -> set[str]:
    """The names that a statement uses, but for the value of an argument ``loop``."""
    keywords = (one for one in ast.walk(node) if isinstance(one, ast.keyword))
    given = {id(one.value) for one in keywords if one.arg == "loop"}
    names = (one for one in ast.walk(node) if isinstance(one, ast.Name) and id(one) not in given)
    return {one.id for one in names}


def _outside(module: Module, node: ast.expr) -> str:
    symbol = symbol_of(module, node)
    return symbol.dotted if isinstance(symbol, External) else ""
