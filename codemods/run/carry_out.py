"""Writing what was planned: the only place from which a run changes the user's files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .changes import FileChange, Plan
    from .journal import Journal


@dataclass(frozen=True)
class WriteReport:
    """What writing a plan did.

    Attributes:
        written: The files that were changed, sorted.
        faults: Why others were not, and what the journal could not keep.
    """

    written: tuple[str, ...]
    faults: tuple[Fault, ...]


def carry_out(plan: Plan) -> WriteReport:
    """Write the changes of a plan, each atomically, with the originals in the journal.

    What one repair changes in several files is written in all of them or in none.
    """
    from .journal import Journal

    if not plan.changes:
        return WriteReport((), ())
    written: list[str] = []
    faults: list[Fault] = []
    journal = Journal.begin(plan.root)
    for group in _together(plan.changes):
        failed = _write_group(plan.root, journal, group)
        faults += failed
        written += () if failed else (change.path for change in group)
    ended = journal.finish()
    return WriteReport(tuple(sorted(written)), (*faults, *([ended] if ended else [])))


def _write_group(root: Path, journal: Journal, group: list[FileChange]) -> list[Fault]:
    """Write changes that belong together; where one fails, the others are taken back."""
    from .write import replace

    done: list[FileChange] = []
    for change in group:
        fault = journal.add(change.path, change.old, change.new)
        fault = fault or replace(root, change.path, change.old, change.new)
        if fault is not None:
            stuck = _take_back(root, done, change.path)
            aside = {change.path, *(one.path for one in stuck)}
            reason = f"was not changed: the same repair also changes {change.path}"
            others = [one.path for one in group if one.path not in aside]
            return [fault, *stuck, *(Fault(path, 0, reason) for path in others)]
        done.append(change)
    return []


def _take_back(root: Path, done: Sequence[FileChange], failed: str) -> list[Fault]:
    """Put back the old content of files, because another one failed; those that stay changed."""
    from .write import replace

    reason = f"was changed and could not be changed back when {failed} was not written"
    advice = "`tortoise-fix undo` takes it back"
    stuck = [one for one in reversed(done) if replace(root, one.path, one.new, one.old)]
    return [Fault(change.path, 0, reason, advice) for change in stuck]


def _together(changes: Iterable[FileChange]) -> list[list[FileChange]]:
    """The changes in groups, such that no repair has its edits in two of them."""
    groups: list[tuple[set[str], list[FileChange]]] = []
    for change in changes:
        linked = {change.path}.union(*(finding.paths for finding in change.findings))
        members = [change]
        for group in [group for group in groups if not group[0].isdisjoint(linked)]:
            groups.remove(group)
            linked |= group[0]
            members = [*group[1], *members]
        groups.append((linked, members))
    return [members for _, members in groups]
