"""Edits of a file's imports: make a name available, or let one go that nothing uses any more.

They are not tied to a node. The engine first turns them into edits of one statement each, which
depend on what else changes in the file (``resolve`` in ``_imports``).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ._base import WHOLE, Edit, EditError, Level, StatementEdit
from ._sorted import slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

    from ..source import Span


#: What an edit claims that takes names out of an import: what is left of it depends on the others.
TAKES_NAMES = "takes names out"


@dataclass(frozen=True, slots=True)
class AddImport(Edit):
    """Makes a name available at module level; nothing happens if it is already imported so.

    Attributes:
        module: The dotted module, with leading dots where it is relative.
        name: The name to import from it; empty for ``import module``.
        alias: The name to bind; empty for the name itself.
    """

    span: Span = field(default=WHOLE, init=False)
    module: str
    name: str = ""
    alias: str = ""
    level: ClassVar[Level] = Level.MODULE

    @property
    def binds(self) -> str:
        """The name that the import binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"binds {self.binds}",) if self.name or self.alias else ()


@dataclass(frozen=True, slots=True)
class DropImport(Edit):
    """Lets a module-level import go if nothing in the file uses it after all other edits.

    The comment on its line goes with it. Nothing happens if the name is still used or not imported.

    Attributes:
        module: The dotted module, with leading dots where it is relative.
        name: The name imported from it; empty for ``import module``.
    """

    span: Span = field(default=WHOLE, init=False)
    module: str
    name: str = ""
    level: ClassVar[Level] = Level.MODULE


@dataclass(frozen=True, slots=True)
class ImportNames(StatementEdit):
    """Adds names to the ``from`` import at ``span``, in its order if it has one.

    Attributes:
        names: The names, each with the name it is bound to or an empty string.
    """

    names: tuple[tuple[str, str], ...]

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        import libcst as cst

        from ._layout import space
        from ._row import of_import, to_import

        line, statement = _parts(node)
        row = of_import(statement)
        present = [
            alias.evaluated_name for alias in row.items if isinstance(alias, cst.ImportAlias)
        ]
        for name, alias in self.names:
            index = slot(present, name)
            present.insert(index, name)
            blank = space(" ")
            bound = (
                cst.AsName(cst.Name(alias), whitespace_before_as=blank, whitespace_after_as=blank)
                if alias
                else None
            )
            row.insert(index, cst.ImportAlias(cst.Name(name), asname=bound))
        return [line.with_changes(body=[to_import(statement, row)])]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, ast.ImportFrom)
        for name, alias in self.names:
            index = slot([have.name for have in node.names], name)
            node.names.insert(index, ast.alias(name, alias or None))
        return [node]


@dataclass(frozen=True, slots=True)
class ForgetNames(StatementEdit):
    """Takes names out of the import at ``span``, and the statement away with the last one.

    Attributes:
        names: The names as they are imported, dotted for ``import a.b``.
    """

    names: tuple[str, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        return (TAKES_NAMES,)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        import libcst as cst

        from ._row import of_import, to_import

        line, statement = _parts(node)
        row = of_import(statement)
        for index in reversed(range(len(row.items))):
            item = row.items[index]
            if isinstance(item, cst.ImportAlias) and item.evaluated_name in self.names:
                row.remove(index, drop_comment=True)
        if row.items:
            return [line.with_changes(body=[to_import(statement, row)])]
        return [cst.SimpleStatementLine(body=[], leading_lines=line.leading_lines)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        node.names = [have for have in node.names if have.name not in self.names]
        return [node] if node.names else []


def _parts(
    node: cst.BaseStatement,
) -> tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]:
    """The line and the import on it. Raises EditError."""
    import libcst as cst

    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        statement = node.body[0]
        if isinstance(statement, cst.Import):
            return node, statement
        if isinstance(statement, cst.ImportFrom) and not isinstance(
            statement.names, cst.ImportStar
        ):
            return node, statement
    raise EditError("the edit expects an import of names here")
