"""Cases of rules that can be run: a ``run.json`` beside ``before/`` says what has to hold.

Its keys, all optional:

- ``fails_before``: what the program raises before, as the beginning of ``Type: message``, be it
  when its models are loaded; it works afterwards. Without it, the program has to do the same before
  and after.
- ``value``: the ``repr`` of what ``main()`` returns afterwards.
- ``statements``: the largest number of statements afterwards.
- ``from``: count the statements only after the last one that holds this text.
- ``databases``: the kinds of database for which this holds; by default all.
- ``releases``: further releases of tortoise-orm for which this holds, on SQLite; each may name
  releases of other packages after it, as in ``0.21.7 fastapi==0.110.0``.
- ``unsafe``: whether unsafe repairs are applied.

A program that is served instead of called has these, both of them:

- ``app``: the ASGI application, as ``module:name``.
- ``answers``: what is asked of it by HTTP, and what it answers afterwards, such as
  ``{"GET /items": "200 [1]", "POST /items {\\"size\\": 2}": "201 2"}``, in this order.

It is served by uvicorn, on a new database that stands in for ``sqlite://:memory:`` in its files.
What it prints and logs from its start to its end, in order, all tables at the end and every
statement have to be the same. With ``fails_before`` that is the first exception that the server
logs, of the import, the startup or a request; and what comes of the requests is not compared, nor
what is printed where the program cannot be imported.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .judge import differences, statements
from .player import Job
from .rewrite import applied
from .server import STARTED, STOPPED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .player import Outcome

KINDS = ("sqlite", "postgres", "mysql")
_KEYS = {
    "fails_before", "value", "statements", "from", "databases", "releases", "unsafe", "app",
    "answers",
}  # fmt: skip


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
        unsafe: Whether unsafe repairs are applied.
        app: The application, or an empty string where nothing is served.
        answers: What is asked, and what it is answered with afterwards.
    """

    folder: Path
    fails_before: str
    value: str
    statements: int | None
    mark: str
    databases: tuple[str, ...]
    releases: tuple[str, ...]
    unsafe: bool = False
    app: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The rule and the case."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    def files(self) -> dict[str, str]:
        """The program."""
        root = self.folder / "before"
        paths = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".toml"))
        return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}

    def rewritten(self, code: str, release: str) -> dict[str, str]:
        """What the rule makes of the program, for a release."""
        return applied(self.files(), release, code, self.unsafe)

    def failures(self, code: str, before: Outcome, after: Outcome) -> list[str]:
        """What does not hold."""
        found = self._compared(code, before, after)
        if self.value and after.value != self.value:
            found.append(f"it returns {after.value}, not {self.value}")
        if self.app and after.value != json.dumps(list(self.answers.values())):
            found.append(f"it answers {after.value}")
        count = self._counted(after)
        if self.statements is not None and count > self.statements:
            found.append(f"{count} statements, not {self.statements}")
        return found

    def job(self, files: dict[str, str]) -> Job:
        """How it is run or served."""
        return Job(files, ["models"], self.app or "main", [], requests=list(self.answers))

    def _compared(self, code: str, before: Outcome, after: Outcome) -> list[str]:
        if not self.fails_before:
            return differences(before, after, {code})
        found = []
        raised = before.exception or before.broken
        if not raised.startswith(self.fails_before):
            found.append(f"before, it raises {raised!r}, not {self.fails_before!r}")
        if after.exception or after.broken:
            found.append(f"afterwards it raises {after.exception or after.broken!r}")
        one, other = _around(before.printed), _around(after.printed)
        # A program that cannot even be imported has nothing to compare with.
        if self.app and before.printed and one != other:
            found.append(f"printed around requests:\n    before: {one}\n    after:  {other}")
        return found

    def _counted(self, outcome: Outcome) -> int:
        texts = [statement.text for statement in statements(outcome.events)]
        marks = [index for index, text in enumerate(texts) if self.mark and self.mark in text]
        return len(texts) - (marks[-1] + 1 if marks else 0)


def _around(printed: str) -> list[str]:
    """What is printed before the first request, and after the last."""
    before, _, rest = printed.partition(STARTED)
    return [before, rest.partition(STOPPED)[2]]


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
        said.get("unsafe", False),
        said.get("app", ""),
        said.get("answers", {}),
    )
