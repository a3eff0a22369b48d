"""What an edit is: one change, at one node, of one file, told twice.

An edit is a small picklable value. ``change`` says it over libcst, which keeps comments and
layout; ``mean`` says it over ``ast``, which has neither. The engine applies the first and then
checks that the result parses to exactly what the second says, so that a slip in one is caught by
the other.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from ..source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

#: The span of an edit that is not tied to a node.
WHOLE = Span(0, 0, 0, 0)


class EditError(Exception):
    """An edit that cannot be made here without loss; the engine turns it into a Fault.

    Attributes:
        reason: One clause, in the user's terms.
        line: The line, from 1, or 0 where the engine is to fill it in.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        Exception.__init__(self, reason)
        self.reason = reason
        self.line = line


class Level(IntEnum):
    """What kind of node the span of an edit denotes; a higher level lies further out."""

    EXPRESSION = 0  #: the expression itself
    ITEM = 1  #: the ``with`` item whose context expression has the span
    DECORATOR = 2  #: the decorator whose expression has the span
    STATEMENT = 3  #: the statement; of a decorated definition, from ``def`` or ``class`` on
    MODULE = 4  #: the file


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the node that occupies ``span`` in the file ``path``.

    Attributes:
        path: POSIX path relative to the project root.
        span: The node, in the file as it was when the edit was planned.
    """

    path: str
    span: Span

    #: What ``span`` denotes.
    level: ClassVar[Level] = Level.EXPRESSION
    #: Edits of one node are made in the order of their rank: 0 changes it, 1 builds on the result.
    rank: ClassVar[int] = 0

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node after the change. ``node`` may already carry the edits of its children."""
        raise NotImplementedError

    def mean(self, node: ast.AST) -> ast.AST:
        """The same change, over ``ast``."""
        raise NotImplementedError

    @property
    def owns(self) -> tuple[Span, ...]:
        """The spans whose content this edit replaces or deletes; no other edit may touch them."""
        return ()

    @property
    def claims(self) -> tuple[str, ...]:
        """What it decides about its node; two edits of one node that claim the same conflict."""
        return ()


@dataclass(frozen=True, slots=True)
class PartEdit(Edit):
    """An edit that builds on a part of its node, with whatever other edits do inside that part.

    Attributes:
        inner: The part: an expression that lies within ``span``.
    """

    inner: Span

    def change_with(self, node: cst.CSTNode, inner: cst.CSTNode) -> cst.CSTNode:
        """The node after the change; ``inner`` is the part, edited."""
        raise NotImplementedError

    def mean_with(self, node: ast.AST, inner: ast.AST) -> ast.AST:
        """The same change, over ``ast``."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class StatementEdit(Edit):
    """A change of one statement of a block into none, one or several."""

    level: ClassVar[Level] = Level.STATEMENT

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        """What stands in its place.

        A ``SimpleStatementLine`` without statements stands for nothing: the engine hands its
        leading lines to the statement that follows.
        """
        raise NotImplementedError

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        """The same change, over ``ast``."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ModuleEdit(Edit):
    """A change of the whole file, for shapes that no edit of one node can express.

    It runs after every other edit of the file, over the tree that they left.
    """

    span: Span = field(default=WHOLE, init=False)
    level: ClassVar[Level] = Level.MODULE

    def change_module(self, module: cst.Module) -> cst.Module:
        """The file after the change. Raises EditError where it cannot be made."""
        raise NotImplementedError

    def mean_module(self, tree: ast.Module) -> ast.Module:
        """The same change, over ``ast``; it may change ``tree`` in place."""
        raise NotImplementedError


def expression(source: str) -> ast.expr:
    """The tree of the expression ``source``. Raises EditError if it is not one."""
    try:
        return ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise EditError(f"the edit holds an invalid expression: {source!r}") from error


def statements(source: str) -> list[ast.stmt]:
    """The trees of the statements in ``source``. Raises EditError if they do not parse."""
    import textwrap

    try:
        return ast.parse(textwrap.dedent(source)).body
    except SyntaxError as error:
        raise EditError(f"the edit holds invalid statements: {source!r}") from error
