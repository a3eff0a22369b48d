"""The statements of a handler in libcst, with their comments and layout.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._block import leading, split, with_leading
from ._lifespan_lines import Line, absorb, beside, nothing, spoken, statements
from .handler import Split, flat

if TYPE_CHECKING:
    from .handler import Handler


def read(handler: Handler) -> Split[Line]:
    """The statements of a handler; lines without statements carry the comments of those that go."""
    function = parsed(handler)
    if not isinstance(function, cst.FunctionDef):
        return Split([function], None, [])
    groups, at = _groups(handler, function), handler.at
    if at < 0:
        return Split(flat(groups), None, [])
    if handler.helper:
        inner = read(handler.helper)
        told = nothing(spoken(groups[at][0]))
        inner = Split([told, *inner.head], inner.init, inner.tail)
    elif handler.init >= 0:
        inner = Split([], groups[at][0], [])
    else:
        inner = Split([nothing(spoken(groups[at][0]))], None, [])
    head, tail = flat(groups[:at]), flat(groups[at + 1 :])
    return Split([*head, *inner.head], inner.init, [*inner.tail, *tail])


def parsed(handler: Handler) -> Line:
    """The function or the call of a handler, with the comments that belong to it."""
    module = cst.parse_module(handler.source)
    first = module.body[0]
    assert isinstance(first, cst.BaseStatement)
    above = [*module.header, *leading(first)]
    return with_leading(first, split(above)[1])


def _groups(handler: Handler, function: cst.FunctionDef) -> list[list[Line]]:
    """The statements of a handler, one list for each, and one for what follows the last."""
    head = _head(function)
    lines = statements(function.body)
    out: list[list[Line]] = [[line] for line in lines]
    doc = function.get_docstring()
    if doc is not None:
        head += [_comment(text) for text in doc.splitlines()] if handler.documented else []
        out[0] = [nothing(spoken(lines[0]))]
    if handler.schemas:
        absorb(out, handler.init)
    out = [[_passed(line) for line in some] for some in out]
    if handler.at == 0:
        out[0] = [with_leading(out[0][0], [*head, *leading(out[0][0])])]
    else:
        out[0].insert(0, nothing(head))
    footer = getattr(function.body, "footer", ())
    return [*out, [nothing([line for line in footer if line.comment])]]


def _head(function: cst.FunctionDef) -> list[cst.EmptyLine]:
    """The comments above, beside and between the decorator and the first statement."""
    lines = leading(function)
    for decorator in function.decorators:
        lines += beside(decorator.trailing_whitespace)
    lines += [line for line in function.lines_after_decorators if line.comment]
    body = function.body
    return [*lines, *(beside(body.header) if isinstance(body, cst.IndentedBlock) else [])]


def _passed(line: Line) -> Line:
    """The line; of ``pass`` only its comments."""
    is_pass = isinstance(line, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Pass) for small in line.body
    )
    return nothing(spoken(line)) if is_pass else line


def _comment(text: str) -> cst.EmptyLine:
    return cst.EmptyLine(comment=cst.Comment(f"# {text}".rstrip()))
