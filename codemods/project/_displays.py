"""The values of literals, displays and operators."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ._paths import of_parents, path_of
from .values import Choice, Constant, Place, Row, Table, Text, Value, joined, merged, within

if TYPE_CHECKING:
    from ._around import Around


def of_constant(place: Place, around: Around) -> Value:
    """The value of a literal."""
    assert isinstance(place.node, ast.Constant)
    content = place.node.value
    return Text(place, content) if isinstance(content, str) else Constant(place, content)


def of_formatted(place: Place, around: Around) -> Value:
    """The value of an f-string whose parts are all known."""
    assert isinstance(place.node, ast.JoinedStr)
    parts = [_piece(place, part, around) for part in place.node.values]
    texts = [part for part in parts if isinstance(part, Text)]
    if len(texts) != len(parts):
        return Value(place)
    return Text(place, "".join(t.text for t in texts), all(t.sure for t in texts))


def _piece(place: Place, part: ast.expr, around: Around) -> Value:
    if not isinstance(part, ast.FormattedValue):
        return around.value(place, part)
    plain = part.conversion == -1 and part.format_spec is None
    return around.value(place, part.value) if plain else Value(place)


def of_dict(place: Place, around: Around) -> Value:
    """The value of a dict display."""
    assert isinstance(place.node, ast.Dict)
    parts: list[Value] = []
    for key, node in zip(place.node.keys, place.node.values, strict=True):
        value = around.value(place, node)
        if key is not None:
            name = around.text(place, key)
            value = Value(place) if name is None else Table(place, {name: value})
        parts.append(value)
    return merged(place, parts)


def of_list(place: Place, around: Around) -> Value:
    """The value of a list or tuple display."""
    node = place.node
    assert isinstance(node, ast.List | ast.Tuple)
    parts: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            parts.append(around.value(place, element.value))
        else:
            parts.append(Row(place, (around.value(place, element),)))
    return replace(joined(place, parts), is_tuple=isinstance(node, ast.Tuple))


def of_operation(place: Place, around: Around) -> Value:
    """The value of a sum of strings or lists, or of a union of mappings."""
    node = place.node
    assert isinstance(node, ast.BinOp)
    left, right = around.value(place, node.left), around.value(place, node.right)
    if isinstance(node.op, ast.BitOr) and isinstance(left, Table) and isinstance(right, Table):
        return merged(place, [left, right])
    if isinstance(node.op, ast.Div):
        return path_of(place, [left, right])
    if not isinstance(node.op, ast.Add):
        return Value(place)
    if isinstance(left, Text) and isinstance(right, Text):
        return Text(place, left.text + right.text, left.sure and right.sure)
    rows = isinstance(left, Row) or isinstance(right, Row)
    return joined(place, [left, right]) if rows else Value(place)


def of_condition(place: Place, around: Around) -> Value:
    """The values that a conditional expression may have."""
    node = place.node
    assert isinstance(node, ast.IfExp)
    return Choice(place, (around.value(place, node.body), around.value(place, node.orelse)))


def of_either(place: Place, around: Around) -> Value:
    """The values of ``a or b``; of ``x or "text"`` with an unknown ``x``, the text, not surely."""
    node = place.node
    assert isinstance(node, ast.BoolOp)
    options = tuple(around.value(place, side) for side in node.values)
    if isinstance(node.op, ast.Or) and isinstance(options[-1], Text):
        return replace(options[-1], sure=False)
    return Choice(place, options)


def of_subscript(place: Place, around: Around) -> Value:
    """The value below a key that is known."""
    node = place.node
    assert isinstance(node, ast.Subscript)
    if isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
        return of_parents(place, node.value.value, node.slice, around)
    key = around.text(place, node.slice)
    found = within(around.value(place, node.value), key) if key is not None else None
    return found or Value(place)
