"""Walking syntax trees quickly: faster than ``ast.walk``, over the nodes that matter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "n", "s"})

#: The fields of each node class that can hold nodes other than operators and contexts.
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _TEXT)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
_AST = ast.AST


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node, in the order of its fields; no operators, no contexts."""
    found: list[ast.AST] = []
    for name in _FIELDS[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found.extend([item for item in value if isinstance(item, _AST)])
        elif isinstance(value, _AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it, each before what is below it, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))
