"""``RegisterTortoise`` put into the libcst tree of a lifespan, with its comments and layout.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ._base import EditError
from ._block import is_nothing, leading, with_leading
from ._handler import read
from ._layout import remarks
from ._lifespan_lines import Line, absorb, beside, block, context, nothing, spoken
from .handler import Split, flat
from .register_in import Close

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .register_in import RegisterIn


def registered(edit: RegisterIn, node: Line) -> Line:
    """The function with the ``async with`` in it; raises EditError where a comment would go."""
    new = _entered(edit, node, edit.sites.steps)
    if remarks(node) - remarks(new):
        raise EditError("registering the ORM in the lifespan would lose a comment")
    return new


def _entered(edit: RegisterIn, owner: Line, steps: Sequence[int]) -> Line:
    """A compound statement with the block rewritten that ``steps`` lead to from its body."""
    body = owner.body if isinstance(owner, (cst.FunctionDef, cst.Try, cst.With)) else None
    if not isinstance(body, cst.IndentedBlock):
        raise EditError("the edit expects a block of lines here")
    lines: list[Line] = list(body.body)
    if not steps:
        lines = _lines(edit, lines, body)
        return owner.with_changes(body=block(body.with_changes(footer=[]), lines))
    inner = _entered(edit, lines[steps[0]], steps[1:])
    if len(steps) == 1 and edit.sites.close is Close.OUTER:
        closed = _closed(edit)
        new = [*_released(inner, []), *closed.head, *closed.tail]
        lines[steps[0] : steps[0] + 1] = new
    else:
        lines[steps[0]] = inner
    return owner.with_changes(
        body=block(body.with_changes(footer=[]), [*lines, nothing(body.footer)])
    )


def _lines(edit: RegisterIn, old: Sequence[Line], body: cst.IndentedBlock) -> list[Line]:
    """The lines of the block that holds the call, with what follows it in the ``async with``."""
    sites, closed = edit.sites, _closed(edit)
    groups: list[list[Line]] = [[line] for line in old]
    if sites.schemas:
        absorb(groups, sites.init)
    opened = _opened(edit, groups[sites.init][0])
    stop = len(old) if sites.stop is None else sites.stop
    inside = [*opened.tail, *flat(groups[sites.first : stop])]
    after = flat(groups[stop:])
    if sites.close is Close.BLOCK:
        inside += [nothing(spoken(old[stop])), *closed.head]
        after = [*closed.tail, *after[1:]]
    elif sites.close is Close.INNER:
        inside[-1:] = _released(inside[-1], closed.head)
        after = [*closed.tail, *after]
    (after if after else inside).append(nothing(body.footer))
    assert opened.init is not None
    registration = context(edit.how, opened.init, inside)
    return [*flat(groups[: sites.init]), *opened.head, registration, *after]


def _opened(edit: RegisterIn, line: Line) -> Split[Line]:
    """What becomes of the statement that sets up the ORM."""
    if edit.opener is None:
        return Split([], line, [])
    inner = read(edit.opener)
    return Split([nothing(spoken(line)), *inner.head], inner.init, inner.tail)


def _closed(edit: RegisterIn) -> Split[Line]:
    """What the function that closes the connections does besides."""
    return read(edit.closer) if edit.closer else Split([], None, [])


def _released(node: Line, instead: Sequence[Line]) -> list[Line]:
    """A ``try`` with other statements for the last one of its ``finally``.

    Its body alone where nothing is left of the ``finally`` and there is no ``except``.
    """
    if not isinstance(node, cst.Try) or node.finalbody is None:
        raise EditError("the edit expects a try with a finally here")
    final = node.finalbody.body
    if not isinstance(final, cst.IndentedBlock) or not isinstance(node.body, cst.IndentedBlock):
        raise EditError("the edit expects a block of lines here")
    *rest, last = final.body
    lines = [*rest, nothing([n for n in spoken(last) if n.comment]), *instead]
    if any(not is_nothing(line) for line in lines):
        left = block(final.with_changes(footer=[]), [*lines, nothing(final.footer)])
        return [node.with_changes(finalbody=node.finalbody.with_changes(body=left))]
    told = [*_heads(node.finalbody.leading_lines, final), *flat(map(leading, lines))]
    told += [line for line in final.footer if line.comment]
    if node.handlers:
        return [node.with_changes(finalbody=None), nothing(told)]
    head = nothing([*node.leading_lines, *_heads((), node.body)])
    body = list(node.body.body)
    body[0] = with_leading(body[0], [line for line in leading(body[0]) if line.comment])
    footer = [line for line in node.body.footer if line.comment]
    return [head, *body, nothing([*footer, *told])]


def _heads(above: Sequence[cst.EmptyLine], body: cst.IndentedBlock) -> list[cst.EmptyLine]:
    """The comments above a clause and at the end of its line."""
    return [line for line in [*above, *beside(body.header)] if line.comment]
