"""The comments by which a user tells the tool to keep its hands off.

``# tortoise-fix: ignore`` holds for the statement on whose first or last line it stands,
``# tortoise-fix: ignore[TOR310, n-plus-one]`` only for the rules that it lists by code or name, and
``# tortoise-fix: skip-file`` in the first ten lines for the whole file. What follows such a
directive after a blank is the user's reason and is not read.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

MARKER = "tortoise-fix:"
_SKIP_WITHIN = 10
_DIRECTIVE = re.compile(r"#\s*tortoise-fix:\s*([^\s#\[]*)\s*(\[[^\]#]*\]?)?([^#]*)")
_CODE = re.compile(r"TOR\d+", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One ``ignore`` comment.

    Attributes:
        line: The line of the comment, from 1.
        col: The column of its ``#`` in characters, from 0.
        codes: The codes and names it lists, as written; empty means every rule.
    """

    line: int
    col: int
    codes: frozenset[str] = frozenset()

    def covers(self, code: str, name: str) -> bool:
        """Whether it speaks of the rule with this code and name; case does not matter."""
        wanted = {code.lower(), name.lower()}
        return not self.codes or any(listed.lower() in wanted for listed in self.codes)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A comment that begins like a directive but is none.

    Attributes:
        line: The line of the comment, from 1.
        col: The column of its ``#`` in characters, from 0.
        reason: What is wrong with it, as one clause.
    """

    line: int
    col: int
    reason: str


@dataclass(frozen=True, slots=True)
class Directives:
    """All that the comments of one file say to the tool, in the order of their lines."""

    skip_file: bool = False
    suppressions: tuple[Suppression, ...] = ()
    malformed: tuple[Malformed, ...] = ()

    def matching(
        self, lines: tuple[int, int], code: str, name: str
    ) -> Suppression | Malformed | None:
        """What keeps a rule away from the statement with these first and last lines, if anything.

        A malformed directive keeps every rule away: its author wanted the line left alone.
        """
        for suppression in self.suppressions:
            if suppression.line in lines and suppression.covers(code, name):
                return suppression
        return next((m for m in self.malformed if m.line in lines), None)


def directives(source: Source) -> Directives:
    """The directives in the comments of a source; in strings they mean nothing."""
    if MARKER not in source.text:
        return Directives()
    skip_file = False
    suppressions: list[Suppression] = []
    malformed: list[Malformed] = []
    for line, col, text in _comments(source):
        for match in _DIRECTIVE.finditer(text):
            read = _read(line, col + match.start(), match)
            if isinstance(read, Suppression):
                suppressions.append(read)
            elif isinstance(read, Malformed):
                malformed.append(read)
            else:
                skip_file = True
    return Directives(skip_file, tuple(suppressions), tuple(malformed))


def _read(line: int, col: int, match: re.Match[str]) -> Suppression | Malformed | None:
    """What one directive says; None stands for ``skip-file``."""
    word, bracket, rest = match[1], match[2] or "", match[3]
    if word == "skip-file":
        if line > _SKIP_WITHIN:
            reason = f"skip-file counts only in the first {_SKIP_WITHIN} lines"
            return Malformed(line, col, reason)
        return None
    if word != "ignore":
        known = "the directives are ignore, ignore[...] and skip-file"
        return Malformed(line, col, f"unknown directive {word!r}; {known}")
    if not bracket:
        if _CODE.match(rest.lstrip(" \t:,=(")):
            return Malformed(line, col, "list the rules in brackets, as in ignore[TOR310]")
        return Suppression(line, col)
    return _listed(line, col, bracket)


def _listed(line: int, col: int, bracket: str) -> Suppression | Malformed:
    if not bracket.endswith("]"):
        return Malformed(line, col, "the bracket after ignore is not closed")
    codes = [code.strip() for code in bracket[1:-1].split(",") if code.strip()]
    if not codes:
        return Malformed(line, col, "the brackets after ignore list no rule")
    wrong = next((code for code in codes if not _NAME.match(code)), None)
    if wrong is not None:
        return Malformed(line, col, f"{wrong!r} is not the code or the name of a rule")
    return Suppression(line, col, frozenset(codes))


def _comments(source: Source) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of each comment.

    Where a broken file stops the tokenizer, the lines after that are read as if their strings were
    comments too: to leave a line alone without need is the smaller error.
    """
    import tokenize

    reached = 0
    lines = (source.line(number) + "\n" for number in range(1, len(source.starts) + 1))
    try:
        for token in tokenize.generate_tokens(lambda: next(lines, "")):
            reached = max(reached, token.end[0])
            if token.type == tokenize.COMMENT:
                yield *token.start, token.string
    except (tokenize.TokenError, SyntaxError):
        for number in range(reached + 1, len(source.starts) + 1):
            text = source.line(number)
            if "#" in text:
                yield number, text.index("#"), text[text.index("#") :]


def statement_lines(source: Source, tree: ast.Module, line: int) -> tuple[int, int]:
    """The first and the last line of the innermost statement that covers ``line``.

    Of a compound statement only the header counts: from its first decorator to the colon. A line
    in no statement, such as that of an ``else``, stands for itself. Statements that share the line
    count as one.
    """
    body: list[ast.AST] = list(tree.body)
    while True:
        here = [node for node in body if _first_line(node) <= line <= _last_line(node)]
        inner = [node for node in here if _blocks(node) and _first_line(_blocks(node)[0]) <= line]
        if not inner:
            break
        body = _blocks(inner[-1])
    ends = [_header_end(source, node) if _blocks(node) else _last_line(node) for node in here]
    if not here or max(ends) < line:
        return line, line
    return min(_first_line(node) for node in here), max(ends)


def _blocks(node: ast.AST) -> list[ast.AST]:
    """The statements, handlers and cases directly inside a compound statement."""
    fields = ("body", "handlers", "orelse", "finalbody", "cases")
    return [child for field in fields for child in getattr(node, field, ())]


def _header_end(source: Source, node: ast.AST) -> int:
    """The last line of the header: comments and blank lines before the body do not belong to it."""
    first = _blocks(node)[0]
    line = _first_line(first)
    if ":" in source.line(line)[: getattr(first, "col_offset", 0)]:
        return line
    while line > _own_line(node):
        line -= 1
        text = source.line(line).lstrip()
        if text and not text.startswith("#"):
            break
    return line


def _own_line(node: ast.AST) -> int:
    # A case has no position of its own; its pattern begins on the same line.
    place = node.pattern if isinstance(node, ast.match_case) else node
    line: int = place.lineno  # type: ignore[attr-defined]
    return line


def _first_line(node: ast.AST) -> int:
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else _own_line(node)


def _last_line(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return _last_line(node.body[-1])
    line: int = node.end_lineno  # type: ignore[attr-defined]
    return line
