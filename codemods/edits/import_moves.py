"""Edit that imports names from another module than before."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import EditError, StatementEdit
from .imports import TAKES_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

    from ._row import Row


@dataclass(frozen=True, slots=True)
class MoveNames(StatementEdit):
    """Takes names of the ``from`` import at ``span`` from another module, under the same aliases.

    Where the import has other names as well, the moved ones get a statement of their own, above or
    below it, as the names of the modules are ordered.

    Attributes:
        names: The names as they are imported.
        module: The dotted module to import them from.
    """

    names: tuple[str, ...]
    module: str

    @property
    def claims(self) -> tuple[str, ...]:
        return (TAKES_NAMES,)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        import libcst as cst

        from ._layout import code, parsed
        from ._row import of_import, to_import

        line, statement = _parts(node)
        row = of_import(statement)
        moved = [one for one in row.items if _name(one) in self.names]
        source = parsed(self.module)
        if len(moved) == len(row.items):
            now = statement.with_changes(module=source, relative=[])
            return [line.with_changes(body=[now])]
        tail = cst.TrailingWhitespace()
        for index in reversed(range(len(row.items))):
            if _name(row.items[index]) in self.names:
                tail = _tail(row, index) if len(moved) == 1 else tail
                row.remove(index, drop_comment=len(moved) == 1)
        assert isinstance(source, cst.Name | cst.Attribute)
        bare = [one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in moved]
        new = cst.ImportFrom(source, [one for one in bare if isinstance(one, cst.ImportAlias)])
        kept = line.with_changes(body=[to_import(statement, row)])
        below = cst.SimpleStatementLine([new], trailing_whitespace=tail)
        if self.module > code(statement.module or cst.Name("_")):
            return [kept, below]
        above = below.with_changes(leading_lines=line.leading_lines)
        return [above, kept.with_changes(leading_lines=[])]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, ast.ImportFrom)
        moved = [have for have in node.names if have.name in self.names]
        node.names = [have for have in node.names if have.name not in self.names]
        new = ast.ImportFrom(self.module, moved, 0)
        if not node.names:
            return [new]
        return [node, new] if self.module > (node.module or "") else [new, node]


def _tail(row: Row, index: int) -> cst.TrailingWhitespace:
    """The comment on the line of a name, as the end of a line of its own."""
    import libcst as cst

    comma = row.items[index].comma
    gap = comma.whitespace_after if isinstance(comma, cst.Comma) else row.tail
    comment = gap.first_line.comment if isinstance(gap, cst.ParenthesizedWhitespace) else None
    if comment is None:
        return cst.TrailingWhitespace()
    return cst.TrailingWhitespace(whitespace=cst.SimpleWhitespace("  "), comment=comment)


def _name(item: object) -> str:
    return str(getattr(item, "evaluated_name", ""))


def _parts(node: cst.BaseStatement) -> tuple[cst.SimpleStatementLine, cst.ImportFrom]:
    """The line and the import on it. Raises EditError."""
    import libcst as cst

    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        statement = node.body[0]
        if isinstance(statement, cst.ImportFrom) and not isinstance(
            statement.names, cst.ImportStar
        ):
            return node, statement
    raise EditError("the edit expects a from import of names, alone on its line, here")
