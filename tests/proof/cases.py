"""Cases of rules that can be run: a ``run.json`` beside ``before/`` says what has to hold.

Its keys, all optional:

- ``fails_before``: what the program raises before, as the beginning of ``Type: message``; it works
  afterwards. Without it, the program has to do the same before and after.
- ``value``: the ``repr`` of what ``main()`` returns afterwards.
- ``statements``: the largest number of statements afterwards.
- ``from``: count the statements only after the last one that holds this text.
- ``databases``: the kinds of database for which this holds; by default all.
- ``releases``: further releases of tortoise-orm for which this holds, on SQLite.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .judge import differences, statements
from .rewrite import applied

if TYPE_CHECKING:
    from pathlib import Path

    from .player import Outcome

KINDS = ("sqlite", "postgres", "mysql")
_KEYS = {"fails_before", "value", "statements", "from", "databases", "releases"}


@dataclass(frozen=True)
class Case:
    """A case that can be run.

    Attributes:
        folder: Its folder.
        fails_before: What it raises before, or an empty string.
        value: What it returns afterwards, or an empty string where that is not said.
        statements: The largest number of statements afterwards; None where that is not said.
        mark: The text of the last statement that does not count.
        databases: The kinds of database for which this holds.
        releases: Further releases of tortoise-orm for which it holds.
    """

    folder: Path
    fails_before: str
    value: str
    statements: int | None
    mark: str
    databases: tuple[str, ...]
    releases: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """The program."""
        root = self.folder / "before"
        paths = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".toml"))
        return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}

    def rewritten(self, code: str, release: str) -> dict[str, str]:
        """What the rule makes of the program, for a release."""
        return applied(self.files(), release, code)

    def failures(self, code: str, before: Outcome, after: Outcome) -> list[str]:
        """What does not hold."""
        found = self._compared(code, before, after)
        if self.value and after.value != self.value:
            found.append(f"it returns {after.value}, not {self.value}")
        count = self._counted(after)
        if self.statements is not None and count > self.statements:
            found.append(f"{count} statements, not {self.statements}")
        return found

    def _compared(self, code: str, before: Outcome, after: Outcome) -> list[str]:
        if not self.fails_before:
            return differences(before, after, {code})
        found = []
        if not before.exception.startswith(self.fails_before):
            found.append(f"before, it raises {before.exception!r}, not {self.fails_before!r}")
        if after.exception or after.broken:
            found.append(f"afterwards it raises {after.exception or after.broken!r}")
        return found

    def _counted(self, outcome: Outcome) -> int:
        texts = [statement.text for statement in statements(outcome.events)]
        marks = [index for index, text in enumerate(texts) if self.mark and self.mark in text]
        return len(texts) - (marks[-1] + 1 if marks else 0)


def cases(fixtures: Path) -> list[Case]:
    """All cases that can be run, in the order of their names."""
    return [_read(path) for path in sorted(fixtures.glob("*/*/run.json"))]


def _read(path: Path) -> Case:
    said = json.loads(path.read_text("utf-8"))
    if unknown := said.keys() - _KEYS:
        raise ValueError(f"{path}: unknown keys {sorted(unknown)}")
    return Case(
        path.parent,
        said.get("fails_before", ""),
        said.get("value", ""),
        said.get("statements"),
        said.get("from", ""),
        tuple(said.get("databases", KINDS)),
        tuple(said.get("releases", ())),
    )
