"""Where edits apply: from a span to the node of the file's ``ast`` that it denotes."""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import Edit, EditError, Level, PartEdit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..source import Source, Span

#: Before Python 3.12, nodes inside an f-string do not know where they are.
_FSTRINGS_KNOW_PLACES = sys.version_info >= (3, 12)


@dataclass(frozen=True, slots=True)
class Place:
    """An edit and the nodes that it speaks about.

    Attributes:
        edit: The edit.
        node: The node at its span; for a ``with`` item or decorator, the expression.
        top: The index of the top-level statement that holds the node.
        inner: The part that a PartEdit keeps, else None.
    """

    edit: Edit
    node: ast.AST
    top: int
    inner: ast.AST | None = None


def locate(source: Source, tree: ast.Module, edits: Sequence[Edit]) -> list[Place]:
    """The place of every edit that has a span, in order. Raises EditError if a node is missing."""
    ends = [statement.end_lineno or 0 for statement in tree.body]
    tops: dict[Edit, int] = {}
    wanted: dict[int, set[Span]] = defaultdict(set)
    for edit in edits:
        if edit.level is not Level.MODULE:
            tops[edit] = top = _top(source, tree, ends, edit.span)
            wanted[top].add(edit.span)
            if isinstance(edit, PartEdit):
                wanted[top].add(edit.inner)
    found = {top: _index(source, tree.body[top], spans) for top, spans in wanted.items()}
    places = []
    for edit, top in tops.items():
        node = _pick(found[top], edit.span, edit.level)
        inner = (
            _pick(found[top], edit.inner, Level.EXPRESSION) if isinstance(edit, PartEdit) else None
        )
        if edit.rank and (_is_target(node) or _is_target(inner)):
            raise EditError("what is assigned to or deleted cannot be replaced", edit.span.line)
        places.append(Place(edit, node, top, inner))
    return places


def depth(node: ast.AST) -> int:
    """How many nodes lie on the longest path down from a node, itself included."""
    level, deepest = [node], 0
    while level:
        deepest += 1
        level = [child for here in level for child in ast.iter_child_nodes(here)]
    return deepest


def _top(source: Source, tree: ast.Module, ends: list[int], span: Span) -> int:
    """The index of the top-level statement that a span lies in."""
    index = bisect_left(ends, span.end_line)
    while index < len(ends) and ends[index] == span.end_line:
        if source.span(tree.body[index])[2:] >= span[2:]:
            break
        index += 1
    if index == len(ends):
        raise EditError("there is no statement here", span.line)
    return index


def _index(source: Source, top: ast.stmt, spans: set[Span]) -> dict[Span, list[ast.AST]]:
    """The statements and expressions of a top-level statement that have one of the spans."""
    lines = {(span.line, span.end_line) for span in spans}
    found: dict[Span, list[ast.AST]] = defaultdict(list)
    unsure: set[Span] = set()
    for node, placed in _walk(source, top):
        if (node.lineno, node.end_lineno) not in lines:  # type: ignore[attr-defined]
            continue
        span = source.span(node)
        if span in spans and placed:
            found[span].append(node)
        elif span in spans:
            unsure.add(span)
    for span in unsure:
        found.pop(span, None)
    return found


def _walk(source: Source, top: ast.stmt) -> Iterable[tuple[ast.AST, bool]]:
    """The statements and expressions, each with whether its position can be trusted."""
    stack: list[tuple[ast.AST, bool]] = [(top, True)]
    while stack:
        node, placed = stack.pop()
        if isinstance(node, (ast.stmt, ast.expr)):
            yield node, placed
        inside = isinstance(node, ast.JoinedStr) and not _FSTRINGS_KNOW_PLACES
        kept = _told(source, node) if isinstance(node, ast.JoinedStr) and not inside else []
        for child in ast.iter_child_nodes(node):
            stack.append((child, placed and not inside and child not in kept))


def _told(source: Source, node: ast.JoinedStr) -> list[ast.AST]:
    """The parts of an f-string whose text it may print as well, as ``{x=}`` does."""
    found: list[ast.AST] = []
    for before, part in zip(node.values, node.values[1:], strict=False):
        if isinstance(before, ast.Constant) and isinstance(part, ast.FormattedValue):
            name, equals, _ = str(before.value).rpartition("=")
            if equals and name.rstrip().endswith(source.slice(source.span(part.value))):
                found.append(part)
    return found


def _is_target(node: ast.AST | None) -> bool:
    """Whether an expression is assigned to or deleted."""
    return isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def _pick(found: dict[Span, list[ast.AST]], span: Span, level: Level) -> ast.AST:
    """The one node of a span at a level. Raises EditError."""
    kind = ast.stmt if level is Level.STATEMENT else ast.expr
    nodes = [node for node in found.get(span, ()) if isinstance(node, kind)]
    if len(nodes) != 1:
        what = "statement" if kind is ast.stmt else "expression"
        raise EditError(f"cannot tell which {what} is at column {span.col + 1}", span.line)
    return nodes[0]
