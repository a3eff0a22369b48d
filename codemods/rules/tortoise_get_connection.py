"""Asks for connections with the function `get_connection`, not the deprecated method.

What it does
    `Tortoise.get_connection(alias)` becomes `get_connection(alias)`, from `tortoise.connection`.

Why
    The method is documented as deprecated, and as going to be removed. It calls the function.

Before
    rows = await Tortoise.get_connection("default").execute_query_dict(sql)

After
    rows = await get_connection("default").execute_query_dict(sql)

When it is safe
    Every release that the project allows is 1.0.0 or newer; before, the function does not exist.

What it leaves alone
    Reported, for a hand: calls in `try` statements that may count on a missing name, as `except
    Exception` may; files with a star import, which may bring another `get_connection`.
    Silently: files that import `Tortoise` in a function alone, or that call something else
    `get_connection`; calls with a keyword; projects whose tests replace the method; branches on a
    version.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport, DropImport
from ..orm import scopes
from ..project.facts import FunctionNode
from ..project.namings import is_found
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._migration import STARS, TRIED, gate, is_imported_above, is_shim, is_tried, symbol_of
from ._replaced import TORTOISE_REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "1.0.0"
_NAME, _HOME = "get_connection", "tortoise.connection"
_METHOD = f"tortoise.Tortoise.{_NAME}"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call of the method."""
    if gate(module, _SINCE) is not Safety.SAFE or is_found(module, TORTOISE_REPLACED):
        return
    for call in module.nodes(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr != _NAME or not _is_plain(call):
            continue
        symbol = symbol_of(module, func)
        if not isinstance(symbol, External) or symbol.dotted != _METHOD:
            continue
        if _is_free(module, func) and (not is_shim(module, call) or is_tried(module, call)):
            yield _finding(module, call, func)


def _finding(module: Module, call: ast.Call, func: ast.Attribute) -> Finding:
    span, message = module.span(call), f"Tortoise.{_NAME}() is deprecated: {_NAME}() of {_HOME}"
    advice = STARS.format(_NAME) if module.facts.stars else ""
    advice = TRIED if is_shim(module, call) else advice
    if advice:
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    edits = (
        ReplaceExpression(module.path, module.span(func), _NAME),
        AddImport(module.path, _HOME, _NAME),
        DropImport(module.path, "tortoise", "Tortoise"),
    )
    return Finding(RULE.code, module.path, span, message, edits=edits)


def _is_plain(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred)


def _is_free(module: Module, func: ast.Attribute) -> bool:
    """Whether the function can be called by its name where a call stands."""
    if not is_imported_above(module, func.value):
        return False
    facts = module.facts
    bound = facts.imports.get(_NAME, ())
    ours = all((one.module, one.attr) == (_HOME, _NAME) for one in bound)
    if not ours or facts.bindings.get(_NAME, 0) > len(bound) or _NAME in facts.rebound:
        return False
    outer = [one for one in module.ancestors(func) if isinstance(one, FunctionNode | ast.ClassDef)]
    return not any(_NAME in _bound(module, one) for one in outer)


def _bound(module: Module, outer: ast.AST) -> set[str]:
    """The names that hide those of the module, in a function or right in the body of a class."""
    if isinstance(outer, FunctionNode):
        return {*scopes.bindings_in(module, outer)}
    return {getattr(one, "name", "") for one in getattr(outer, "body", ())}


RULE = Rule(
    code="TOR402",
    name="tortoise-get-connection",
    summary="asks for connections with `get_connection()`, not `Tortoise.get_connection()`",
    since="1.0.0",
    find=find,
    triggers=(b".get_connection",),
)
