"""Edits that await something."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..source import Span
from ._base import Edit, EditError, PartEdit

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class AwaitExpression(Edit):
    """Awaits the expression at ``span``: ``E`` becomes ``await E``.

    Attributes:
        bare: Whether the place takes an ``await`` without parentheses around it.
    """

    bare: bool = False
    rank: ClassVar[int] = 2

    @property
    def claims(self) -> tuple[str, ...]:
        return ("await",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        if not isinstance(node, cst.BaseExpression):
            raise EditError("the edit expects an expression here")
        return _awaited(node, self.bare)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.expr)
        return ast.Await(node)


@dataclass(frozen=True, slots=True)
class KeepAwaited(PartEdit):
    """Keeps, of the expression at ``span``, only the part at ``inner``, and awaits it.

    It is refused where a comment would be lost.

    Attributes:
        bare: Whether the place takes an ``await`` without parentheses around it.
    """

    bare: bool = False
    rank: ClassVar[int] = 1

    @property
    def owns(self) -> tuple[Span, ...]:
        head = Span(*self.span[:2], *self.inner[:2])
        rest = Span(*self.inner[2:], *self.span[2:])
        return tuple(piece for piece in (head, rest) if piece[:2] != piece[2:])

    def change_with(self, node: cst.CSTNode, inner: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        assert isinstance(node, cst.BaseExpression) and isinstance(inner, cst.BaseExpression)
        new = _awaited(inner, self.bare or bool(node.lpar))
        lpar, rpar = [*node.lpar, *new.lpar], [*new.rpar, *node.rpar]
        return new.with_changes(lpar=lpar, rpar=rpar)

    def mean_with(self, node: ast.AST, inner: ast.AST) -> ast.AST:
        assert isinstance(inner, ast.expr)
        return ast.Await(inner)


def _awaited(node: cst.BaseExpression, bare: bool) -> cst.BaseExpression:
    import libcst as cst

    from ._layout import binding, parenthesize

    tight = binding(node) >= 20
    new = cst.Await(node if tight else parenthesize(node))
    return new if bare else parenthesize(new)
