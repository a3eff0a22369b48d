"""Edits of a definition as such: its name."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import EditError, StatementEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst


@dataclass(frozen=True, slots=True)
class RenameFunction(StatementEdit):
    """Gives the function that is defined at ``span`` another name; what calls it stays.

    Attributes:
        name: The new name.
    """

    name: str

    @property
    def claims(self) -> tuple[str, ...]:
        return ("is called",)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        import libcst as cst

        if not isinstance(node, cst.FunctionDef):
            raise EditError("the edit expects a function here")
        return [node.with_changes(name=cst.Name(self.name))]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        node.name = self.name
        return [node]
