"""The files in which a repair leaves nothing: they are named, and not deleted."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.statements import RemoveStatement
from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..edits._base import Edit
    from ..project.module import Module


def with_emptied(message: str, module: Module, edits: Sequence[Edit]) -> str:
    """A message, with the other files that hold nothing but imports after some edits."""
    paths = sorted({edit.path for edit in edits} - {module.path})
    found = [path for path in paths if _is_emptied(module, path, edits)]
    return f"{message}; nothing is left in {' and '.join(found)}" if found else message


def _is_emptied(module: Module, path: str, edits: Sequence[Edit]) -> bool:
    home = module.project.module(path)
    removals = (edit for edit in edits if isinstance(edit, RemoveStatement))
    removed = {edit.span for edit in removals if edit.path == path}
    if isinstance(home, Fault) or path.endswith("__init__.py") or not removed:
        return False
    left = [s for s in home.tree.body if home.span(s) not in removed]
    return all(isinstance(s, ast.Import | ast.ImportFrom) or _is_text(s) for s in left)


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
