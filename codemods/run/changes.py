"""What a run would change, and what it found besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..rules._base import Finding
    from ..source import Fault


@dataclass(frozen=True)
class FileChange:
    """One file that the plan changes.

    Attributes:
        path: POSIX path relative to the root.
        old: Its bytes now.
        new: Its bytes afterwards, verified.
        findings: What is repaired in it.
    """

    path: str
    old: bytes
    new: bytes
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Plan:
    """All that a run would do, and all that it would not.

    Attributes:
        root: The project root.
        changes: The changes, ordered by path.
        left: Findings that are not repaired, with their places in the files as they are now.
        left_after: The same, with their places in the files after the changes.
        findings: Everything found in the files as they are now.
        faults: Files that could not be read, parsed or verified.
        skipped: Files that were left out and look as if they mattered.
        unused_suppressions: Suppressions that suppress nothing, and directives that are none.
        notes: What was detected, for instance versions.
        files: How many files were looked at.
    """

    root: Path
    changes: tuple[FileChange, ...] = ()
    left: tuple[Finding, ...] = ()
    left_after: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    skipped: tuple[Fault, ...] = ()
    unused_suppressions: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    files: int = 0
