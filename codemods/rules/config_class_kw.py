"""Passes the settings of pydantic 2 to `pydantic_model_creator`, not a class of pydantic 1.

What it does
    `pydantic_model_creator(Book, config_class=Settings)` becomes
    `pydantic_model_creator(Book, model_config={...})`, with what the class `Settings` sets.

Why
    tortoise-orm 0.20 went over to pydantic 2, whose settings are a dictionary. The old argument
    raises `TypeError: pydantic_model_creator() got an unexpected keyword argument 'config_class'`.

Before
    class Settings:
        title = "A book"
        anystr_strip_whitespace = True

    Book_Pydantic = pydantic_model_creator(Book, config_class=Settings)

After
    class Settings:
        title = "A book"
        anystr_strip_whitespace = True

    Book_Pydantic = pydantic_model_creator(
        Book, model_config={"title": "A book", "str_strip_whitespace": True}
    )

When it is safe
    It is unsafe: with the old argument nothing works since 0.20, but the settings do not do in
    pydantic 2 exactly what they did in pydantic 1. Every release that the project allows is 0.20.0
    or newer, and the class sets nothing but literals for what both versions have. The class itself
    stays, used or not.

What it leaves alone
    Reported, for a hand: classes with bases, methods, or settings that pydantic 2 does not have.
    Silently: projects on older releases, or on one that is not known; functions of your own;
    calls that have both arguments; branches on a version.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ..edits.expressions import ReplaceExpression
from ..edits.imports import DropImport
from ._base import Finding, Rule, Safety
from ._config_class import as_dictionary
from ._migration import gate, is_shim
from ._pydantic import MODEL, creator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "0.20.0"
_OLD, _NEW = "config_class", "model_config"
_RESTS = "it rests on the settings meaning the same to you in pydantic 2 as in pydantic 1"
_WRITE = "pass model_config= with a dictionary of the settings, under their names in pydantic 2"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call that is passed a class of settings."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        given = {one.arg: one.value for one in call.keywords}
        if _OLD not in given or _NEW in given or creator(module, call) != MODEL:
            continue
        if not is_shim(module, call):
            edits = tuple(_edits(module, call, given[_OLD]))
            message = f"pydantic_model_creator takes no {_OLD} since {_SINCE}, but {_NEW}"
            span, safety = module.span(given[_OLD]), Safety.UNSAFE if edits else Safety.MANUAL
            advice = _RESTS if edits else _WRITE
            yield Finding(RULE.code, module.path, span, message, safety, edits, advice)


def _edits(module: Module, call: ast.Call, value: ast.expr) -> Iterator[Edit]:
    """What passes the settings as a dictionary; nothing where they are not all known."""
    text = as_dictionary(module, value)
    if text:
        yield RenameKeyword(module.path, module.span(call), _OLD, _NEW)
        yield ReplaceExpression(module.path, module.span(value), text)
        for name in module.facts.imports.get(getattr(value, "id", ""), ()):
            yield DropImport(module.path, "." * name.level + name.module, name.attr)


RULE = Rule(
    code="TOR601",
    name="config-class-kw",
    summary="passes `model_config=` to `pydantic_model_creator`, not `config_class=`",
    safety=Safety.UNSAFE,
    since="0.20.0",
    find=find,
    triggers=(b"config_class",),
)
