"""Edit that takes an attribute of an expression."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ._base import Edit, EditError

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class TakeAttribute(Edit):
    """Takes an attribute of the expression at ``span``: ``E`` becomes ``E.name``.

    Attributes:
        name: The name of the attribute.
    """

    name: str
    rank: ClassVar[int] = 1

    @property
    def claims(self) -> tuple[str, ...]:
        return ("attribute",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import binding, parenthesize

        if not isinstance(node, cst.BaseExpression):
            raise EditError("the edit expects an expression here")
        tight = binding(node.with_changes(lpar=[], rpar=[])) >= 20 or node.lpar
        return cst.Attribute(node if tight else parenthesize(node), cst.Name(self.name))

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.expr)
        return ast.Attribute(node, self.name, ast.Load())
