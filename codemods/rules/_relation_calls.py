"""The calls that declare a relation, and the model that each is given."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from ..orm import api
from ..project.field_kinds import RELATIONS, kind_of
from ..project.symbols import Class, External
from ._field_calls import keyword_of
from ._migration import symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_TARGET_KEYWORDS = ("to", "model_name")


def relation_calls(module: Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    """The calls that declare a relation in the way of Tortoise, each with the model it is given."""
    for call in module.nodes(ast.Call):
        target = _target(call)
        if target is not None and is_relation(module, call):
            yield call, target


def _target(call: ast.Call) -> ast.expr | None:
    if call.args:
        return None if isinstance(call.args[0], ast.Starred) else call.args[0]
    found = (keyword_of(call, name) for name in _TARGET_KEYWORDS)
    return next((given.value for given in found if given is not None), None)


def is_relation(module: Module, call: ast.Call) -> bool:
    """Whether a call declares a relation, and takes the arguments that Tortoise takes."""
    symbol = symbol_of(module, call.func)
    if isinstance(symbol, External):
        return api.canonical(symbol.dotted) in _names()
    if isinstance(symbol, Class):
        kind = kind_of(module.project, symbol.path, symbol.qualname)
        return kind.plain and kind.name in RELATIONS
    return False


@cache
def _names() -> frozenset[str]:
    relations = (field for field in api.FIELDS if field.kind is not api.FieldKind.DATA)
    return frozenset(field.name for field in relations)
