"""Edits of displays: one more element or entry, one less, and a list for a tuple."""

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


@dataclass(frozen=True, slots=True)
class RemoveElement(Edit):
    """Takes a string out of the list display at ``span``, which has it once.

    Attributes:
        text: The string.
    """

    text: str

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"remove {self.text}",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._row import of_list, to_list

        if not isinstance(node, cst.List):
            raise EditError("the edit expects a list display here")
        row = of_list(node)
        values = [item.value if isinstance(item, cst.Element) else None for item in node.elements]
        texts = [v.evaluated_value if isinstance(v, cst.SimpleString) else None for v in values]
        if texts.count(self.text) != 1:
            raise EditError("the element is not there, or not once")
        row.remove(texts.index(self.text))
        return to_list(node, row)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.List)
        node.elts = [element for element in node.elts if not self._is_it(element)]
        return node

    def _is_it(self, element: ast.expr) -> bool:
        return isinstance(element, ast.Constant) and element.value == self.text


@dataclass(frozen=True, slots=True)
class AddEntry(Edit):
    """Adds an entry at the end of the dict display at ``span``.

    Attributes:
        key: The source of its key; its quotes are the caller's choice.
        value: The source of its value.
    """

    key: str
    value: str

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"entry {self.key}",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import parsed
        from ._row import of_dict, to_dict

        if not isinstance(node, cst.Dict):
            raise EditError("the edit expects a dict display here")
        row = of_dict(node)
        row.insert(len(row.items), cst.DictElement(parsed(self.key), parsed(self.value)))
        return to_dict(node, row)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Dict)
        node.keys.append(expression(self.key))
        node.values.append(expression(self.value))
        return node


@dataclass(frozen=True, slots=True)
class TupleToList(Edit):
    """Makes the tuple display at ``span`` a list display with the same elements."""

    @property
    def claims(self) -> tuple[str, ...]:
        return ("brackets",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        if not isinstance(node, cst.Tuple):
            raise EditError("the edit expects a tuple display here")
        left, right = cst.LeftSquareBracket(), cst.RightSquareBracket()
        if node.lpar:
            left = left.with_changes(whitespace_after=node.lpar[-1].whitespace_after)
            right = right.with_changes(whitespace_before=node.rpar[0].whitespace_before)
        return cst.List(
            elements=node.elements,
            lbracket=left,
            rbracket=right,
            lpar=node.lpar[:-1],
            rpar=node.rpar[1:],
        )

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Tuple)
        return ast.List(node.elts, node.ctx)
