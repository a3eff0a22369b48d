"""A lifespan built from the libcst trees of the handlers, with their comments and layout.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._base import EditError
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
    inside = parts.inside
    if parts.init is not None:
        inside = [context(edit.registration, parts.init, inside)]
    head = [*parts.before, *inside, *parts.after]
    new = function.with_changes(body=block(function.body, head))
    for handler in (*edit.startup, *edit.shutdown):
        if remarks(parsed(handler)) - remarks(new):
            raise EditError("moving the hooks into a lifespan would lose a comment")
    return new
