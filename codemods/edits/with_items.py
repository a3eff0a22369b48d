"""Edit of a ``with`` item: bind its value to a name."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ._base import Edit, EditError, Level

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class BindWithItem(Edit):
    """Binds the ``with`` item whose context expression is at ``span``: ``with E as name``.

    Attributes:
        name: The name to bind; the item must not be bound yet.
    """

    name: str
    level: ClassVar[Level] = Level.ITEM

    @property
    def claims(self) -> tuple[str, ...]:
        return ("as",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import space

        assert isinstance(node, cst.WithItem)
        if node.asname is not None:
            raise EditError("the with item is already bound to a name")
        bound = cst.AsName(
            cst.Name(self.name), whitespace_before_as=space(" "), whitespace_after_as=space(" ")
        )
        return node.with_changes(asname=bound)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.withitem)
        node.optional_vars = ast.Name(self.name, ast.Store())
        return node


def around_item(node: cst.With) -> cst.With:
    """The statement with parentheses around one lone item moved to its expression.

    ``with (f() as x):`` is no syntax before Python 3.9, ``with (f()) as x:`` always was.
    """
    import libcst as cst

    lpar, rpar = node.lpar, node.rpar
    if len(node.items) != 1 or isinstance(node.items[0].comma, cst.Comma):
        return node
    if not isinstance(lpar, cst.LeftParen) or not isinstance(rpar, cst.RightParen):
        return node
    inner = node.items[0].item
    around = inner.with_changes(lpar=[lpar, *inner.lpar], rpar=[*inner.rpar, rpar])
    bare = cst.MaybeSentinel.DEFAULT
    item = node.items[0].with_changes(item=around)
    return node.with_changes(items=[item], lpar=bare, rpar=bare)
