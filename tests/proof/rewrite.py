"""Rewrites a program as the tool would, and says which of its flaws that settles."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tortoise_fix.codemods.rules._base import Safety
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

from .flaws import places, rendered
from .releases import INSTALLED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tortoise_fix.codemods.rules._base import Finding
    from tortoise_fix.codemods.run.changes import Plan

    from .generate import Program

#: What repairs programs that raise, hang or do not do what was meant.
_REPAIRING = (
    *(201, 202, 206, 208, 209, 210, 211, 214, 215, 216, 222, 223, 224, 225, 226, 227, 228),
    *(230, 231, 312, 313, 314),
)
REPAIRING = frozenset(f"TOR{number}" for number in _REPAIRING)


@dataclass(frozen=True)
class Rewritten:
    """A program as it ought to be, and what the tool makes of the one with flaws.

    Attributes:
        before: The files to compare with: those that the tool was given, with the flaws mended
            that it repairs.
        after: The files that it wrote.
        fired: How often each rule repaired something.
        doubted: How often of these the repair was an unsafe one.
        faults: What the tool calls a fault of its own.
    """

    before: dict[str, str]
    after: dict[str, str]
    fired: Counter[str]
    doubted: Counter[str]
    faults: tuple[str, ...] = ()


def rewritten(program: Program, target: str = INSTALLED) -> Rewritten:
    """Apply all rules, in memory; flaws that they leave alone are mended by hand before."""
    at = places(program.files)
    mended: set[int] = set()
    while True:
        files = rendered(program.files, mended)
        made = _planned(files, target, unsafe=program.unsafe)
        repaired = {(f.path, f.span.line) for f in made.findings if _is_repaired(made, f)}
        left = {number for number in at if number not in mended and not at[number] <= repaired}
        if not left:
            break
        mended |= left
    after = {**files, **{change.path: change.new.decode() for change in made.changes}}
    repairs = [finding for change in made.changes for finding in change.findings]
    fired = Counter(f.code for f in repairs)
    doubted = Counter(f.code for f in repairs if f.safety is Safety.UNSAFE)
    faults = tuple(str(fault) for fault in made.faults)
    return Rewritten(rendered(program.files), after, fired, doubted, faults)


def applied(
    files: Mapping[str, str], target: str, code: str, unsafe: bool = False
) -> dict[str, str]:
    """The files once one rule has been applied; an AssertionError where it changes nothing."""
    made = _planned(files, target, code, unsafe)
    assert made.changes and not made.faults, f"{code} changes nothing: {made.faults}"
    return {**files, **{change.path: change.new.decode() for change in made.changes}}


def _is_repaired(made: Plan, finding: Finding) -> bool:
    applied = any(finding in change.findings for change in made.changes)
    return finding.code in REPAIRING and applied


def _planned(
    files: Mapping[str, str], target: str, select: str = "ALL", unsafe: bool = False
) -> Plan:
    settings = Settings(select=(select,), target_version=target, unsafe=unsafe)
    with tempfile.TemporaryDirectory(prefix="proof") as folder:
        root = Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return plan(Request(root, (root,), settings, cache=False))
