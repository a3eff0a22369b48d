"""Orders by the name of the primary key; `pk` is none to `order_by`.

What it does
    `order_by("pk")` and `order_by("-pk")` name the field that is the primary key instead, such as
    `order_by("-id")`.

Why
    Filters take `pk`, `order_by` does not: `FieldError: Unknown field pk for model Order`.

Before
    newest = await Order.all().order_by("-pk").first()

After
    newest = await Order.all().order_by("-id").first()

When it is safe
    The model is proven, and its primary key is known. The code raises each time it runs.

What it leaves alone
    Silently: models that have a field called `pk`, or whose key cannot be told; paths to another
    model; queries with an annotation `pk`; names that are not literal; code that expects the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..project.near_models import near_models
from ._base import Finding, Rule
from ._provoked import is_expected, is_handled
from ._queries import ApiCall, api_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_NAMES = ("pk", "-pk")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each ``pk`` in an ``order_by``."""
    for call in api_calls(module, "order_by"):
        model = call.model
        if "pk" in model.fields or not model.primary_key or _is_annotated(call.node):
            continue
        for name in call.node.args:
            known = isinstance(name, ast.Constant) and name.value in _NAMES
            if known and not _is_meant(module, call):
                yield _finding(module, call, name)


def _is_annotated(call: ast.Call) -> bool:
    """Whether the chain before a call gives something else the name ``pk``."""
    return any(isinstance(node, ast.keyword) and node.arg == "pk" for node in ast.walk(call.func))


def _is_meant(module: Module, call: ApiCall) -> bool:
    node = call.node
    return is_expected(module, node) or is_handled(module, node, {"FieldError"})


def _finding(module: Module, call: ApiCall, name: ast.expr) -> Finding:
    span, text = module.span(name), module.text(name)
    source = text.replace("pk", call.model.primary_key)
    edits = (ReplaceExpression(module.path, span, source),)
    message = f"order_by() does not know {text}: this raises FieldError"
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR224",
    name="order-by-pk",
    summary="orders by the name of the primary key, since `order_by` takes no `pk`",
    find=find,
    pattern=rb"order_by\([^)]*['\"]-?pk['\"]",
    modules=near_models,
)
