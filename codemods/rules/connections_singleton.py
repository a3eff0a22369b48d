"""Asks for connections with the functions of 1.0, not with the deprecated `connections`.

What it does
    `connections.get(alias)` becomes `get_connection(alias)`, `connections.all()` becomes
    `get_connections().all()`, both from `tortoise.connection`, and `connections.close_all()`
    becomes `Tortoise.close_connections()`.

Why
    tortoise-orm 1.0 has connections in a context. The object `connections` looks the context up for
    old code; it is documented as deprecated. `connections.close_all()` raises RuntimeError where no
    context is active, `Tortoise.close_connections()` does not.

Before
    rows = await connections.get("default").execute_query_dict(sql)

After
    rows = await get_connection("default").execute_query_dict(sql)

When it is safe
    Every release that the project allows is 1.0.0 or newer; before, the functions do not exist.
    They look in the same place. `close_all()` is unsafe: it keeps the configuration, so that the
    next query connects again, and `close_connections()` does not.

What it leaves alone
    Reported, for a hand: calls in `try` statements that may count on a missing name, as `except
    Exception` may; files with a star import, which may bring another `get_connection`.
    Silently: other uses, such as `connections.set(...)` or `close_all(discard=False)`; projects
    whose tests replace `connections` or its methods; branches on a version.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport, DropImport
from ..project.namings import is_found
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._migration import STARS, TRIED, gate, is_imported_above, is_shim, is_tried, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "1.0.0"
_HOMES = ("tortoise", "tortoise.connection")
_NAMES = frozenset(f"{home}.connections" for home in _HOMES)
#: Where something else is put in the place of the object or its methods, as tests do.
_REPLACED = re.compile(
    rb"[\"'][^\"'\n]*\.connections(?:\.\w+)?[\"']"  # "shop.db.connections.get"
    rb"|\b(?:setattr|delattr|object|multiple)\s*\([^()]*\bconnections\b"
    rb"|(?<!\bself)(?<!\bcls)\.connections(?:\.\w+)?\s*=(?!=)"
)
_RESTS = "it rests on no query being made afterwards, which would have connected again"

#: By method: the new function, where to import its first name from, and the number of arguments.
_NEW = {
    "get": ("get_connection", ("tortoise.connection", "get_connection"), 1),
    "all": ("get_connections().all", ("tortoise.connection", "get_connections"), 0),
    "close_all": ("Tortoise.close_connections", ("tortoise", "Tortoise"), 0),
}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call of a method of ``connections`` that has a new name."""
    if gate(module, _SINCE) is not Safety.SAFE or is_found(module, _REPLACED):
        return
    for call in module.nodes(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _NEW or call.keywords:
            continue
        new, (home, name), count = _NEW[func.attr]
        symbol = symbol_of(module, func.value)
        plain = len(call.args) == count and not any(isinstance(a, ast.Starred) for a in call.args)
        if not plain or not isinstance(symbol, External) or symbol.dotted not in _NAMES:
            continue
        if not is_imported_above(module, func.value):
            continue
        if not is_shim(module, call) or is_tried(module, call):
            edits: tuple[Edit, ...] = (
                ReplaceExpression(module.path, module.span(func), new),
                AddImport(module.path, home, name),
                *(DropImport(module.path, one, "connections") for one in _HOMES),
            )
            message = f"connections.{func.attr}() is deprecated since {_SINCE}: {new}()"
            safety = Safety.UNSAFE if func.attr == "close_all" else Safety.SAFE
            advice = _RESTS if safety is Safety.UNSAFE else ""
            left = STARS.format(name) if module.facts.stars else ""
            left = TRIED if is_shim(module, call) else left
            if left:
                safety, advice, edits = Safety.MANUAL, left, ()
            yield Finding(RULE.code, module.path, module.span(call), message, safety, edits, advice)


RULE = Rule(
    code="TOR401",
    name="connections-singleton",
    summary="asks for connections with `get_connection()`, not the deprecated `connections`",
    since="1.0.0",
    find=find,
    pattern=rb"\bconnections\b[\s\S]*\b(?:get|all|close_all)\s*\(",
)
