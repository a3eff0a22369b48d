"""Where rows came from: the places of the query expressions that gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .environment import join_all
from .types import NOWHERE, Coroutine, Instance, ListOf, OneOf, Place, Query, TupleOf, Type

if TYPE_CHECKING:
    import ast


def place(node: ast.AST) -> Place:
    """Where a node stands, as ``ast`` counts; the key of origins."""
    return (
        node.lineno,  # type: ignore[attr-defined]
        node.col_offset,  # type: ignore[attr-defined]
        node.end_lineno,  # type: ignore[attr-defined]
        node.end_col_offset,  # type: ignore[attr-defined]
    )


def with_origin(value: Type, origin: Place, stored: bool = True) -> Type:
    """The same type, of rows that came from one place.

    Args:
        value: The type.
        origin: The place.
        stored: Whether a query runs there: a relation can also lead to what was just constructed.
    """
    if isinstance(value, Instance):
        return Instance(value.model, value.optional, frozenset({origin}), stored)
    if isinstance(value, ListOf):
        return ListOf(with_origin(value.element, origin, stored), value.container)
    return value


def without_origins(value: Type) -> Type:
    """The same type, without the places that the rows came from."""
    if isinstance(value, Instance):
        return Instance(value.model, value.optional)
    if isinstance(value, ListOf):
        return ListOf(without_origins(value.element), value.container)
    if isinstance(value, TupleOf):
        return TupleOf(tuple(map(without_origins, value.elements)))
    if isinstance(value, Coroutine):
        return Coroutine(without_origins(value.result))
    if isinstance(value, Query):
        return Query(value.model, value.owner, without_origins(value.result), NOWHERE)
    if isinstance(value, OneOf):
        return join_all(map(without_origins, value.members))
    return value
