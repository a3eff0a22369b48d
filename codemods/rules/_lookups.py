"""The keywords of filters, read against what the index knows of the model."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._migration import canonical_of
from ._queries import ApiCall, api_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model, Relation
    from ..project.module import Module

FILTERS = ("filter", "exclude", "get", "get_or_none")
_Q = "tortoise.expressions.Q"
_FORWARD = ("fk", "o2o")


@dataclass(frozen=True, slots=True)
class Lookup:
    """One keyword of a filter.

    Attributes:
        call: The call that has it: the filter itself or a ``Q`` in it.
        keyword: The keyword.
        model: The model whose rows are filtered.
    """

    call: ast.Call
    keyword: ast.keyword
    model: Model

    @property
    def parts(self) -> list[str]:
        """The name, cut at the double underscores."""
        return (self.keyword.arg or "").split("__")


def lookups(module: Module) -> Iterator[Lookup]:
    """The named keywords of filters of proven models, those of ``Q`` objects in them included."""
    for found in api_calls(module, *FILTERS):
        for call in (found.node, *conditions(module, found)):
            for keyword in call.keywords:
                if keyword.arg:
                    yield Lookup(call, keyword, found.model)


def conditions(module: Module, found: ApiCall) -> Iterator[ast.Call]:
    """The ``Q`` objects that are written among the positional arguments of a filter."""
    stack: list[ast.expr] = list(found.node.args)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.BinOp):
            stack += [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            stack.append(node.operand)
        elif isinstance(node, ast.Call) and canonical_of(module, node.func) == _Q:
            yield node
            stack += node.args


def owner_of(module: Module, model: Model, path: list[str]) -> Model | None:
    """The model that a path of relations leads to; None where a step is not known."""
    for name in path:
        relation = model.relations.get(name)
        if relation is None or relation.target is None or relation.kind == "unclear":
            return None
        after = module.project.models.get(relation.target)
        if after is None or not after.closed:
            return None
        model = after
    return model


def forward(model: Model | None, name: str) -> Relation | None:
    """A foreign key or one-to-one field of a model, where its class is Tortoise's own."""
    relation = model.relations.get(name) if model else None
    return relation if relation is not None and relation.kind in _FORWARD else None


def is_free(call: ast.Call, name: str) -> bool:
    """Whether a call has no keyword of a name yet."""
    return all(given.arg != name for given in call.keywords)
