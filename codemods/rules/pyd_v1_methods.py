"""Calls what pydantic 2 has for `.dict()`, `.json()` and others, on classes made of models.

What it does
    `user.dict(...)` becomes `user.model_dump(...)`, and `user.json(...)` becomes
    `user.model_dump_json(...)`, where `user` is an object of a class that `pydantic_model_creator`
    made. Of the class itself `parse_obj` becomes `model_validate` and `__fields__` becomes
    `model_fields`.

Why
    tortoise-orm 0.20 went over to pydantic 2, where the old names are deprecated and will be
    removed: `PydanticDeprecatedSince20: The `dict` method is deprecated; use `model_dump` instead`.
    Other tools do not know that these classes are pydantic's.

Before
    async def add(user: UserIn_Pydantic):
        await User.create(**user.dict(exclude_unset=True))

After
    async def add(user: UserIn_Pydantic):
        await User.create(**user.model_dump(exclude_unset=True))

When it is safe
    The object or class is proven, and every release that the project allows is 0.20.0 or newer. The
    old methods call the new ones with the same arguments.

What it leaves alone
    Reported, for a hand: projects whose release is not known, once for each file.
    Silently: arguments that only pydantic 1 had; `.json()` of answers of a server, `.dict()` of
    anything that is not proven; classes that define the method; parameters that may be None;
    branches on a version.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.expressions import RenameAttribute
from ..project.namings import is_found
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim, unknown_release
from ._pydantic import is_object, is_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.20.0"
_OF_OBJECT = {"dict": "model_dump", "json": "model_dump_json"}
_OF_CLASS = {"parse_obj": "model_validate", "__fields__": "model_fields"}
#: Objects of tests that stand for a schema: ``double.dict.return_value = {}``, ``Mock(dict=...)``.
_DOUBLES = re.compile(
    rb"\.(?:dict|json|parse_obj)\.(?:return_value|side_effect)"
    rb"|\b\w*Mock\s*\([^()]*\b(?:dict|json|parse_obj)\s*="
)
_DOUBLED = "it rests on no test passing an object of its own that has only the old method"
_KEYWORDS = frozenset(
    {"include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none"}
)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each use of a method of pydantic 1."""
    safety = gate(module, _SINCE)
    uses = [] if safety is None else list(_uses(module))
    for node, new in uses[:1] if safety is Safety.MANUAL else uses:
        more = f" ({len(uses)} places in this file)" if safety is Safety.MANUAL else ""
        message = f"{node.attr} is called {new} in pydantic 2{more}"
        span = module.span(node)
        if safety is Safety.MANUAL:
            advice = unknown_release(_SINCE)
            yield Finding(RULE.code, module.path, span, message, safety, (), advice)
        else:
            edits = (RenameAttribute(module.path, span, new),)
            doubt = _DOUBLED if is_found(module, _DOUBLES) else ""
            safety = Safety.UNSAFE if doubt else Safety.SAFE
            yield Finding(RULE.code, module.path, span, message, safety, edits, doubt)


def _uses(module: Module) -> Iterator[tuple[ast.Attribute, str]]:
    """The attributes to rename, each with its new name."""
    for node in module.nodes(ast.Attribute):
        if not isinstance(node.ctx, ast.Load) or is_shim(module, node):
            continue
        if node.attr in _OF_OBJECT and _is_plain_call(module, node):
            if is_object(module, node.value, node.attr):
                yield node, _OF_OBJECT[node.attr]
        elif node.attr in _OF_CLASS and is_schema(module, node.value, node.attr):
            yield node, _OF_CLASS[node.attr]


def _is_plain_call(module: Module, node: ast.Attribute) -> bool:
    """Whether a method is called with arguments that it has in both versions."""
    call = module.parent(node)
    if not isinstance(call, ast.Call) or call.func is not node or call.args:
        return False
    return all(given.arg in _KEYWORDS for given in call.keywords)


RULE = Rule(
    code="TOR605",
    name="pyd-v1-methods",
    summary="calls `model_dump()` and others, which pydantic 2 has for `dict()` and others",
    since="0.20.0",
    find=find,
    triggers=(b".dict(", b".json(", b".parse_obj", b".__fields__"),
)
