"""What a run found, as annotations that GitHub shows beside the lines of a pull request.

The commands are those of the documentation of GitHub Actions ("Workflow commands").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .text import by_place, todo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..rules._base import Finding
    from ..source import Fault
    from .outcome import Outcome


def commands(outcome: Outcome, names: Mapping[str, str], version: str) -> str:
    """One line for each finding, and for each file that could not be handled.

    Paths start at the project root. ``apply`` names what it leaves.

    Args:
        outcome: What the run came to.
        names: The name of each rule, by code.
        version: The version of the tool.
    """
    found = outcome.plan.findings if outcome.command == "check" else outcome.left
    lines = [_finding(finding, names) for finding in by_place(found)]
    lines += [_fault("error", fault) for fault in outcome.faults]
    lines += [_fault("warning", fault) for fault in outcome.plan.unused_suppressions]
    return "\n".join(lines)


def _finding(finding: Finding, names: Mapping[str, str]) -> str:
    span = finding.span
    place = {
        "file": finding.path,
        "line": span.line,
        "endLine": span.end_line,
        "col": span.col + 1,
        "endColumn": span.end_col + 1,
        "title": f"{finding.code} {names.get(finding.code, '')}".rstrip(),
    }
    if span.end_line != span.line:  # columns are taken for those of one line
        del place["col"], place["endColumn"]
    said = "\n".join(filter(None, [finding.message, todo(finding)]))
    return _command("warning", place, said)


def _fault(kind: str, fault: Fault) -> str:
    place = {"file": fault.path, "line": fault.line}
    said = fault.reason + (f" ({fault.advice})" if fault.advice else "")
    return _command(kind, {name: value for name, value in place.items() if value}, said)


def _command(kind: str, place: Mapping[str, object], text: str) -> str:
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    return f"::{kind} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
