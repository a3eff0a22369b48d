"""What comes out of a value: by awaiting it, by iterating over it, by index, by unpacking."""

from __future__ import annotations

import ast

from .environment import join_all
from .foreign import is_awaited_as
from .origins import place, with_origin
from .types import (
    DATA,
    NONE,
    UNKNOWN,
    Coroutine,
    Foreign,
    Forward,
    Instance,
    ListOf,
    Manager,
    OneOf,
    Plain,
    Query,
    TupleOf,
    Type,
)

_TEXTS = ("str", "bytes", "data")


def awaited(node: ast.expr, value: Type) -> Type:
    """What ``await node`` gives; rows remember the expression that they came from."""
    if isinstance(value, OneOf):  # waiting for None raises
        return join_all(awaited(node, member) for member in value.members - {NONE})
    if isinstance(value, Query):
        return with_origin(value.result, place(node))
    if isinstance(value, Coroutine):
        return value.result
    if isinstance(value, Manager):
        target = value.relation.target
        return with_origin(ListOf(Instance(target)), place(node)) if target else UNKNOWN
    if isinstance(value, Forward):
        target = value.relation.target
        optional = value.relation.nullable or not value.stored
        if target is None:
            return UNKNOWN
        return with_origin(Instance(target, optional), place(node), stored=False)
    if isinstance(value, Foreign):
        return value if is_awaited_as(value.kind) else UNKNOWN
    # Some clients hand out the decoded body as it is, others a coroutine of it.
    return value if isinstance(value, Instance) or value == DATA else UNKNOWN


def element(node: ast.expr, iterated: Type, is_async: bool) -> Type:
    """What ``for`` or ``async for`` over ``node``, which is ``iterated``, gives each time."""
    if isinstance(iterated, OneOf):
        known = iterated.members - {NONE}
        return join_all(element(node, member, is_async) for member in known)
    if is_async:
        rows = awaited(node, iterated) if isinstance(iterated, Query | Manager) else UNKNOWN
        return rows.element if isinstance(rows, ListOf) else UNKNOWN
    if isinstance(iterated, ListOf):
        return iterated.element
    if isinstance(iterated, Manager) and iterated.relation.target:
        return with_origin(Instance(iterated.relation.target), place(node), stored=False)
    if isinstance(iterated, Foreign) and iterated.kind == "csv.DictReader":
        return DATA
    if isinstance(iterated, Plain) and iterated.name in ("str", "range", "bytes"):
        return Plain("str" if iterated.name == "str" else "int")
    if iterated == DATA:
        return DATA
    return join_all(iterated.elements) if isinstance(iterated, TupleOf) else UNKNOWN


def item(value: Type, key: ast.expr) -> Type:
    """What ``value[key]`` gives."""
    if isinstance(value, OneOf):
        return join_all(item(member, key) for member in value.members - {NONE})
    if isinstance(value, Plain) and value.name in _TEXTS:
        return value
    if isinstance(key, ast.Slice):
        return value if isinstance(value, ListOf) and value.container == "list" else UNKNOWN
    if isinstance(value, ListOf):
        return value.element
    index = key.value if isinstance(key, ast.Constant) else None
    if isinstance(value, TupleOf) and isinstance(index, int) and index < len(value.elements):
        return value.elements[index]
    return UNKNOWN


def unpacked(value: Type, targets: list[ast.expr]) -> list[Type]:
    """What each of the targets on the left of ``a, b = value`` gets."""
    if isinstance(value, OneOf):  # None cannot be unpacked
        ways = [unpacked(member, targets) for member in value.members - {NONE}]
        return [join_all(parts) for parts in zip(*ways, strict=True)]
    starred = any(isinstance(target, ast.Starred) for target in targets)
    if isinstance(value, TupleOf) and len(value.elements) == len(targets) and not starred:
        return list(value.elements)
    each = value.element if isinstance(value, ListOf) else UNKNOWN
    return [UNKNOWN if isinstance(target, ast.Starred) else each for target in targets]
