"""The stack of a lifespan in libcst: what enters it, what takes it and what holds it.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._base import EditError
from ._block import leading, with_leading
from ._layout import plain, remarks, space
from ._lifespan_lines import Line, block, nothing
from ._row import of_call, spread, to_call
from .exit_stack import ENTER, STACK_CLASS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exit_stack import EnterContext, HoldStack, TakeStack


def entered(edit: EnterContext, node: cst.CSTNode) -> cst.Call:
    """The call that enters ``RegisterTortoise``, broken where its line gets too long."""
    if not isinstance(node, cst.Call):
        raise EditError("the edit expects a call here")
    tight = cst.AssignEqual(whitespace_before=space(), whitespace_after=space())
    names = [*edit.arguments, *[""] * len(node.args)]
    args = [
        arg if arg.keyword else arg.with_changes(keyword=cst.Name(name), equal=tight)
        for arg, name in zip(node.args, names, strict=False)
    ]
    inner = node.with_changes(func=cst.Name("RegisterTortoise"), args=args, lpar=[], rpar=[])
    func = cst.Attribute(cst.Name(edit.stack), cst.Name(ENTER))
    outer = cst.Call(func, [cst.Arg(inner)], lpar=node.lpar, rpar=node.rpar)
    text = cst.Module([]).code_for_node(outer)
    if "\n" not in text and edit.span.col + len(text) <= edit.width:
        return outer
    deeper = cst.ParenthesizedWhitespace(indent=True, last_line=space(edit.indent))
    arg = cst.Arg(_inside(edit, inner), whitespace_after_arg=plain(deeper, ""))
    return outer.with_changes(whitespace_before_args=deeper, args=[arg])


def _inside(edit: EnterContext, inner: cst.Call) -> cst.Call:
    """The inner call one level deeper, an argument on each line if it does not fit on one."""
    text = cst.Module([]).code_for_node(inner)
    start = edit.span.col - len("await ") + len(edit.indent.expandtabs(4))
    if "\n" not in text and start + len(text) < edit.width:
        return inner
    deeper = (inner if "\n" in text else spread(inner, edit.indent)).visit(_Deeper(edit.indent))
    assert isinstance(deeper, cst.Call)
    return deeper


class _Deeper(cst.CSTTransformer):
    """Indents the lines on which an expression goes on by one level more."""

    def __init__(self, indent: str) -> None:
        cst.CSTTransformer.__init__(self)
        self._indent = indent

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """The gap with its last line, and those with comments, further to the right."""
        if not isinstance(updated_node, cst.ParenthesizedWhitespace):
            return updated_node
        lines = [
            line.with_changes(whitespace=space(self._indent + line.whitespace.value))
            if line.comment
            else line
            for line in updated_node.empty_lines
        ]
        last = space(self._indent + updated_node.last_line.value)
        return updated_node.with_changes(empty_lines=lines, last_line=last)


def taking(edit: TakeStack, node: Line) -> Line:
    """The function with one more parameter."""
    if not isinstance(node, cst.FunctionDef):
        raise EditError("the edit expects a function here")
    given = node.params
    if given.posonly_params or given.kwonly_params or given.star_kwarg:
        raise EditError("the function has parameters of other kinds")
    note = cst.Annotation(
        cst.Name(STACK_CLASS),
        whitespace_before_indicator=space(),
        whitespace_after_indicator=space(" "),
    )
    new = cst.Param(cst.Name(edit.name), annotation=note)
    params = given.with_changes(params=_with_last(node, given.params, new))
    made = node.with_changes(params=params)
    if remarks(node) - remarks(made):
        raise EditError("the function would lose a comment")
    return made


def _with_last(
    function: cst.FunctionDef, params: Sequence[cst.Param], new: cst.Param
) -> list[cst.Param]:
    """The parameters and one more, on a line of its own where the others are."""
    if not params:
        return [new]
    *rest, last = params
    gap: cst.BaseParenthesizableWhitespace = space(" ")
    opening = plain(function.whitespace_before_params)
    if isinstance(opening, cst.ParenthesizedWhitespace):
        gap = opening
    between = cst.Comma(whitespace_after=gap)
    if isinstance(last.comma, cst.Comma):
        return [*rest, last.with_changes(comma=between), new.with_changes(comma=last.comma)]
    ended = new.with_changes(whitespace_after_param=last.whitespace_after_param)
    return [*rest, last.with_changes(comma=between, whitespace_after_param=space()), ended]


def held_by(edit: HoldStack, node: Line) -> Line:
    """The function with the end of its body in the stack."""
    body = node.body if isinstance(node, cst.FunctionDef) else None
    if not isinstance(body, cst.IndentedBlock) or edit.first >= len(body.body):
        raise EditError("the edit expects a function of several lines here")
    lines: list[Line] = list(body.body)
    around = holding(edit.name, [*lines[edit.first :], nothing(body.footer)])
    new = node.with_changes(
        body=block(body.with_changes(footer=[]), [*lines[: edit.first], around])
    )
    if remarks(node) - remarks(new):
        raise EditError("holding the stack would lose a comment")
    return new


def given(name: str, line: Line) -> Line:
    """``await f(...)`` with the stack as one more argument of the call."""
    statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    value = statement.value if isinstance(statement, cst.Expr) else None
    call = value.expression if isinstance(value, cst.Await) else None
    if not isinstance(call, cst.Call):
        raise EditError("the edit expects an awaited call here")
    row = of_call(call)
    row.insert(len(row.items), cst.Arg(cst.Name(name)))
    new = line.deep_replace(call, to_call(call, row))
    assert isinstance(new, cst.BaseStatement)
    return new


def holding(name: str, lines: Sequence[Line]) -> Line:
    """``async with AsyncExitStack() as name:`` around lines, with the blanks above the first."""
    first = leading(lines[0])
    blanks = next((i for i, line in enumerate(first) if line.comment), len(first))
    inside = [with_leading(lines[0], first[blanks:]), *lines[1:]]
    return cst.With(
        items=[cst.WithItem(cst.Call(cst.Name(STACK_CLASS)), cst.AsName(cst.Name(name)))],
        body=block(cst.IndentedBlock([]), inside),
        asynchronous=cst.Asynchronous(),
        leading_lines=first[:blanks],
    )
