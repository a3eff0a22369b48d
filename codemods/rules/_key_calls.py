"""The fields that are declared to be the primary key of their model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ._base import Safety
from ._field_calls import field_calls, keyword_of
from ._migration import gate, is_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_NAMED = "0.21.0"


def key_calls(module: Module) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls that pass ``pk=True`` or ``primary_key=True``, with the field and the keyword.

    Those with ``primary_key=`` are left out where a release may be used that ignores it: there the
    field is no key. Left out as well: calls with ``**``, and code that is there for several
    releases.
    """
    for keyword in ("pk", "primary_key"):
        if keyword == "primary_key" and gate(module, _NAMED) is not Safety.SAFE:
            return
        for call, name in field_calls(module, keyword):
            given = keyword_of(call, keyword)
            whole = all(one.arg for one in call.keywords)
            if given is not None and is_true(given.value) and whole and not is_shim(module, call):
                yield call, name, keyword


def is_true(node: ast.expr) -> bool:
    """Whether an expression is the constant True."""
    return isinstance(node, ast.Constant) and node.value is True
