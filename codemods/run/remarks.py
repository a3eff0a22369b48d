"""What a run has to say besides its findings: files left out, idle suppressions, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..source import Fault
from ..suppress import Malformed
from .files import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..project.index import Project
    from ..rules._base import Finding, Rule
    from .examine import Examined
    from .files import Selection
    from .reader import Reader

#: What a file holds that looks as if it mattered.
FRAMEWORK = b"tortoise"


def idle(
    examined: Sequence[Examined], known: Sequence[Rule], enabled: Sequence[Rule]
) -> Iterator[Fault]:
    """Suppressions that suppress nothing, as far as the rules of this run can tell."""
    off = [rule for rule in known if rule not in enabled]
    silent = {text.lower() for rule in off for text in (rule.code, rule.name)}
    used = {comment for one in examined for comment in one.used}
    said = [(one.path, comment) for one in examined for comment in one.idle]
    for path, comment in said:
        if isinstance(comment, Malformed):
            yield Fault(path, comment.line, comment.reason)
        elif (path, comment) not in used:
            codes = {code.lower() for code in comment.codes}
            if codes.isdisjoint(silent) if codes else not any(rule.default for rule in off):
                yield Fault(path, comment.line, "this suppresses nothing", "remove the comment")


def skipped(
    examined: Iterable[Examined], selection: Selection, paths: Iterable[Path], reader: Reader
) -> Iterator[Fault]:
    """Files that were left out and look as if they mattered, or that are among ``paths``."""
    for one in examined:
        if one.skipped:
            yield Fault(one.path, 0, "asks to be skipped")
    named = _relative(selection.root, paths)
    for path, reason in selection.skipped:
        if reason.startswith("a symbolic link") or path in named:
            yield Fault(path, 0, f"skipped: {reason}")
    for path in selection.large:
        if reader.mentions(path, FRAMEWORK):
            yield Fault(path, 0, f"is larger than {MAX_BYTES // 1_000_000} MB, not looked at")


def notes(project: Project, paths: Iterable[str]) -> Iterator[str]:
    """What was detected, for the files that were looked at."""
    said = dict.fromkeys(project.versions_of(path).describe() for path in paths)
    return (note for note in said if note)


def _relative(top: Path, paths: Iterable[Path]) -> set[str]:
    """Paths as they are called relative to the root, without those outside of it."""
    resolved = (path.resolve() for path in paths)
    return {path.relative_to(top).as_posix() for path in resolved if path.is_relative_to(top)}


def still_there(before: Iterable[Finding], after: Iterable[Finding]) -> Iterator[Finding]:
    """The findings before the repairs whose rule still has something to say of the file.

    A repair can settle what another rule left to the user.
    """
    known = {(finding.path, finding.code) for finding in after}
    return (finding for finding in before if (finding.path, finding.code) in known)
