"""The statements of a block: what stands above them, and how to put others between them.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from ._base import Edit, StatementEdit
from ._mean import sides

if TYPE_CHECKING:
    from collections.abc import Sequence


def leading(node: cst.BaseStatement) -> list[cst.EmptyLine]:
    """The blank lines and comments above a statement."""
    lines: Sequence[cst.EmptyLine] = getattr(node, "leading_lines", ())
    return list(lines)


def with_leading(node: cst.BaseStatement, lines: Sequence[cst.EmptyLine]) -> cst.BaseStatement:
    """The statement with these lines above it."""
    return node.with_changes(leading_lines=list(lines))


def split(lines: Sequence[cst.EmptyLine]) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """The lines up to the last blank one, and the comments directly above the statement."""
    at = len(lines)
    while at and lines[at - 1].comment is not None:
        at -= 1
    return list(lines[:at]), list(lines[at:])


def is_nothing(node: cst.BaseStatement) -> bool:
    """Whether a statement stands for none: a line without statements."""
    return isinstance(node, cst.SimpleStatementLine) and not node.body


@dataclass(slots=True)
class Block:
    """A block under reconstruction.

    Attributes:
        top: Whether it is the module.
        begins: Whether nothing stands before its first statement.
        body: The statements so far.
        carry: Lines of removed statements that wait for the next one.
    """

    top: bool
    begins: bool
    body: list[cst.BaseStatement] = field(default_factory=list)
    carry: list[cst.EmptyLine] = field(default_factory=list)
    _fresh: bool = False
    _headless: bool = False

    def add(self, node: cst.BaseStatement, edits: Sequence[Edit] = ()) -> None:
        """Append a statement and what its edits make of it."""
        before, after = sides(edits)
        now = [node]
        for edit in edits:
            if isinstance(edit, StatementEdit) and edit not in before and edit not in after:
                now = [new for old in now for new in edit.restate(old)]
        if before:
            head, own = split(leading(now[0]))
            now[0] = with_leading(now[0], own)
            self._open(head)
        for insert in before:
            self._insert(insert.new(), 0)
        blank = max((insert.blank for insert in before), default=0)
        self._old(now, blank)
        blank = blank if all(map(is_nothing, now)) else 0
        for insert in after:
            self._insert(insert.new(), max(insert.blank, blank) if insert is after[0] else 0)

    def finish(self) -> list[cst.EmptyLine]:
        """The lines that are left for the footer."""
        return self.carry if any(line.comment for line in self.carry) else []

    def _open(self, lines: list[cst.EmptyLine]) -> None:
        """Lines that go above what is inserted next."""
        self.carry = _joined(self.carry, lines)

    def _insert(self, new: Sequence[cst.BaseStatement], blank: int) -> None:
        for index, node in enumerate(new):
            self._put(node, 0 if index else blank, fresh=True)
        self._fresh = True

    def _old(self, nodes: Sequence[cst.BaseStatement], blank: int) -> None:
        for node in nodes:
            if is_nothing(node):
                self.carry = _joined(self.carry, leading(node))
                self._headless = not self.body
            else:
                self._put(node, blank, fresh=self._fresh)
                self._fresh = False
                blank = 0

    def _put(self, node: cst.BaseStatement, blank: int, fresh: bool) -> None:
        lines = _joined(self.carry, leading(node))
        self.carry = []
        previous = self.body[-1] if self.body else None
        if previous is None and self.begins and self._headless:
            lines = _bare(lines)
        elif fresh and not (previous is None and self.begins):
            lines = _padded(lines, max(blank, self._due(previous, node)))
        self.body.append(with_leading(node, lines) if lines != leading(node) else node)

    def _due(self, previous: cst.BaseStatement | None, node: cst.BaseStatement) -> int:
        """How many blank lines PEP 8 wants between two statements."""
        if _defines(previous) or _defines(node):
            return 2 if self.top else 1
        if self.top and previous is not None and _imports(previous) != _imports(node):
            return 1
        return 0


def _joined(first: list[cst.EmptyLine], second: list[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Lines above lines; blank lines that meet are not added up."""
    end = len(first)
    while end and first[end - 1].comment is None:
        end -= 1
    start = next((i for i, line in enumerate(second) if line.comment is not None), len(second))
    blanks = max(first[end:], second[:start], key=len)
    return [*first[:end], *blanks, *second[start:]]


def _padded(lines: list[cst.EmptyLine], count: int) -> list[cst.EmptyLine]:
    """The lines with at least ``count`` blank ones at their head."""
    blank = next((i for i, line in enumerate(lines) if line.comment is not None), len(lines))
    return [*(cst.EmptyLine(indent=False) for _ in range(count - blank)), *lines]


def _bare(lines: list[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines from the first comment on."""
    first = next((i for i, line in enumerate(lines) if line.comment is not None), len(lines))
    return lines[first:]


def _defines(node: cst.BaseStatement | None) -> bool:
    return isinstance(node, (cst.FunctionDef, cst.ClassDef))


def _imports(node: cst.BaseStatement) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and all(
        isinstance(part, (cst.Import, cst.ImportFrom)) for part in node.body
    )
