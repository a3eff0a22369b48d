"""One walk over a syntax tree that notes what later questions need: kinds, parents, scopes."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .walk import LEAVES, NESTED, children, outside

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class _Extent:
    """Where a definition, and its body, lie in the order of the walk; -1 where not known yet.

    ``nested`` holds the definitions directly in the body, in order.
    """

    node: ast.AST
    at: int
    start: int = -1
    end: int = -1
    nested: list[_Extent] = field(default_factory=list)


class Survey:
    """What one walk over a tree has seen.

    Attributes:
        parents: The node that holds each node.
        by_kind: The nodes of each class, in source order.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.by_kind: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        self._order: list[ast.AST] = []
        self._extents: dict[ast.AST, _Extent] = {}
        self._walk(tree)

    def _walk(self, tree: ast.Module) -> None:
        whole = _Extent(tree, 0, 1)
        self._extents[tree] = whole
        opened = [whole]
        # Below the parts of a definition lies a None, and below its body another.
        stack: list[ast.AST | None] = [None, tree]
        order, parents, by_kind = self._order, self.parents, self.by_kind
        while stack:
            outer = stack.pop()
            if outer is None:
                _passed(opened, len(order))
                continue
            order.append(outer)
            kind = outer.__class__
            by_kind[kind].append(outer)
            if kind in LEAVES:
                continue
            inner = children(outer)
            for node in inner:
                parents[node] = outer
            if kind in NESTED:
                self._open(outer, opened)
                stack += _in_two_parts(outer, inner)
            else:
                inner.reverse()
                stack += inner

    def _open(self, node: ast.AST, opened: list[_Extent]) -> None:
        extent = _Extent(node, len(self._order) - 1)
        if opened[-1].start >= 0:
            opened[-1].nested.append(extent)
        opened.append(extent)
        self._extents[node] = extent

    def own_nodes(self, scope: ast.AST) -> list[ast.AST] | None:
        """The nodes of a scope in order, without the insides of what is defined in it.

        None for a node that is no module, function or class of the tree.
        """
        extent = self._extents.get(scope)
        if extent is None or isinstance(scope, ast.Lambda):
            return None
        found: list[ast.AST] = []
        at = extent.start
        for inner in extent.nested:
            found += self._order[at : inner.at + 1]
            found += without_nested(outside(inner.node))
            at = inner.end
        found += self._order[at : extent.end]
        return found


def _passed(opened: list[_Extent], at: int) -> None:
    """The walk comes to the beginning or to the end of the body of the innermost definition."""
    if opened[-1].start < 0:
        opened[-1].start = at
    else:
        opened.pop().end = at


def _in_two_parts(node: ast.AST, inner: list[ast.AST]) -> list[ast.AST | None]:
    """What is below a definition, for a stack: its head on top of its body."""
    body = getattr(node, "body", None)
    inside = body if isinstance(body, list) else [body]
    decorators = getattr(node, "decorator_list", [])
    known = {*inside, *decorators}
    head = [*decorators, *(part for part in inner if part not in known)]
    return [None, *reversed(inside), None, *reversed(head)]


def without_nested(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Nodes and what is below them, without the insides of the definitions among them."""
    found: list[ast.AST] = []
    stack = list(nodes)
    stack.reverse()
    while stack:
        node = stack.pop()
        found.append(node)
        kind = node.__class__
        if kind not in LEAVES:
            inner = outside(node) if kind in NESTED else children(node)
            inner.reverse()
            stack += inner
    return found
