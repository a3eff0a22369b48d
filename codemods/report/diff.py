"""A unified diff in bytes, for ``git apply`` and ``patch -p1``.

Its paths start at the folder in which it is applied. Lines end at ``\\n`` and nowhere else, as git
has it, so that carriage returns, form feeds and bytes of any encoding stay inside their line. There
is no ``diff --git`` line: with it git would read the paths from the top of the repository, wherever
the user stands.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CONTEXT = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"
_ESCAPES = {
    7: b"\\a",
    8: b"\\b",
    9: b"\\t",
    10: b"\\n",
    11: b"\\v",
    12: b"\\f",
    13: b"\\r",
    34: b'\\"',
    92: b"\\\\",
}


class Kind(Enum):
    """What a line of a diff is; the value is the terminal code that colours it."""

    HEADER = b"\x1b[1m"
    HUNK = b"\x1b[36m"
    OLD = b"\x1b[31m"
    NEW = b"\x1b[32m"
    SAME = b""


def unified(path: str, old: bytes, new: bytes, color: bool = False) -> bytes:
    """The diff that turns ``old`` into ``new``; nothing when they are equal.

    Args:
        path: What the headers name, relative to the folder in which the diff is applied;
            undecodable bytes of the name as surrogate escapes.
        old: The content before.
        new: The content after.
        color: Whether to colour the lines for a terminal.
    """
    pieces = _pieces(path, old, new)
    return b"".join(_painted(pieces) if color else (line for _, line in pieces))


def quoted(prefix: bytes, path: str) -> bytes:
    """A path with its ``a/`` or ``b/``, in C-style quotes where git writes it so."""
    raw = prefix + os.fsencode(path)
    if all(0x20 <= byte < 0x7F and byte not in _ESCAPES for byte in raw):
        return raw
    return b'"' + b"".join(map(_escaped, raw)) + b'"'


def _escaped(byte: int) -> bytes:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte


def _pieces(path: str, old: bytes, new: bytes) -> Iterator[tuple[Kind, bytes]]:
    if old == new:
        return
    yield from _header(path)
    before, after = _lines(old), _lines(new)
    start, end = (max(0, count - _CONTEXT) for count in _frame(before, after))
    middle = before[start : len(before) - end], after[start : len(after) - end]
    for hunk in _hunks(*middle):
        yield Kind.HUNK, _hunk_header(hunk, start)
        for tag, i1, i2, j1, j2 in hunk:
            if tag == "equal":
                yield from _body(Kind.SAME, b" ", middle[0][i1:i2])
            else:
                yield from _body(Kind.OLD, b"-", middle[0][i1:i2])
                yield from _body(Kind.NEW, b"+", middle[1][j1:j2])


def _header(path: str) -> Iterator[tuple[Kind, bytes]]:
    old, new = quoted(b"a/", path), quoted(b"b/", path)
    # Readers take a name to end at a blank; like git, end it with a tab where it holds one.
    end = b"\t\n" if b" " in old and not old.startswith(b'"') else b"\n"
    yield Kind.HEADER, b"--- " + old + end
    yield Kind.HEADER, b"+++ " + new + end


def _lines(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    last = parts.pop()
    lines = [part + b"\n" for part in parts]
    return [*lines, last] if last else lines


def _frame(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[int, int]:
    """How many lines are equal at the start and, apart from those, at the end.

    Leaving them out keeps the comparison of a long file with few changes fast.
    """
    limit = min(len(before), len(after))
    start = _common(zip(before, after, strict=False))
    backwards = zip(reversed(before), reversed(after), strict=False)
    end = min(_common(backwards), limit - start)
    return start, end


def _common(pairs: Iterable[tuple[bytes, bytes]]) -> int:
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _hunks(
    before: Sequence[bytes], after: Sequence[bytes]
) -> Iterator[list[tuple[str, int, int, int, int]]]:
    from difflib import SequenceMatcher

    # The equal lines at both ends must serve as context and nothing else, whatever they are equal
    # to: git takes a hunk with less context at its end than at its start to end the file.
    start, end = _frame(before, after)
    first = [*enumerate(before[:start])]
    last = [*enumerate(before[len(before) - end :], start)]
    one: list[object] = [*first, *before[start : len(before) - end], *last]
    other: list[object] = [*first, *after[start : len(after) - end], *last]
    for hunk in SequenceMatcher(None, one, other).get_grouped_opcodes(_CONTEXT):
        yield list(hunk)


def _hunk_header(hunk: list[tuple[str, int, int, int, int]], offset: int) -> bytes:
    (_, i1, _, j1, _), (_, _, i2, _, j2) = hunk[0], hunk[-1]
    old, new = _range(i1 + offset, i2 - i1), _range(j1 + offset, j2 - j1)
    return b"@@ -" + old + b" +" + new + b" @@\n"


def _range(start: int, length: int) -> bytes:
    """Start and length as a hunk header has them: an empty range names the line before it."""
    if length == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + 1 if length else start, length)


def _body(kind: Kind, sign: bytes, lines: Sequence[bytes]) -> Iterator[tuple[Kind, bytes]]:
    for line in lines:
        yield kind, sign + line
        if not line.endswith(b"\n"):
            # Begins with a line end because the line it follows has none.
            yield Kind.SAME, b"\n" + _NO_NEWLINE


def _painted(pieces: Iterable[tuple[Kind, bytes]]) -> Iterator[bytes]:
    for kind, line in pieces:
        if not kind.value:
            yield line
            continue
        body = line.removesuffix(b"\n")
        yield kind.value + body + b"\x1b[0m" + line[len(body) :]
