"""A run as one document: Markdown, annotations of GitHub, SARIF."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.edits._base import Edit
from tortoise_fix.codemods.report.github import commands
from tortoise_fix.codemods.report.markdown import report
from tortoise_fix.codemods.report.outcome import Outcome
from tortoise_fix.codemods.report.sarif import sarif
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.run.changes import FileChange, Plan
from tortoise_fix.codemods.source import Fault, Span

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"TOR234": "n-plus-one", "TOR310": "transaction-using-db"}


def _finding(
    path: str, line: int, code: str, safety: Safety = Safety.SAFE, message: str = "a message"
) -> Finding:
    span = Span(line, 4, line, 9)
    edits = () if safety is Safety.MANUAL else (Edit(path, span),)
    advice = "pass `conn`" if safety is Safety.MANUAL else ""
    return Finding(code, path, span, message, safety, edits, advice)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def outcome(root: Path) -> Outcome:
    repaired = _finding("app/a.py", 3, "TOR310")
    left = (
        _finding("app/b.py", 9, "TOR310", Safety.UNSAFE, "reads `a_b` and <c>"),
        _finding("app/a.py", 7, "TOR234", Safety.MANUAL),
    )
    changes = (FileChange("app/a.py", b"a\n", b"b\n", (repaired,)),)
    notes = ("tortoise-orm 1.1 (target-version)",)
    found = (*left, repaired)
    plan = Plan(root, changes, left, left, found, notes=notes, files=2)
    return Outcome("apply", plan, changes)


def test_markdown_tells_what_changed_and_what_to_tick_off(outcome: Outcome) -> None:
    assert report(outcome, NAMES, "1.0") == "\n".join(
        [
            "# Tortoise ORM report",
            "",
            "By tortoise-fix 1.0, for:",
            "",
            "- tortoise-orm 1.1 (target-version)",
            "",
            "## Changed",
            "",
            "1 fix in 1 file.",
            "",
            "| rule | name | fixes | files |",
            "|---|---|---:|---:|",
            "| TOR310 | transaction-using-db | 1 | 1 |",
            "",
            "## Left for you",
            "",
            "### TOR234 n-plus-one",
            "",
            "- [ ] `app/a.py:7` a message",
            "  pass `conn`",
            "",
            "### TOR310 transaction-using-db",
            "",
            "- [ ] `app/b.py:9` reads `a_b` and \\<c\\>",
            "  `--unsafe` repairs it",
        ]
    )


def test_markdown_of_check_lists_no_changes(outcome: Outcome) -> None:
    text = report(replace(outcome, command="check", changes=()), NAMES, "1.0")
    assert "hange" not in text
    assert "## Left for you" in text


def test_markdown_of_a_dry_run_says_would(outcome: Outcome) -> None:
    assert "## Would change" in report(replace(outcome, dry_run=True), NAMES, "1.0")
    text = report(replace(outcome, changes=(), dry_run=True), NAMES, "1.0")
    assert "## Would change\n\nNothing." in text


def test_markdown_names_what_could_not_be_handled(outcome: Outcome) -> None:
    faults = (Fault("bad`.py", 4, "syntax error", "mend *it*"), Fault("", 0, "no cache"))
    text = report(replace(outcome, faults=faults), NAMES, "1.0")
    title = "## Could not be handled\n\n"
    assert f"{title}- ``bad`.py:4`` syntax error (mend \\*it\\*)\n- no cache" in text


def test_github_gets_one_line_for_each_finding_that_is_left(outcome: Outcome) -> None:
    assert commands(outcome, NAMES, "1.0").splitlines() == [
        "::warning file=app/a.py,line=7,endLine=7,col=5,endColumn=10,"
        "title=TOR234 n-plus-one::a message%0Apass `conn`",
        "::warning file=app/b.py,line=9,endLine=9,col=5,endColumn=10,"
        "title=TOR310 transaction-using-db::reads `a_b` and <c>%0A`--unsafe` repairs it",
    ]


def test_github_gets_every_finding_of_check_and_every_fault(outcome: Outcome) -> None:
    faults = (Fault("a,b:c%.py", 4, "line\nend"),)
    lines = commands(replace(outcome, command="check", faults=faults), NAMES, "1.0")
    assert lines.splitlines()[0].startswith("::warning file=app/a.py,line=3,")
    assert lines.splitlines()[-1] == "::error file=a%2Cb%3Ac%25.py,line=4::line%0Aend"


def test_sarif_points_at_the_places_from_the_root(outcome: Outcome) -> None:
    run = json.loads(sarif(outcome, NAMES, "1.0"))["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["TOR234", "TOR310"]
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert first["ruleId"] == "TOR234"
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "TOR234"
    assert place["artifactLocation"] == {"uri": "app/a.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 7, "startColumn": 5, "endLine": 7, "endColumn": 10}
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_sarif_carries_faults_as_notifications(outcome: Outcome) -> None:
    faults = (Fault("ü\udcff.py", 4, "syntax error"),)
    run = json.loads(sarif(replace(outcome, faults=faults), NAMES, "1.0"))["runs"][0]
    told = run["invocations"][0]
    assert told["executionSuccessful"] is False
    place = told["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "%C3%BC%FF.py"
