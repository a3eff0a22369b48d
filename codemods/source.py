"""Bytes in, bytes out: what a file says, and how to write it back without losing a byte.

Nothing here knows Python's grammar or Tortoise. Lines are counted as Python's own tokenizer does:
``\\n``, ``\\r\\n`` and a lone ``\\r`` end a line, a form feed and the Unicode separators do not.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE_END_BYTES = re.compile(rb"\r\n|\r|\n")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?\Z")
_UTF8_NAME = re.compile(r"utf[-_]8(?:[-_].*)?\Z", re.IGNORECASE)
_LATIN1_NAME = re.compile(
    r"(?:latin[-_]1|iso[-_]8859[-_]1|iso[-_]latin[-_]1)(?:[-_].*)?\Z", re.IGNORECASE
)
_UTF8_BOM = b"\xef\xbb\xbf"


class Span(NamedTuple):
    """A piece of source: lines from 1, columns in characters from 0, the end exclusive."""

    line: int
    col: int
    end_line: int
    end_col: int

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies inside this span or is equal to it."""
        return self[:2] <= other[:2] and other[2:] <= self[2:]

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share at least one character."""
        return self[:2] < other[2:] and other[:2] < self[2:]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file, or a part of the run, could not be handled: an error as a value.

    Attributes:
        path: The file as the user would name it, relative to the project root.
        line: The line, from 1; 0 where none applies.
        reason: One clause, in the user's terms.
        advice: What to do about it, or an empty string.
    """

    path: str
    line: int
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        where = display(self.path) + (f":{self.line}" if self.line else "")
        return f"{where}: {self.reason}" + (f" ({self.advice})" if self.advice else "")


def display(path: str) -> str:
    """The path with what a terminal cannot show, or would obey, written as escapes.

    A byte of a file name that is not UTF-8 comes out as ``\\xe9``, a line feed as ``\\n``.
    """
    if path.isascii() and path.isprintable():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file and what it takes to turn that text back into its bytes.

    Attributes:
        path: POSIX path relative to the project root.
        text: The decoded text without its byte order mark, line ends untouched.
        encoding: A codec name that encodes ``text`` back.
        bom: The byte order mark that the file began with, or nothing.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bytes = b""
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def encode(self, text: str) -> bytes:
        """The bytes of ``text`` in this file's encoding. Raises UnicodeEncodeError."""
        return self.bom + text.encode(self.encoding)

    @property
    def starts(self) -> list[int]:
        """The offset in ``text`` at which each line starts; computed once."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(m.end() for m in _LINE_END.finditer(self.text))
        return self._starts

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1) without its line end."""
        starts = self.starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def offset(self, line: int, col: int) -> int:
        """The offset in ``text`` of a line (from 1) and a character column (from 0)."""
        return self.starts[line - 1] + col

    def position(self, offset: int) -> tuple[int, int]:
        """The line (from 1) and character column (from 0) of an offset in ``text``."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1]

    def slice(self, span: Span) -> str:
        """The text of a span."""
        start = self.offset(span.line, span.col)
        return self.text[start : self.offset(span.end_line, span.end_col)]

    def span(self, node: ast.AST) -> Span:
        """The span of a node of this file's ``ast``, which counts columns in UTF-8 bytes.

        Before Python 3.12 the parser places what stands inside an f-string only roughly; there
        the span lies within the file but need not be the node's.
        """
        line: int = node.lineno  # type: ignore[attr-defined]
        end_line: int = node.end_lineno  # type: ignore[attr-defined]
        return Span(
            line,
            self._characters(line, node.col_offset),  # type: ignore[attr-defined]
            end_line,
            self._characters(end_line, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def _characters(self, line: int, column: int) -> int:
        text = self.line(min(line, len(self.starts)))
        if text.isascii():
            return column
        return len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))


def decode(path: str, data: bytes) -> Source | Fault:
    """The source that ``data`` holds, read as Python itself would read it.

    Returns a Fault, never an exception, for null bytes, an unknown coding cookie, bytes that the
    declared encoding does not allow, and text that would not come back as the same bytes.
    """
    bom = _UTF8_BOM if data.startswith(_UTF8_BOM) else b""
    body = data[len(bom) :]
    if b"\0" in body:
        line = _line_of(body, body.index(b"\0"))
        return Fault(path, line, "contains null bytes, so it is not Python source")
    line, declared = _cookie(body)
    encoding = _codec(declared)
    if encoding is None:
        reason = f"declares {declared!r}, which is not a text encoding known to Python"
        return Fault(path, line, reason, "correct the coding cookie")
    if bom and encoding != "utf-8":
        reason = f"begins with a UTF-8 byte order mark but declares {declared!r}"
        return Fault(path, line, reason, "remove the mark or the coding cookie")
    return _decode(path, body, encoding, bom)


def _decode(path: str, body: bytes, encoding: str, bom: bytes) -> Source | Fault:
    try:
        text = body.decode(encoding)
        same = encoding == "utf-8" or text.encode(encoding) == body
    except UnicodeDecodeError as error:
        advice = "correct its bytes or declare its encoding in a coding cookie"
        return Fault(path, _line_of(body, error.start), f"is not valid {encoding}", advice)
    except ValueError:
        return Fault(path, 0, f"cannot be decoded as {encoding}", "convert it to UTF-8")
    if not same:
        reason = f"would not keep its bytes when decoded and encoded as {encoding}"
        return Fault(path, 0, reason, "convert it to UTF-8")
    return Source(path, text, encoding, bom)


def _line_of(body: bytes, offset: int) -> int:
    return len(_LINE_END_BYTES.findall(body, 0, offset)) + 1


def _cookie(body: bytes) -> tuple[int, str]:
    """The line and the name of the encoding that a PEP 263 comment declares, else UTF-8."""
    start = 0
    for number in (1, 2):
        end = _LINE_END_BYTES.search(body, start)
        line = body[start : end.start()] if end else body[start:]
        match = _COOKIE.match(line)
        if match:
            return number, match.group(1).decode("ascii")
        if end is None or not _BLANK.match(line):
            break
        start = end.end()
    return 0, "utf-8"


def _codec(declared: str) -> str | None:
    """The codec for a declared name; Python reads Emacs's ``utf-8-unix`` as UTF-8, and so on."""
    if _UTF8_NAME.match(declared):
        return "utf-8"
    if _LATIN1_NAME.match(declared):
        return "iso-8859-1"
    try:
        "".encode(declared)
    except (LookupError, ValueError):
        return None
    import codecs

    return codecs.lookup(declared).name


def parse(source: Source) -> ast.Module | Fault:
    """The syntax tree of a source, or why there is none. The parser's warnings are not shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source.text)
    except SyntaxError as error:
        return Fault(source.path, error.lineno or 0, f"syntax error: {error.msg}")
    except (RecursionError, MemoryError):
        return Fault(source.path, 0, "is nested too deeply to be parsed")
    except ValueError as error:
        return Fault(source.path, 0, f"cannot be parsed: {error}")
