"""Where a value stands in the text of a JSON or YAML file."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ..project.formats import format_of
from ..source import Fault, Source, parse
from ._base import EditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.nodes import Node

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a text.

    Attributes:
        start: The offset of its first character.
        end: The offset after its last one; of a list without brackets, somewhere below it.
        items: Of a list, the start and the end of each element; None for any other value.
        has_brackets: Whether a list is written in brackets, not an element a line after a dash.
        dash: The column of the dashes of a list without brackets.
    """

    start: int
    end: int
    items: tuple[tuple[int, int], ...] | None = None
    has_brackets: bool = True
    dash: int = 0


def find(path: str, text: str, keys: Sequence[str]) -> Spot:
    """The value that some keys lead to. Raises EditError if they lead to none, or to several."""
    return _in_json(path, text, keys) if format_of(path) == "json" else _in_yaml(text, keys)


def _in_json(path: str, text: str, keys: Sequence[str]) -> Spot:
    """JSON is, but for the meaning of a few escapes in strings, an expression of Python."""
    source = Source(path, text)
    tree = parse(source)
    if isinstance(tree, Fault) or not tree.body or not isinstance(tree.body[0], ast.Expr):
        raise EditError("the places in this file cannot be told")
    node = tree.body[0].value
    for key in keys:
        node = _only([v for k, v in _entries(node) if k == key])

    def bounds(one: ast.expr) -> tuple[int, int]:
        span = source.span(one)
        return source.offset(*span[:2]), source.offset(*span[2:])

    items = tuple(map(bounds, node.elts)) if isinstance(node, ast.List) else None
    return Spot(*bounds(node), items)


def _entries(node: ast.expr) -> list[tuple[object, ast.expr]]:
    if not isinstance(node, ast.Dict):
        return []
    pairs = zip(node.keys, node.values, strict=True)
    return [(key.value, value) for key, value in pairs if isinstance(key, ast.Constant)]


def _in_yaml(text: str, keys: Sequence[str]) -> Spot:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:
        raise EditError(f"cannot be read: {error}") from error
    for key in keys:
        pairs = node.value if isinstance(node, MappingNode) else []
        node = _only([value for name, value in pairs if name.value == key])
        if node.anchor is not None:
            raise EditError("the value has an anchor, or is below one: it stands elsewhere, too")
    assert node is not None
    start, end = _bounds(node)
    if not isinstance(node, SequenceNode):
        return Spot(start, end)
    items = tuple(map(_bounds, node.value))
    return Spot(start, end, items, bool(node.flow_style), node.start_mark.column)


def _bounds(node: Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _only(found: list[_T]) -> _T:
    if len(found) != 1:
        raise EditError("the value is not written at one place")
    return found[0]
