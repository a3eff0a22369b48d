"""Edits of lines in files that are not Python, whatever their format is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ._base import WHOLE, Edit, EditError, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..source import Span


@dataclass(frozen=True, slots=True)
class ReplaceLine(Edit):
    """Puts another text in the place of a line, wherever the file has it.

    Attributes:
        old: The line, without its end.
        new: What it becomes.
    """

    span: Span = field(default=WHOLE, init=False)
    old: str
    new: str
    level: ClassVar[Level] = Level.MODULE

    @property
    def claims(self) -> tuple[str, ...]:
        return (self.old,)


def replaced(text: str, edits: Sequence[ReplaceLine]) -> str:
    """The text after the edits, with its line ends. Raises EditError where a line is not there."""
    lines = text.splitlines(keepends=True)
    for edit in dict.fromkeys(edits):
        found = [index for index, line in enumerate(lines) if line.rstrip("\r\n") == edit.old]
        if not found:
            raise EditError(f"the line {edit.old!r} is not there")
        for index in found:
            lines[index] = lines[index].replace(edit.old, edit.new, 1)
    return "".join(lines)
