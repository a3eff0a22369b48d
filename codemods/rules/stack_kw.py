"""Drops the argument `_stack` of `pydantic_model_creator`, which 0.22 has no more.

What it does
    `pydantic_model_creator(Book, _stack=())` becomes `pydantic_model_creator(Book)`.

Why
    The function kept it for its own calls of itself. tortoise-orm 0.22 has another way to do that:
    `TypeError: pydantic_model_creator() got an unexpected keyword argument '_stack'`.

Before
    Book_Pydantic = pydantic_model_creator(Book, name="Book", _stack=())

After
    Book_Pydantic = pydantic_model_creator(Book, name="Book")

When it is safe
    The function is proven to be Tortoise's, every release that the project allows is 0.22.0 or
    newer, with which the call always raises, and the value is a literal or a plain name.

What it leaves alone
    Silently: projects on older releases, or on one that is not known; functions of your own with
    such a parameter; values that something computes; branches on a version.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import RemoveKeyword
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._pydantic import MODEL, creator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.22.0"
_NAME = "_stack"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call that passes the argument."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        given = next((one for one in call.keywords if one.arg == _NAME), None)
        if given is None or not _is_idle(module, given.value) or creator(module, call) != MODEL:
            continue
        if not is_shim(module, call):
            edits = (RemoveKeyword(module.path, module.span(call), _NAME),)
            message = f"pydantic_model_creator takes no {_NAME} since {_SINCE}"
            yield Finding(RULE.code, module.path, module.span(given.value), message, edits=edits)


def _is_idle(module: Module, value: ast.expr) -> bool:
    """Whether a value can go: nothing computes it, and no import was made for it alone."""
    if "#" in module.text(value):
        return False
    if isinstance(value, ast.Name):
        return value.id not in module.facts.imports
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return all(isinstance(part, ast.Constant) for part in parts)


RULE = Rule(
    code="TOR603",
    name="stack-kw",
    summary="drops the argument `_stack` of `pydantic_model_creator`, gone in 0.22",
    since="0.22.0",
    find=find,
    triggers=(b"_stack",),
)
