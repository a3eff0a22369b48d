"""Calls the query methods of the model itself; Tortoise has no `objects`.

What it does
    `Order.objects.filter(...)` becomes `Order.filter(...)`, likewise for the other methods that
    models have.

Why
    The habit comes from Django. In Tortoise it fails the first time it runs: `AttributeError: type
    object 'Order' has no attribute 'objects'`.

Before
    orders = await Order.objects.filter(paid=True)

After
    orders = await Order.filter(paid=True)

When it is safe
    `Order` is proven to be a model of Tortoise, all of whose bases are known and have nothing
    called `objects`, so that the code raises each time it runs.

What it leaves alone
    Reported, for a hand: methods that the model does not have.
    Silently: models of Django and other libraries; models with an `objects` of their own, also
    where it is assigned from outside; code that expects the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import KeepInner
from ..orm import api
from ..orm.types import ModelClass
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled
from ._queries import type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_NAME = "objects"
_UNKNOWN = "models have no method of that name: see which query does the same"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each use of a manager that is not there."""
    uses = [node for node in module.nodes(ast.Attribute) if node.attr == _NAME]
    if any(not isinstance(node.ctx, ast.Load) for node in uses):
        return
    for node in uses:
        if _is_missing(module, node) and not _is_meant(module, node):
            yield _finding(module, node)


def _is_missing(module: Module, node: ast.Attribute) -> bool:
    """Whether an attribute is looked up on a model that is known not to have it."""
    found = type_of(module, node.value)
    model = module.project.models.get(found.model) if isinstance(found, ModelClass) else None
    if model is None or not model.closed:
        return False
    family = (model, *module.project.models.descendants(model.symbol))
    return not any(
        _NAME in names for one in family for names in (one.own, one.fields, one.relations)
    )


def _is_meant(module: Module, node: ast.AST) -> bool:
    return is_expected(module, node) or is_handled(module, node, {"AttributeError"})


def _finding(module: Module, node: ast.Attribute) -> Finding:
    span = module.span(node)
    model = module.text(node.value)
    message = f"{model} has no {_NAME}: this raises AttributeError"
    outer = module.parent(node)
    if not isinstance(outer, ast.Attribute) or not api.methods(api.Owner.MODEL, outer.attr):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _UNKNOWN)
    edits = (KeepInner(module.path, span, module.span(node.value)),)
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR228",
    name="django-manager",
    summary="calls the query methods of the model itself: there is no `objects`",
    find=find,
    triggers=(b".objects",),
    modules=near_models,
)
