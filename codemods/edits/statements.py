"""Edits of whole statements: insert, remove, replace; and of a definition's decorators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from ._base import Edit, EditError, Level, StatementEdit, statements

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    import libcst as cst

    from ..source import Span


@dataclass(frozen=True, slots=True)
class InsertStatements(StatementEdit):
    """Inserts statements next to the one at ``span``, in its block.

    Comments directly above a statement stay with it. Blank lines follow PEP 8.

    Attributes:
        source: The source of the new statements; common indentation is ignored.
        where: On which side of the statement.
        blank: The least number of blank lines between it and them, where PEP 8 asks for fewer.
    """

    source: str
    where: Literal["before", "after"] = "before"
    blank: int = 0
    rank: ClassVar[int] = 1

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        return [*self.new(), node] if self.where == "before" else [node, *self.new()]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        new = statements(self.source)
        return [*new, node] if self.where == "before" else [node, *new]

    def new(self) -> list[cst.BaseStatement]:
        """The statements to insert. Raises EditError if the source does not parse."""
        return _parsed(self.source)


@dataclass(frozen=True, slots=True)
class RemoveStatement(StatementEdit):
    """Removes the statement at ``span``, with its decorators; an empty body gets ``pass``.

    Comments inside the statement, or after it on its line, forbid the removal unless they may go.

    Attributes:
        comments: Whether the comments inside and those directly above go with it.
    """

    comments: bool = False

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        import libcst as cst

        from ._block import leading, split
        from ._layout import remarks

        above = leading(node)
        inside = remarks(node.with_changes(leading_lines=[]))
        if inside and not self.comments:
            raise EditError("removing the statement would lose a comment")
        kept = split(above)[0] if self.comments else above
        return [cst.SimpleStatementLine(body=[], leading_lines=kept)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        return []


@dataclass(frozen=True, slots=True)
class ReplaceStatement(StatementEdit):
    """Puts other statements in the place of the one at ``span`` and of its decorators.

    Comments above it stay; comments inside it forbid the change unless the new source has them.

    Attributes:
        source: The source of the new statements; common indentation is ignored.
    """

    source: str

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        from collections import Counter

        import libcst as cst

        from ._block import leading, with_leading
        from ._layout import comments

        new = _parsed(self.source)
        new[0] = with_leading(new[0], [*leading(node), *leading(new[0])])
        last = new[-1]
        if isinstance(last, cst.SimpleStatementLine) and isinstance(node, cst.SimpleStatementLine):
            own = last.trailing_whitespace.comment is not None
            tail = last.trailing_whitespace if own else node.trailing_whitespace
            new[-1] = last.with_changes(trailing_whitespace=tail)
        if comments(node) - sum((comments(part) for part in new), Counter[str]()):
            raise EditError("replacing the statement would lose a comment")
        return new

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        return statements(self.source)


@dataclass(frozen=True, slots=True)
class RemoveDecorator(Edit):
    """Removes the decorator whose expression (without the ``@``) is at ``span``.

    Comments inside it, beside it or above it forbid the removal.
    """

    level: ClassVar[Level] = Level.DECORATOR

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        from ._layout import remarks

        if remarks(node):
            raise EditError("removing the decorator would lose a comment")
        return node

    def mean(self, node: ast.AST) -> ast.AST:
        return node


def _parsed(source: str) -> list[cst.BaseStatement]:
    """The libcst trees of statements. Raises EditError if the source does not parse."""
    import textwrap

    import libcst as cst

    from ._block import leading, with_leading

    try:
        module = cst.parse_module(textwrap.dedent(source))
    except cst.ParserSyntaxError as error:
        raise EditError(f"the edit holds invalid statements: {source!r}") from error
    body: list[cst.BaseStatement] = []
    for line in module.body:
        assert isinstance(line, cst.BaseStatement)
        body.append(line)
    if not body:
        raise EditError("the edit holds no statement")
    above = [line for line in (*module.header, *leading(body[0])) if line.comment]
    body[0] = with_leading(body[0], above)
    return body
