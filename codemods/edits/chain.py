"""Edits of a chain of calls: one more link, or one less."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..source import Span
from ._base import Edit, EditError, expression

if TYPE_CHECKING:
    import libcst as cst

    from ._layout import Space


@dataclass(frozen=True, slots=True)
class CallMethod(Edit):
    """Calls a method on the expression at ``span``: ``E`` becomes ``E.method(args)``.

    Attributes:
        method: The name of the method.
        args_source: The source of all its arguments, as between the parentheses.
    """

    method: str
    args_source: str = ""
    rank: ClassVar[int] = 1

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"calls {self.method}",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import binding, parenthesize, parsed

        if not isinstance(node, cst.BaseExpression):
            raise EditError("the edit expects an expression here")
        call = parsed(f"_({self.args_source})")
        assert isinstance(call, cst.Call)
        bare = node.with_changes(lpar=[], rpar=[])
        if binding(bare) < 20:
            base = node if node.lpar else parenthesize(node)
            return call.with_changes(func=cst.Attribute(base, cst.Name(self.method)))
        gap, rpar = self._gap(bare, node.rpar)
        dot = cst.Dot(whitespace_before=gap)
        link = cst.Attribute(bare, cst.Name(self.method), dot=dot)
        return call.with_changes(func=link, lpar=node.lpar, rpar=rpar)

    def mean(self, node: ast.AST) -> ast.AST:
        call = expression(f"_({self.args_source})")
        assert isinstance(call, ast.Call) and isinstance(node, ast.expr)
        call.func = ast.Attribute(node, self.method, ast.Load())
        return call

    @staticmethod
    def _gap(node: cst.BaseExpression, rpar: object) -> tuple[Space, list[cst.RightParen]]:
        """The gap before the new dot, and the closing parentheses after it."""

        from ._layout import broken, has_comment, plain

        assert isinstance(rpar, (list, tuple))
        ends: list[cst.RightParen] = list(rpar)
        gap = plain(_last_gap(node))
        line = broken(gap)
        end = broken(ends[0].whitespace_before) if ends else None
        if line is None or end is None or not has_comment(end):
            return gap, ends
        ends[0] = ends[0].with_changes(whitespace_before=plain(end))
        return end.with_changes(last_line=line.last_line, indent=line.indent), ends


@dataclass(frozen=True, slots=True)
class DropCall(Edit):
    """Takes the last link off the chain at ``span``: ``E.method(args)`` becomes ``E``.

    It is refused where a comment would be lost.

    Attributes:
        kept: Where ``E`` stands.
    """

    kept: Span

    @property
    def owns(self) -> tuple[Span, ...]:
        return (Span(*self.kept[2:], *self.span[2:]),)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import remarks

        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            raise EditError("the edit expects a call of a method here")
        kept = node.func.value
        if remarks(node.with_changes(lpar=[], rpar=[])) - remarks(kept):
            raise EditError("removing the call would lose a comment")
        lpar, rpar = [*node.lpar, *kept.lpar], [*kept.rpar, *node.rpar]
        return kept.with_changes(lpar=lpar, rpar=rpar)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        return node.func.value


def _last_gap(node: cst.BaseExpression) -> Space:
    """The gap before the dot of the last link of a chain."""
    import libcst as cst

    from ._layout import space

    while isinstance(node, (cst.Call, cst.Subscript)):
        node = node.func if isinstance(node, cst.Call) else node.value
    return node.dot.whitespace_before if isinstance(node, cst.Attribute) else space()
