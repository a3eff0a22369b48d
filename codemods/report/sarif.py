"""What a run found, in the Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from .machine import dumped
from .text import by_place, todo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..rules._base import Finding
    from ..source import Fault
    from .outcome import Outcome

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"


def sarif(outcome: Outcome, names: Mapping[str, str], version: str) -> str:
    """One SARIF log with one run; ``apply`` tells what it leaves.

    Args:
        outcome: What the run came to.
        names: The name of each rule, by code.
        version: The version of the tool.
    """
    found = by_place(outcome.plan.findings if outcome.command == "check" else outcome.left)
    codes = sorted({finding.code for finding in found})
    driver = {
        "name": "tortoise-fix",
        "version": version,
        "rules": [{"id": code, "name": names.get(code, code)} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_ROOT: {"uri": outcome.plan.root.as_uri() + "/"}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome.faults)],
        "results": [_result(finding, codes) for finding in found],
    }
    return dumped({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _invocation(faults: Iterable[Fault]) -> dict[str, object]:
    notes = [
        {
            "level": "error",
            "message": {"text": fault.reason + (f" ({fault.advice})" if fault.advice else "")},
            **({"locations": [_location(fault.path, {})]} if fault.path else {}),
        }
        for fault in faults
    ]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}


def _result(finding: Finding, codes: list[str]) -> dict[str, object]:
    span = finding.span
    region = {
        "startLine": span.line,
        "startColumn": span.col + 1,
        "endLine": span.end_line,
        "endColumn": span.end_col + 1,
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": "warning",
        "message": {"text": "\n".join(filter(None, [finding.message, todo(finding)]))},
        "locations": [_location(finding.path, {"region": region})],
    }


def _location(path: str, more: Mapping[str, object]) -> dict[str, object]:
    artifact = {"uri": quote(os.fsencode(path)), "uriBaseId": _ROOT}
    return {"physicalLocation": {"artifactLocation": artifact, **more}}
