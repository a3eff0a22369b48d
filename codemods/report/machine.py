"""What a run says to a program: one JSON object, documented here.

The object of ``check`` and ``apply`` has, in this order:

- ``schema``: 1; it grows when a field is removed or changes its meaning.
- ``version``: the version of the tool. ``command``: ``check`` or ``apply``.
- ``dry_run``: whether ``apply`` was to write nothing.
- ``root``: the project root; all paths are relative to it, with ``/``.
- ``files``: how many files were looked at.
- ``notes``: what the run detected, as strings.
- ``findings``: all that was found in the requested files, before any repair. Each has ``path``,
  ``line`` and ``column`` (from 1), ``end_line``, ``end_column``, ``code``, ``name``, ``message``,
  ``safety`` (``safe``, ``unsafe`` or ``manual``), ``fixable`` and ``advice``.
- ``changes``: the files that were changed, or would be: ``path``, ``fixes`` (as findings), and
  ``diff``, or null where none was asked for; bytes that are not UTF-8 are surrogate escapes in it.
- ``summary``: ``files_changed``, ``fixes``, and ``by_rule``, the fixes of each code.
- ``left``: the findings that are left for a hand, with their places in the files as they are after
  the run.
- ``unused_suppressions``, ``skipped`` and ``faults``: each with ``path``, ``line`` (0: none),
  ``reason`` and ``advice``.
- ``exit_code``: what the command exits with.

The keys are always present. ``rules`` prints a list of objects with ``code``, ``name``, ``set``,
``safety``, ``since``, ``until`` and ``summary``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .rules import rule_set
from .text import by_place, fixed, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..rules._base import Finding
    from ..rules._card import Card
    from ..run.changes import FileChange
    from ..source import Fault
    from .outcome import Outcome

_SCHEMA = 1


def run_document(outcome: Outcome, names: Mapping[str, str], version: str) -> str:
    """The JSON object of one run.

    Args:
        outcome: What the run came to.
        names: The name of each rule, by code.
        version: The version of the tool.
    """
    plan = outcome.plan
    document = {
        "schema": _SCHEMA,
        "version": version,
        "command": outcome.command,
        "dry_run": outcome.dry_run,
        "root": str(plan.root),
        "files": plan.files,
        "notes": list(plan.notes),
        "findings": [_finding(finding, names) for finding in by_place(plan.findings)],
        "changes": [_change(change, names, outcome.diffs) for change in outcome.changes],
        "summary": _summary(outcome.changes),
        "left": [_finding(finding, names) for finding in by_place(outcome.left)],
        "unused_suppressions": _faults(plan.unused_suppressions),
        "skipped": _faults(plan.skipped),
        "faults": _faults(outcome.faults),
        "exit_code": outcome.exit_code,
    }
    return dumped(document)


def rules_document(rules: Iterable[Card]) -> str:
    """The JSON list of the rules."""
    return dumped([_rule(rule) for rule in rules])


def dumped(document: object) -> str:
    """A document as JSON."""
    import json

    # ASCII only: names of files may hold bytes that no other encoding can print.
    return json.dumps(document, indent=2, ensure_ascii=True)


def _rule(rule: Card) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "set": rule_set(rule),
        "safety": rule.safety.value,
        "since": rule.since,
        "until": rule.until,
        "summary": rule.summary,
    }


def _finding(finding: Finding, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "path": finding.path,
        "line": finding.span.line,
        "column": finding.span.col + 1,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_col + 1,
        "code": finding.code,
        "name": names.get(finding.code, ""),
        "message": finding.message,
        "safety": finding.safety.value,
        "fixable": bool(mark(finding)),
        "advice": finding.advice,
    }


def _change(change: FileChange, names: Mapping[str, str], diffs: bool) -> dict[str, Any]:
    from .diff import unified

    diff = unified(change.path, change.old, change.new) if diffs else None
    return {
        "path": change.path,
        "fixes": [_finding(finding, names) for finding in by_place(change.findings)],
        "diff": None if diff is None else diff.decode("utf-8", "surrogateescape"),
    }


def _summary(changes: Sequence[FileChange]) -> dict[str, object]:
    found = fixed(changes)
    counts = Counter(finding.code for finding in found)
    by_rule = {code: counts[code] for code in sorted(counts)}
    return {"files_changed": len(changes), "fixes": len(found), "by_rule": by_rule}


def _faults(faults: Iterable[Fault]) -> list[dict[str, object]]:
    return [
        {"path": fault.path, "line": fault.line, "reason": fault.reason, "advice": fault.advice}
        for fault in faults
    ]
