"""One file under examination: its source, its tree, its facts, and the project around it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .facts import FileFacts, FunctionNode
from .walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source import Source, Span
    from .index import Project
    from .symbols import Symbol

_Node = TypeVar("_Node", bound=ast.AST)
Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """A parsed file of the project.

    Attributes:
        path: POSIX path relative to the project root.
        source: Its text.
        tree: Its syntax tree.
        facts: What the index knows of it.
        project: The project that it belongs to.
        memo: Answers that costlier rooms computed about this module, by their own keys; they live
            as long as the module does.
    """

    def __init__(
        self, source: Source, tree: ast.Module, facts: FileFacts, project: Project
    ) -> None:
        self.path = source.path
        self.source = source
        self.tree = tree
        self.facts = facts
        self.project = project
        self.memo: dict[object, Any] = {}
        self._parents: dict[ast.AST, ast.AST] = {}
        self._by_kind: dict[type[ast.AST], list[ast.AST]] = {}

    def _survey(self) -> None:
        """One walk that notes the class and the parent of every node."""
        stack: list[ast.AST] = [self.tree]
        while stack:
            outer = stack.pop()
            self._by_kind.setdefault(outer.__class__, []).append(outer)
            inner = children(outer)
            for node in inner:
                self._parents[node] = outer
            inner.reverse()
            stack += inner

    def nodes(self, kind: type[_Node]) -> list[_Node]:
        """All nodes of one class, in source order."""
        if not self._by_kind:
            self._survey()
        return cast("list[_Node]", self._by_kind.get(kind, []))

    def span(self, node: ast.AST) -> Span:
        """Where a node of this tree stands."""
        return self.source.span(node)

    def text(self, node: ast.AST) -> str:
        """The source of a node, as written."""
        return self.source.slice(self.span(node))

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds ``node``; None for the module itself."""
        if not self._by_kind:
            self._survey()
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, innermost first."""
        outer = self.parent(node)
        while outer is not None:
            yield outer
            outer = self.parent(outer)

    def scope(self, node: ast.AST) -> Scope:
        """The innermost function around ``node``, or the module."""
        for outer in self.ancestors(node):
            if isinstance(outer, FunctionNode):
                return outer
        return self.tree

    def resolve(self, node: ast.expr) -> Symbol | None:
        """What a dotted expression means at module level; None where that is not certain."""
        return self.project.resolve_expression(self.path, node)
