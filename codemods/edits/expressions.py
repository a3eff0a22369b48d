"""Edits that put another expression in the place of one, or rename it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..source import Span
from ._base import Edit, EditError, PartEdit, expression

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class KeepInner(PartEdit):
    """Keeps, of the expression at ``span``, only the part at ``inner``.

    It is refused where a comment would be lost.

    Attributes:
        wrap: A function to call with the part, as a name or dotted name; empty for none.
        loosen: Whether the innermost parentheses around the expression go too.
        collect: Whether a part that is a generator expression becomes a list.
    """

    wrap: str = ""
    loosen: bool = False
    collect: bool = False
    rank: ClassVar[int] = 1

    @property
    def owns(self) -> tuple[Span, ...]:
        head = Span(*self.span[:2], *self.inner[:2])
        rest = Span(*self.inner[2:], *self.span[2:])
        return tuple(piece for piece in (head, rest) if piece[:2] != piece[2:])

    def change_with(self, node: cst.CSTNode, inner: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import parsed, swap

        assert isinstance(node, cst.BaseExpression) and isinstance(inner, cst.BaseExpression)
        if self.collect and isinstance(inner, cst.GeneratorExp):
            inner = _collected(inner)
        if self.wrap:
            inner = cst.Call(parsed(self.wrap), args=[cst.Arg(inner)])
        if self.loosen and node.lpar:
            node = node.with_changes(lpar=node.lpar[:-1], rpar=node.rpar[1:])
        return swap(node, inner)

    def mean_with(self, node: ast.AST, inner: ast.AST) -> ast.AST:
        assert isinstance(inner, ast.expr)
        if self.collect and isinstance(inner, ast.GeneratorExp):
            inner = ast.ListComp(inner.elt, inner.generators)
        return ast.Call(expression(self.wrap), [inner], []) if self.wrap else inner


def _collected(node: cst.GeneratorExp) -> cst.ListComp:
    """A list of what a generator expression gives, laid out as it is."""
    import libcst as cst

    begin, end = node.lpar[-1].whitespace_after, node.rpar[0].whitespace_before
    return cst.ListComp(
        node.elt,
        node.for_in,
        lbracket=cst.LeftSquareBracket(whitespace_after=begin),
        rbracket=cst.RightSquareBracket(whitespace_before=end),
        lpar=node.lpar[:-1],
        rpar=node.rpar[1:],
    )


@dataclass(frozen=True, slots=True)
class KeepExpression(Edit):
    """Leaves the expression at ``span`` as it is, and keeps edits of others away from it."""

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        return node

    def mean(self, node: ast.AST) -> ast.AST:
        return node


@dataclass(frozen=True, slots=True)
class ReplaceExpression(Edit):
    """Puts another expression in the place of the one at ``span``.

    It is refused where a comment would be lost.

    Attributes:
        source: The source of the new expression.
    """

    source: str
    rank: ClassVar[int] = 1

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import parsed, swap

        assert isinstance(node, cst.BaseExpression)
        return swap(node, parsed(self.source))

    def mean(self, node: ast.AST) -> ast.AST:
        return expression(self.source)


@dataclass(frozen=True, slots=True)
class RenameAttribute(Edit):
    """Gives the attribute access at ``span`` another attribute: ``x.old`` becomes ``x.name``.

    Attributes:
        name: The new attribute.
    """

    name: str

    @property
    def claims(self) -> tuple[str, ...]:
        return ("name",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        if not isinstance(node, cst.Attribute):
            raise EditError("the edit expects an attribute here")
        return node.with_changes(attr=node.attr.with_changes(value=self.name))

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Attribute)
        node.attr = self.name
        return node


@dataclass(frozen=True, slots=True)
class RenameName(Edit):
    """Gives the plain name at ``span``, read or assigned, another one.

    Attributes:
        name: The new name.
    """

    name: str

    @property
    def claims(self) -> tuple[str, ...]:
        return ("name",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        if not isinstance(node, cst.Name):
            raise EditError("the edit expects a name here")
        return node.with_changes(value=self.name)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Name)
        node.id = self.name
        return node
