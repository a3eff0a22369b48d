"""The calls that declare a field of Tortoise, wherever they stand."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from ..orm import api
from ..project.field_kinds import OTHER, UNKNOWN, kind_of
from ..project.symbols import Class, External
from ._migration import symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def field_calls(module: Module, keyword: str) -> Iterator[tuple[ast.Call, str]]:
    """The calls of field classes that pass a keyword, each with the canonical name of the class.

    A class of the project counts where it derives from one of Tortoise and leaves its constructor
    as it is; its name is then empty. All other classes may read the keyword themselves.
    """
    for call in module.nodes(ast.Call):
        if any(given.arg == keyword for given in call.keywords):
            name = field_class(module, call)
            if name is not None:
                yield call, name


def field_class(module: Module, call: ast.Call) -> str | None:
    """The field class of Tortoise that a call constructs.

    Empty for a class of the project that is one and takes the same arguments; None for all else.
    """
    symbol = symbol_of(module, call.func)
    if isinstance(symbol, External):
        name = api.canonical(symbol.dotted)
        return name if name in _names() else None
    if isinstance(symbol, Class):
        kind = kind_of(module.project, symbol.path, symbol.qualname)
        return "" if kind.plain and kind.name not in (OTHER, UNKNOWN) else None
    return None


def keyword_of(call: ast.Call, name: str) -> ast.keyword | None:
    """The keyword argument of a call that has a name."""
    return next((given for given in call.keywords if given.arg == name), None)


@cache
def _names() -> frozenset[str]:
    return frozenset(field.name for field in api.FIELDS)
