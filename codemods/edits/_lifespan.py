"""A lifespan built from the libcst trees of the handlers, with their comments and layout.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._base import EditError
from ._block import Block, leading, split, with_leading
from ._layout import is_directive, remarks, space
from ._row import of_call, to_call
from .lifespan import Parts, arranged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lifespan import Handler, InsertLifespan

Line = cst.BaseStatement


def build(edit: InsertLifespan) -> Line:
    """The function. Raises EditError where a comment of a handler would be lost."""
    function = cst.parse_module(edit.head()).body[0]
    assert isinstance(function, cst.FunctionDef)
    pause: Line = cst.SimpleStatementLine([cst.Expr(cst.Yield())])
    parts = arranged(edit, _lines, pause)
    head = [*parts.before, _context(edit, parts), *parts.after]
    new = function.with_changes(body=_block(function.body, head))
    for handler in (*edit.startup, *edit.shutdown):
        if remarks(_parsed(handler)) - remarks(new):
            raise EditError("moving the hooks into a lifespan would lose a comment")
    return new


def _context(edit: InsertLifespan, parts: Parts[Line]) -> Line:
    """The ``async with`` that registers the ORM, around what it holds."""
    init = parts.init
    assert isinstance(init, cst.SimpleStatementLine)
    item = cst.WithItem(_registration(edit, init))
    body = _block(cst.IndentedBlock([]), parts.inside)
    return cst.With(
        items=[item],
        body=body.with_changes(header=init.trailing_whitespace),
        asynchronous=cst.Asynchronous(),
        leading_lines=init.leading_lines,
    )


def _registration(edit: InsertLifespan, init: cst.SimpleStatementLine) -> cst.Call:
    """The call that takes the place of ``Tortoise.init``, broken where it gets too long."""
    statement = init.body[0]
    awaited = statement.value if isinstance(statement, cst.Expr) else None
    call = awaited.expression if isinstance(awaited, cst.Await) else None
    if not isinstance(call, cst.Call):
        raise EditError("the edit expects a call of Tortoise.init here")
    tight = cst.AssignEqual(whitespace_before=space(), whitespace_after=space())
    args = [
        arg if arg.keyword else arg.with_changes(keyword=cst.Name(name), equal=tight)
        for arg, name in zip(call.args, [*edit.arguments, *[""] * len(call.args)], strict=False)
    ]
    bare = call.with_changes(func=cst.Name("RegisterTortoise"), args=args, lpar=[], rpar=[])
    row = of_call(bare)
    row.insert(0, cst.Arg(cst.Name(edit.parameter)))
    if any(handler.schemas for handler in edit.startup):
        keyword = cst.Name("generate_schemas")
        row.insert(len(row.items), cst.Arg(cst.Name("True"), keyword=keyword, equal=tight))
    return _fitted(to_call(bare, row), edit)


def _fitted(call: cst.Call, edit: InsertLifespan) -> cst.Call:
    """The call, an argument on each line if it stood on one line that is now too long."""
    text = f"{edit.indent}async with {cst.Module([]).code_for_node(call)}:"
    if "\n" in text or len(text.expandtabs(4)) <= edit.width:
        return call
    deeper = cst.ParenthesizedWhitespace(indent=True, last_line=space(edit.indent))
    ended = cst.ParenthesizedWhitespace(indent=True)
    args = [arg.with_changes(comma=cst.Comma(whitespace_after=deeper)) for arg in call.args]
    args[-1] = args[-1].with_changes(comma=cst.Comma(whitespace_after=ended))
    return call.with_changes(whitespace_before_args=deeper, args=args)


def _block(old: cst.BaseSuite, lines: Sequence[Line]) -> cst.IndentedBlock:
    """The block with other lines in it; lines without statements become comments."""
    assert isinstance(old, cst.IndentedBlock)
    block = Block(top=False, begins=True)
    for line in lines:
        block.add(line)
    body = list(block.body)
    if body:
        body[0] = with_leading(body[0], _without_blanks(leading(body[0])))
    return old.with_changes(body=body, footer=block.finish())


def _without_blanks(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines from the first comment on."""
    first = next((i for i, line in enumerate(lines) if line.comment), len(lines))
    return list(lines[first:])


# Reading a handler


def _parsed(handler: Handler) -> Line:
    """The function or the call of a handler, with the comments that belong to it."""
    module = cst.parse_module(handler.source)
    first = module.body[0]
    assert isinstance(first, cst.BaseStatement)
    above = [*module.header, *leading(first)]
    return with_leading(first, split(above)[1])


def _lines(handler: Handler) -> list[list[Line]]:
    """The statements of a handler, one list for each, and one for what follows the last."""
    function = _parsed(handler)
    if not isinstance(function, cst.FunctionDef):
        return [[function]]
    head = _head(function)
    lines = _statements(function.body)
    out: list[list[Line]] = [[line] for line in lines]
    doc = function.get_docstring()
    if doc is not None:
        head += [_comment(text) for text in doc.splitlines()]
        out[0] = [_nothing(_spoken(lines[0]))]
    if handler.close >= 0:
        out[handler.close] = [_nothing(_spoken(lines[handler.close]))]
    if handler.schemas:
        _absorb(out, handler.init)
    out = [[_passed(line) for line in some] for some in out]
    if handler.init == 0:
        out[0] = [with_leading(out[0][0], [*head, *leading(out[0][0])])]
    else:
        out[0].insert(0, _nothing(head))
    footer = getattr(function.body, "footer", ())
    return [*out, [_nothing([line for line in footer if line.comment])]]


def _head(function: cst.FunctionDef) -> list[cst.EmptyLine]:
    """The comments above, beside and between the decorator and the first statement."""
    lines = leading(function)
    for decorator in function.decorators:
        lines += _beside(decorator.trailing_whitespace)
    lines += [line for line in function.lines_after_decorators if line.comment]
    body = function.body
    return [*lines, *(_beside(body.header) if isinstance(body, cst.IndentedBlock) else [])]


def _statements(body: cst.BaseSuite) -> list[Line]:
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


def _absorb(out: list[list[Line]], init: int) -> None:
    """Take the statement after ``init`` away and leave its comments above that."""
    line, absorbed = out[init][0], out[init + 1][0]
    above = [line for line in leading(absorbed) if line.comment]
    beside = []
    if isinstance(absorbed, cst.SimpleStatementLine):
        beside = _beside(absorbed.trailing_whitespace)
    out[init] = [with_leading(line, [*leading(line), *above, *beside])]
    out[init + 1] = []


def _passed(line: Line) -> Line:
    """The line; of ``pass`` only its comments."""
    is_pass = isinstance(line, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Pass) for small in line.body
    )
    return _nothing(_spoken(line)) if is_pass else line


def _spoken(line: Line) -> list[cst.EmptyLine]:
    """The lines above a statement, and the comment beside it as one more."""
    beside = _beside(line.trailing_whitespace) if isinstance(line, cst.SimpleStatementLine) else []
    return [*leading(line), *beside]


def _beside(end: cst.TrailingWhitespace) -> list[cst.EmptyLine]:
    """The comment at the end of a line as a line; none where it speaks to a tool of that line."""
    comment = end.comment
    return (
        [] if comment is None or is_directive(comment.value) else [cst.EmptyLine(comment=comment)]
    )


def _comment(text: str) -> cst.EmptyLine:
    return cst.EmptyLine(comment=cst.Comment(f"# {text}".rstrip()))


def _nothing(lines: Sequence[cst.EmptyLine]) -> cst.SimpleStatementLine:
    """A line without statements, which hands its comments on to the next."""
    return cst.SimpleStatementLine([], leading_lines=lines)
