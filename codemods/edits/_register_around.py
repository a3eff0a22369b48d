"""A lifespan put into ``RegisterTortoise`` in libcst, with its comments and layout.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._base import EditError
from ._handler import read
from ._layout import remarks
from ._lifespan_lines import Line, block, context, nothing

if TYPE_CHECKING:
    from .register_around import RegisterAround


def registered(edit: RegisterAround, node: Line) -> Line:
    """The function with all but its docstring in the ``async with``.

    Raises EditError where a comment would be lost.
    """
    body = node.body if isinstance(node, cst.FunctionDef) else None
    if not isinstance(node, cst.FunctionDef) or not isinstance(body, cst.IndentedBlock):
        raise EditError("the edit expects a function of several lines here")
    first = 0 if node.get_docstring(clean=False) is None else 1
    opened = read(edit.opener)
    if opened.init is None:
        raise EditError("the edit expects a call that sets up the ORM")
    lines: list[Line] = list(body.body)
    inside = [*opened.tail, *lines[first:], nothing(body.footer)]
    around = context(edit.how, opened.init, inside)
    kept = [*lines[:first], *opened.head, around]
    new = node.with_changes(body=block(body.with_changes(footer=[]), kept))
    if remarks(node) - remarks(new):
        raise EditError("registering the ORM around the lifespan would lose a comment")
    return new
