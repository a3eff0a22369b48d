"""Statements of a lifespan in libcst: the ``async with`` that registers the ORM, and its lines.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ..comments import is_directive
from ._base import EditError
from ._block import Block, leading, with_leading
from ._layout import space
from ._row import of_call, spread, to_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .registration import Registration

Line = cst.BaseStatement


def context(how: Registration, init: Line, inside: Sequence[Line]) -> Line:
    """The ``async with`` that takes the place of ``await Tortoise.init(...)``.

    Args:
        how: How the call is made.
        init: The statement; its comments stay above it and at the end of its line.
        inside: What the block holds.

    Raises EditError where the statement is another one.
    """
    assert isinstance(init, cst.SimpleStatementLine)
    body = block(cst.IndentedBlock([]), inside)
    return cst.With(
        items=[cst.WithItem(_call(how, init))],
        body=body.with_changes(header=init.trailing_whitespace),
        asynchronous=cst.Asynchronous(),
        leading_lines=init.leading_lines,
    )


def _call(how: Registration, init: cst.SimpleStatementLine) -> cst.Call:
    """The call, broken where its line gets too long."""
    statement = init.body[0]
    value = statement.value if isinstance(statement, cst.Expr) else None
    if isinstance(value, cst.Call) and value.args:
        first = [value.args[0].with_changes(value=cst.Name(how.app))] if how.app else []
        called = value.with_changes(
            func=cst.Name("RegisterTortoise"), args=[*first, *value.args[1:]]
        )
        return _fitted(_shortened(called, how.without), how)
    call = value.expression if isinstance(value, cst.Await) else None
    if not isinstance(call, cst.Call):
        raise EditError("the edit expects a call of Tortoise.init here")
    tight = cst.AssignEqual(whitespace_before=space(), whitespace_after=space())
    args = [
        arg if arg.keyword else arg.with_changes(keyword=cst.Name(name), equal=tight)
        for arg, name in zip(call.args, [*how.arguments, *[""] * len(call.args)], strict=False)
    ]
    bare = call.with_changes(func=cst.Name("RegisterTortoise"), args=args, lpar=[], rpar=[])
    row = of_call(bare)
    if how.app:
        row.insert(0, cst.Arg(cst.Name(how.app)))
    if how.schemas:
        keyword = cst.Name("generate_schemas")
        row.insert(len(row.items), cst.Arg(cst.Name("True"), keyword=keyword, equal=tight))
    return _fitted(to_call(bare, row), how)


def _shortened(call: cst.Call, without: Sequence[str]) -> cst.Call:
    """The call without some keyword arguments."""
    row = of_call(call)
    names = [arg.keyword.value if arg.keyword else "" for arg in call.args]
    for index in reversed([i for i, name in enumerate(names) if name in without]):
        row.remove(index)
    return to_call(call, row) if len(row.items) < len(names) else call


def _fitted(call: cst.Call, how: Registration) -> cst.Call:
    """The call, an argument on each line if it stood on one line that is now too long."""
    text = f"{how.lead}async with {cst.Module([]).code_for_node(call)}:"
    if "\n" in text or len(text.expandtabs(4)) <= how.width:
        return call
    return spread(call, how.indent)


def block(old: cst.BaseSuite, lines: Sequence[Line]) -> cst.IndentedBlock:
    """The block with other lines in it; lines without statements become comments."""
    assert isinstance(old, cst.IndentedBlock)
    built = Block(top=False, begins=True)
    for line in lines:
        built.add(line)
    body = list(built.body)
    if body:
        body[0] = with_leading(body[0], _without_blanks(leading(body[0])))
    return old.with_changes(body=body, footer=built.finish())


def _without_blanks(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines from the first comment on."""
    first = next((i for i, line in enumerate(lines) if line.comment), len(lines))
    return list(lines[first:])


def statements(body: cst.BaseSuite) -> list[Line]:
    """The statements of a body, each on a line of its own."""
    if isinstance(body, cst.SimpleStatementSuite):
        line = cst.SimpleStatementLine(body.body, trailing_whitespace=body.trailing_whitespace)
        return list(_parted(line))
    assert isinstance(body, cst.IndentedBlock)
    lines: list[Line] = []
    for statement in body.body:
        if isinstance(statement, cst.SimpleStatementLine):
            lines += _parted(statement)
        else:
            lines.append(statement)
    return lines


def _parted(line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
    """The statements of one line on as many lines."""
    ended = cst.MaybeSentinel.DEFAULT
    parts = [cst.SimpleStatementLine([small.with_changes(semicolon=ended)]) for small in line.body]
    parts[0] = parts[0].with_changes(leading_lines=line.leading_lines)
    parts[-1] = parts[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
    return parts


def absorb(out: list[list[Line]], init: int) -> None:
    """Take the statement after ``init`` away and leave its comments above that."""
    line, absorbed = out[init][0], out[init + 1][0]
    told = [line for line in spoken(absorbed) if line.comment]
    out[init] = [with_leading(line, [*leading(line), *told])]
    out[init + 1] = []


def spoken(line: Line) -> list[cst.EmptyLine]:
    """The lines above a statement, and the comment beside it as one more."""
    end = beside(line.trailing_whitespace) if isinstance(line, cst.SimpleStatementLine) else []
    return [*leading(line), *end]


def beside(end: cst.TrailingWhitespace) -> list[cst.EmptyLine]:
    """The comment at the end of a line as a line; none where it speaks to a tool of that line."""
    comment = end.comment
    return (
        [] if comment is None or is_directive(comment.value) else [cst.EmptyLine(comment=comment)]
    )


def nothing(lines: Sequence[cst.EmptyLine]) -> cst.SimpleStatementLine:
    """A line without statements, which hands its comments on to the next."""
    return cst.SimpleStatementLine([], leading_lines=lines)
