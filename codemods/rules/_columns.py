"""Names of forward relations where only columns can stand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ._base import Finding, Safety
from ._lookups import forward
from ._provoked import is_expected, is_handled
from ._queries import ApiCall, api_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def by_relation(module: Module, *methods: str) -> Iterator[tuple[ApiCall, ast.expr, str]]:
    """The literal arguments of methods that name a forward relation, each with that name."""
    for call in api_calls(module, *methods):
        for given in call.node.args:
            value = given.value if isinstance(given, ast.Constant) else None
            name = value.lstrip("-") if isinstance(value, str) else ""
            if name and forward(call.model, name) is not None and not _is_annotated(call, name):
                yield call, given, name


def _is_annotated(call: ApiCall, name: str) -> bool:
    """Whether the chain before a call gives something else a name."""
    parts = ast.walk(call.node.func)
    return any(isinstance(part, ast.keyword) and part.arg == name for part in parts)


def is_meant(module: Module, call: ApiCall, *errors: str) -> bool:
    """Whether the code around a call counts on the error."""
    return is_expected(module, call.node) or is_handled(module, call.node, errors)


def by_column(
    module: Module, code: str, given: ast.expr, name: str, message: str, advice: str
) -> Finding:
    """The finding whose repair names the column of a relation."""
    span, text = module.span(given), module.text(given)
    edits = (ReplaceExpression(module.path, span, text.replace(name, f"{name}_id", 1)),)
    return Finding(code, module.path, span, message, Safety.UNSAFE, edits, advice)
