"""Asks `Tortoise.is_inited()`, not the private attribute behind it.

What it does
    `Tortoise._inited`, where it is read, becomes `Tortoise.is_inited()`.

Why
    Since tortoise-orm 1.0 the state belongs to a context. The attribute looks it up for old code;
    the method is there for that.

Before
    if not Tortoise._inited:
        await Tortoise.init(config=TORTOISE_ORM)

After
    if not Tortoise.is_inited():
        await Tortoise.init(config=TORTOISE_ORM)

When it is safe
    Every release that the project allows is 1.0.0 or newer; before, the method does not exist. Both
    look in the same place.

What it leaves alone
    Reported, for a hand: assignments, which raise `AttributeError: Cannot assign to
    Tortoise._inited` since 1.0.
    Silently: `hasattr` and `getattr`; projects whose tests replace the attribute by its name;
    branches on a version, and `try` statements that count on a missing name.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..project.namings import is_found
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim, symbol_of
from ._replaced import TORTOISE_REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "1.0.0"
_OLD, _NEW = "tortoise.Tortoise._inited", "is_inited()"
#: Where a string names the attribute, as in tests that replace it.
_REPLACED = re.compile(rb"[\"'](?:[\w.]*\.)?_inited[\"']")
_DECIDE = (
    "what ends the ORM is await Tortoise.close_connections(); a test takes a context of its own"
)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each use of the attribute."""
    replaced = (is_found(module, one) for one in (_REPLACED, TORTOISE_REPLACED))
    if gate(module, _SINCE) is not Safety.SAFE or any(replaced):
        return
    for node in module.nodes(ast.Attribute):
        symbol = symbol_of(module, node) if node.attr == "_inited" else None
        if not isinstance(symbol, External) or symbol.dotted != _OLD or is_shim(module, node):
            continue
        span = module.span(node)
        if not isinstance(node.ctx, ast.Load):
            message = f"assigning Tortoise._inited raises AttributeError since {_SINCE}"
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _DECIDE)
        elif "\n" not in module.text(node):
            edits = (ReplaceExpression(module.path, span, f"{module.text(node.value)}.{_NEW}"),)
            message = f"Tortoise._inited is private: Tortoise.{_NEW}"
            yield Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR410",
    name="inited-flag",
    summary="asks `Tortoise.is_inited()`, not the private `Tortoise._inited`",
    since="1.0.0",
    find=find,
    triggers=(b"._inited",),
)
