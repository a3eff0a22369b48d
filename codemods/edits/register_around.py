"""The edit that puts a whole lifespan into ``RegisterTortoise``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import EditError, StatementEdit
from .handler import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

    from ..source import Span
    from .handler import Handler
    from .registration import Registration


@dataclass(frozen=True, slots=True)
class RegisterAround(StatementEdit):
    """Puts the body of the function at ``span`` into ``async with RegisterTortoise(...)``.

    Its docstring stays where it is.

    Attributes:
        how: The call.
        opener: A function that sets up the ORM, which is dissolved.
    """

    how: Registration
    opener: Handler

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        from ._register_around import registered

        return [registered(self, node)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        opened, first = meant(self.opener), documented(node)
        if opened.init is None:
            raise EditError("the edit expects a call that sets up the ORM")
        item = ast.withitem(self.how.meant(opened.init))
        around = ast.AsyncWith(items=[item], body=[*opened.tail, *node.body[first:]])
        node.body = [*node.body[:first], *opened.head, around]
        return [ast.fix_missing_locations(node)]


def documented(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many statements of a function its docstring is: one or none."""
    return 0 if ast.get_docstring(function, clean=False) is None else 1
