"""Walking syntax trees quickly: faster than ``ast.walk``, over the nodes that matter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Fields that hold operators, contexts, names, numbers or text, in whatever class they are.
_TEXT = frozenset(
    {"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "n", "s", "arg", "asname"}
    | {"module", "level", "conversion", "is_async", "simple", "rest", "kwd_attrs", "lineno", "tag"}
)
#: The same for fields that are nodes in other classes.
_TEXT_IN: dict[type[ast.AST], frozenset[str]] = {
    ast.Constant: frozenset({"value"}),
    ast.MatchSingleton: frozenset({"value"}),
    ast.Global: frozenset({"names"}),
    ast.Nonlocal: frozenset({"names"}),
} | {
    kind: frozenset({"name"})
    for kind in (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
        *(ast.ExceptHandler, ast.alias, ast.MatchAs, ast.MatchStar),
    )
}
_NONE: frozenset[str] = frozenset()

#: The fields of each node class that can hold nodes other than operators and contexts.
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(n for n in kind._fields if n not in _TEXT | _TEXT_IN.get(kind, _NONE))
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
#: The classes of the nodes that have no nodes below them.
LEAVES = frozenset(kind for kind, fields in _FIELDS.items() if not fields)
#: What has a body that runs at another time than the code around it, or names of its own.
NESTED = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda})
_AST = ast.AST


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node, in the order of its fields; no operators, no contexts."""
    found: list[ast.AST] = []
    for name in _FIELDS[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            # Where a key, a default or a pattern is left out, the list has None in its place.
            found += value if None not in value else [item for item in value if item is not None]
        elif isinstance(value, _AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it, each before what is below it, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if current.__class__ not in LEAVES:
            inner = children(current)
            inner.reverse()
            stack += inner


def outside(node: ast.AST) -> list[ast.AST]:
    """What of a nested definition runs in the scope around it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        return [*node.decorator_list, *defaults]
    return [*node.decorator_list, *node.bases] if isinstance(node, ast.ClassDef) else []
