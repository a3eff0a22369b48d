"""One file under examination: its source, its tree, its facts, and the project around it."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .facts import FileFacts, FunctionNode
from .survey import Survey

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

    @cached_property
    def _survey(self) -> Survey:
        return Survey(self.tree)

    def nodes(self, kind: type[_Node]) -> list[_Node]:
        """All nodes of one class, in source order."""
        return cast("list[_Node]", self._survey.by_kind.get(kind, []))

    def own_nodes(self, scope: ast.AST) -> list[ast.AST] | None:
        """The nodes of a scope in order, without the insides of what is defined in it.

        None for a node that is no module, function or class of this file.
        """
        return self._survey.own_nodes(scope)

    def span(self, node: ast.AST) -> Span:
        """Where a node of this tree stands."""
        return self.source.span(node)

    def text(self, node: ast.AST) -> str:
        """The source of a node, as written."""
        return self.source.slice(self.span(node))

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds ``node``; None for the module itself."""
        return self._survey.parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, innermost first."""
        parents = self._survey.parents
        outer = parents.get(node)
        while outer is not None:
            yield outer
            outer = parents.get(outer)

    def scope(self, node: ast.AST) -> Scope:
        """The innermost function around ``node``, or the module."""
        for outer in self.ancestors(node):
            if isinstance(outer, FunctionNode):
                return outer
        return self.tree

    def resolve(self, node: ast.expr) -> Symbol | None:
        """What a dotted expression means at module level; None where that is not certain."""
        return self.project.resolve_expression(self.path, node)
