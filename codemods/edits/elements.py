"""Edit of a list display: one more element."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import Edit, EditError, expression

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class AppendElement(Edit):
    """Appends an element to the list display at ``span``.

    Attributes:
        source: The source of the element; its quotes are the caller's choice.
    """

    source: str

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import parsed
        from ._row import of_list, to_list

        if not isinstance(node, cst.List):
            raise EditError("the edit expects a list display here")
        row = of_list(node)
        row.insert(len(row.items), cst.Element(parsed(self.source)))
        return to_list(node, row)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.List)
        node.elts.append(expression(self.source))
        return node
