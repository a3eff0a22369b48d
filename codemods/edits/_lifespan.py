"""A lifespan built from the libcst trees of the handlers, with their comments and layout.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._base import EditError
from ._exit_stack import given, holding
from ._handler import parsed, read
from ._layout import remarks
from ._lifespan_lines import Line, block, context
from .lifespan import arranged

if TYPE_CHECKING:
    from .lifespan import InsertLifespan


def build(edit: InsertLifespan) -> Line:
    """The function. Raises EditError where a comment of a handler would be lost."""
    function = cst.parse_module(edit.head()).body[0]
    assert isinstance(function, cst.FunctionDef)
    pause: Line = cst.SimpleStatementLine([cst.Expr(cst.Yield())])
    parts = arranged(edit, read, pause)
    inside, before = parts.inside, parts.before
    if parts.init is not None and edit.stack:
        inside = [given(edit.stack, parts.init), *inside]
    elif parts.init is not None:
        inside = [context(edit.registration, parts.init, inside)]
    if edit.stack:
        inside = [holding(edit.stack, inside if parts.init else [*before, *inside])]
        before = before if parts.init else []
    new = function.with_changes(body=block(function.body, [*before, *inside, *parts.after]))
    for handler in (*edit.startup, *edit.shutdown):
        if remarks(parsed(handler)) - remarks(new):
            raise EditError("moving the hooks into a lifespan would lose a comment")
    return new
