"""The engine: edits in, new text out, with every byte outside the edited statements as it was.

Only the top-level statements that an edit touches are parsed with libcst, each from the end of the
statement before it to its own end; the rest of the file is never taken apart.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Fault, Source
from ._base import Edit, EditError, Level
from ._imports import resolve
from ._locate import Place, depth, locate
from .choose import choose, conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import libcst as cst

__all__ = ["apply", "choose", "conflict"]

#: libcst recurses on the native stack; what is nested deeper than this is left alone.
MAX_DEPTH = 150

_LINE_FEED = re.compile(r"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole lines of the file, from one top-level statement to another, and their edits."""

    first: int  # the first statement, as an index
    last: int  # the last statement, inclusive
    places: tuple[Place, ...]


def apply(source: Source, tree: ast.Module, edits: Sequence[Edit]) -> str | Fault:
    """The text of a file after the edits.

    Args:
        source: The file.
        tree: Its tree; it is not changed.
        edits: Edits of this file that do not conflict. Identical ones are made once.

    Returns:
        The whole new text, or a Fault that names the place of an edit that could not be made.
    """
    if not edits:
        return source.text
    try:
        return _applied(source, tree, resolve(source, tree, edits))
    except EditError as error:
        return Fault(source.path, error.line, error.reason)
    except RecursionError:
        return Fault(source.path, edits[0].span.line, "is nested too deeply to be rewritten")


def _applied(source: Source, tree: ast.Module, edits: list[Edit]) -> str:
    places = locate(source, tree, edits)
    _check_depth(tree, places)
    if any(edit.level is Level.MODULE for edit in edits):
        return _whole(source, tree, places, edits)
    text, end = [], len(source.text)
    for piece in reversed(list(_pieces(tree, places))):
        start, stop = _bounds(source, tree, piece)
        first = source.position(start)[0]
        new = _rewritten(source, tree, source.text[start:stop], first, piece.places, ())
        if new is None:
            return _whole(source, tree, places, edits)
        text += [source.text[stop:end], new]
        end = start
    text.append(source.text[:end])
    return "".join(reversed(text))


def _check_depth(tree: ast.Module, places: Sequence[Place]) -> None:
    """Raises EditError for an edit in a statement that libcst could not take apart."""
    for place in places:
        if depth(tree.body[place.top]) > MAX_DEPTH:
            raise EditError("is nested too deeply to be rewritten", place.edit.span.line)


def _whole(source: Source, tree: ast.Module, places: Sequence[Place], edits: Sequence[Edit]) -> str:
    """The text after the edits, with the whole file taken apart."""
    if depth(tree) > MAX_DEPTH + 1:
        raise EditError("is nested too deeply to be rewritten")
    new = _rewritten(source, tree, source.text, 1, places, edits)
    if new is None:
        raise EditError("libcst does not print this file as it read it")
    return new


def _pieces(tree: ast.Module, places: Sequence[Place]) -> Iterator[_Piece]:
    """The pieces that hold the edits, in order, none touching another's lines."""
    spans: dict[tuple[int, int], list[Place]] = {}
    for place in places:
        spans.setdefault(_reach(tree, place), []).append(place)
    first = last = -1
    mine: list[Place] = []
    for (start, stop), found in sorted(spans.items(), key=lambda item: item[0]):
        if mine and start > last:
            yield _Piece(first, last, tuple(mine))
            mine = []
        first = first if mine else start
        last = max(last, stop)
        mine.extend(found)
    if mine:
        yield _Piece(first, last, tuple(mine))


def _reach(tree: ast.Module, place: Place) -> tuple[int, int]:
    """The top-level statements that an edit needs to see, as indices, the last inclusive."""
    body, first, last = tree.body, place.top, place.top
    if place.edit.level is Level.STATEMENT and place.node is body[place.top]:
        if last + 1 < len(body):
            last += 1
        elif first:
            first -= 1
    while first and body[first - 1].end_lineno == _start(body[first]):
        first -= 1
    while last + 1 < len(body) and _start(body[last + 1]) == body[last].end_lineno:
        last += 1
    return first, last


def _start(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _bounds(source: Source, tree: ast.Module, piece: _Piece) -> tuple[int, int]:
    """Where the lines of a piece start and stop, as offsets in the text."""
    above = tree.body[piece.first - 1].end_lineno or 0 if piece.first else 0
    below = tree.body[piece.last].end_lineno or 0
    starts = source.starts
    return starts[above], starts[below] if below < len(starts) else len(source.text)


def _rewritten(
    source: Source,
    tree: ast.Module,
    text: str,
    first: int,
    places: Sequence[Place],
    edits: Sequence[Edit],
) -> str | None:
    """The text of a piece after its edits, or None if libcst does not print it as it read it."""
    from ._rewrite import finish, rewrite

    old_mac = "\r" in text and "\n" not in text
    module = _parsed(source, tree, text.replace("\r", "\n") if old_mac else text)
    if module is None:
        return None
    changed = finish(rewrite(module, source, first, places), edits)
    # libcst prints an empty module as an empty line.
    new = changed.code if changed.body or changed.header or changed.footer else ""
    if old_mac:
        return new.replace("\n", "\r")
    only_crlf = "\r\n" in source.text and not _LINE_FEED.search(source.text)
    return _LINE_FEED.sub("\r\n", new) if only_crlf else new


def _parsed(source: Source, tree: ast.Module, text: str) -> cst.Module | None:
    """The libcst tree of a piece, or None if it is not printed as it was read."""
    import libcst as cst

    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError):
        return None  # it knows less of the grammar than Python: `return*a, b`, say
    line_end = re.search(r"\r\n|\n", source.text)
    if line_end and "\n" not in text:
        module = module.with_changes(default_newline=line_end.group())
    indent = _indent(source, tree)
    if indent and not re.search(r"^[ \t]", text, re.MULTILINE):
        module = module.with_changes(default_indent=indent)
    return module if module.code == text else None


def _indent(source: Source, tree: ast.Module) -> str:
    """The indentation of the first indented statement of the file, or an empty string."""
    for node in tree.body:
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            lead = source.line(body[0].lineno)[: body[0].col_offset]
            if lead and not lead.strip():
                return lead
    return ""
