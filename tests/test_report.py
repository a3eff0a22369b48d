"""What a run says: to a person, to a program, and to streams of every kind."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from tortoise_fix.codemods.edits._base import Edit
from tortoise_fix.codemods.report.console import Console, Paint, wants_color
from tortoise_fix.codemods.report.machine import rules_document, run_document
from tortoise_fix.codemods.report.outcome import Outcome, Reporter
from tortoise_fix.codemods.report.progress import Progress
from tortoise_fix.codemods.report.rules import explained, table
from tortoise_fix.codemods.report.text import Text, count
from tortoise_fix.codemods.report.where import Where
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.rules._card import Card
from tortoise_fix.codemods.run.changes import FileChange, Plan
from tortoise_fix.codemods.source import Fault, Span

ROOT = "/project"
NAMES = {"TOR234": "n-plus-one", "TOR310": "transaction-using-db"}
PLAIN = Paint(False)


def _finding(
    path: str = "app/a.py",
    line: int = 3,
    code: str = "TOR310",
    safety: Safety = Safety.SAFE,
    advice: str = "",
) -> Finding:
    span = Span(line, 4, line, 9)
    edits = () if safety is Safety.MANUAL else (Edit(path, span),)
    return Finding(code, path, span, f"message {line}", safety, edits, advice)


SAFE = _finding()
ELSEWHERE = _finding("app/b.py", 1, "TOR234")
UNSAFE = _finding(line=9, safety=Safety.UNSAFE, advice="it rests on a guess")
MANUAL = _finding(line=7, safety=Safety.MANUAL, advice="pass `conn`")
CHANGES = (
    FileChange("app/a.py", b"a\n", b"b\n", (SAFE,)),
    FileChange("app/b.py", b"a\n", b"b\n", (SAFE, ELSEWHERE)),
)
PLAN = Plan(
    Path(ROOT),
    CHANGES,
    left=(UNSAFE, MANUAL),
    left_after=(UNSAFE, MANUAL),
    findings=(ELSEWHERE, UNSAFE, SAFE, MANUAL),
    faults=(Fault("bad.py", 4, "syntax error"),),
    skipped=(Fault("big.py", 0, "is large"),),
    unused_suppressions=(Fault("app/a.py", 12, "suppresses nothing"),),
    notes=("tortoise-orm 0.20.1 (poetry.lock)",),
    files=12,
)


def _text(cwd: str = ROOT, verbose: bool = False, paint: Paint = PLAIN) -> Text:
    return Text(NAMES, Where(ROOT, cwd), paint, verbose)


def _applied(dry_run: bool = False, diffs: bool = False) -> Outcome:
    return Outcome("apply", PLAN, CHANGES, PLAN.faults, dry_run, diffs)


def test_findings_are_one_line_each_in_the_order_of_their_places() -> None:
    assert _text().findings(PLAN).splitlines() == [
        "app/a.py:3:5: TOR310 transaction-using-db: message 3 [*]",
        "app/a.py:7:5: TOR310 transaction-using-db: message 7",
        "app/a.py:9:5: TOR310 transaction-using-db: message 9 [unsafe]",
        "app/b.py:1:5: TOR234 n-plus-one: message 1 [*]",
        "app/a.py:12: suppresses nothing",
    ]


def test_verbose_findings_carry_their_advice() -> None:
    assert "message 7\n      pass `conn`\n" in _text(verbose=True).findings(PLAN)


def test_the_summary_of_check_counts_by_what_can_be_done() -> None:
    assert _text().check_summary(PLAN) == (
        "4 findings in 12 files, 2 fixable with `tortoise-fix apply` [*], "
        "1 with `--unsafe`, 1 for you."
    )
    assert _text().check_summary(Plan(Path(ROOT), files=1)) == "Nothing found in 1 file."


def test_the_summary_of_apply_has_counts_and_what_is_left_with_its_reason() -> None:
    assert _text().apply_summary(_applied()) == "\n".join(
        [
            "tortoise-orm 0.20.1 (poetry.lock)",
            "",
            "2 files changed, 2 fixes",
            "",
            "  1  TOR234  n-plus-one",
            "  1  TOR310  transaction-using-db",
            "",
            "Left for you:",
            "  app/a.py:7: TOR310 transaction-using-db: message 7",
            "      pass `conn`",
            "  app/a.py:9: TOR310 transaction-using-db: message 9",
            "      `--unsafe` repairs it; it rests on a guess",
            "",
            "`tortoise-fix undo` takes this back.",
        ]
    )


def test_a_dry_run_says_would_and_offers_no_undo() -> None:
    said = _text().apply_summary(_applied(dry_run=True))
    assert "2 files would change, 2 fixes" in said
    assert "undo" not in said


def test_a_run_without_changes_says_so() -> None:
    plan = Plan(Path(ROOT))
    assert _text().apply_summary(Outcome("apply", plan)) == "Nothing changed."
    assert _text().apply_summary(Outcome("apply", plan, dry_run=True)) == "Nothing to fix."


def test_verbose_apply_lists_every_fix_once() -> None:
    said = _text(verbose=True).apply_summary(_applied())
    assert said.count("message 3") == 1
    assert "  app/b.py:1: TOR234 n-plus-one: message 1" in said


def test_what_was_skipped_and_what_failed_is_named_with_its_reason() -> None:
    assert _text().troubles(PLAN.skipped, PLAN.faults) == (
        "Skipped:\n  big.py: is large\n\nCould not be handled:\n  bad.py:4: syntax error"
    )
    assert _text().troubles((), ()) == ""


def test_a_fault_without_a_path_is_its_reason() -> None:
    assert _text().fault(Fault("", 0, "no memory", "close something")) == (
        "no memory (close something)"
    )


@pytest.mark.parametrize(
    ("cwd", "path", "shown"),
    [
        ("/project", "app/a.py", "app/a.py"),
        ("/project/app", "app/a.py", "a.py"),
        ("/project/app", "b.py", "../b.py"),
        ("/", "b.py", "project/b.py"),
        ("/project", "/project/x.py", "x.py"),
        ("/project", "a\nb\udcff.py", "a\\nb\\xff.py"),
        ("/project", "ü.py", "ü.py"),
        ("/project", "", ""),
    ],
)
def test_paths_are_shown_relative_to_the_users_folder(cwd: str, path: str, shown: str) -> None:
    assert Where(ROOT, cwd).show(path) == shown


def test_a_patch_starts_where_the_user_stands_unless_it_would_lead_upwards() -> None:
    where = Where(ROOT, "/project/app")
    assert where.patch_root(["app/a.py"]) == "/project/app"
    assert where.patch_root(["app/a.py", "b.py"]) == ROOT


def test_color_styles_words_and_changes_none() -> None:
    painted = _text(paint=Paint(True)).apply_summary(_applied())
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == _text().apply_summary(_applied())


@pytest.mark.parametrize(
    ("mode", "terminal", "environ", "expected"),
    [
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
    ],
)
def test_when_colors_are_used(
    mode: str, terminal: bool, environ: dict[str, str], expected: bool
) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    assert wants_color(mode, stream, environ) is expected


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome("apply", Plan(Path(ROOT))), 0),
        (Outcome("apply", Plan(Path(ROOT)), CHANGES), 0),
        (Outcome("apply", Plan(Path(ROOT)), CHANGES, dry_run=True), 1),
        (Outcome("apply", Plan(Path(ROOT), left=(MANUAL,)), dry_run=True), 1),
        (Outcome("apply", Plan(Path(ROOT), left_after=(MANUAL,)), CHANGES), 1),
        (Outcome("apply", PLAN, CHANGES, PLAN.faults), 2),
        (Outcome("check", Plan(Path(ROOT))), 0),
        (Outcome("check", Plan(Path(ROOT), skipped=PLAN.skipped)), 0),
        (Outcome("check", Plan(Path(ROOT), findings=(SAFE,))), 1),
        (Outcome("check", Plan(Path(ROOT), unused_suppressions=PLAN.unused_suppressions)), 1),
        (Outcome("check", PLAN, faults=PLAN.faults), 2),
    ],
)
def test_the_exit_code_says_what_is_left(outcome: Outcome, code: int) -> None:
    assert outcome.exit_code == code


def test_json_of_a_run_is_one_object_with_stable_keys() -> None:
    document = json.loads(run_document(_applied(diffs=True), NAMES, "1.2.3"))
    assert list(document) == [
        *("schema", "version", "command", "dry_run", "root", "files", "notes", "findings"),
        *("changes", "summary", "left", "unused_suppressions", "skipped", "faults", "exit_code"),
    ]
    assert document["findings"][0] == {
        "path": "app/a.py",
        "line": 3,
        "column": 5,
        "end_line": 3,
        "end_column": 10,
        "code": "TOR310",
        "name": "transaction-using-db",
        "message": "message 3",
        "safety": "safe",
        "fixable": True,
        "advice": "",
    }
    assert document["summary"] == {
        "files_changed": 2,
        "fixes": 2,
        "by_rule": {"TOR234": 1, "TOR310": 1},
    }
    assert document["changes"][0]["diff"].startswith("--- a/app/a.py\n+++ b/app/a.py\n@@ ")
    assert document["faults"] == [
        {"path": "bad.py", "line": 4, "reason": "syntax error", "advice": ""}
    ]
    assert (document["exit_code"], document["version"]) == (2, "1.2.3")


def test_json_without_diffs_has_null_in_their_place() -> None:
    document = json.loads(run_document(_applied(), NAMES, "1"))
    assert document["changes"][1]["diff"] is None


def test_json_of_undecodable_names_and_bytes_is_ascii_and_gives_them_back() -> None:
    change = FileChange("\udcff.py", b"\xe9\n", b"\xe8\n", ())
    outcome = Outcome("apply", Plan(Path(ROOT)), (change,), dry_run=True, diffs=True)
    text = run_document(outcome, NAMES, "1")
    assert text.isascii()
    found = json.loads(text)["changes"][0]
    assert found["path"] == "\udcff.py"
    assert b"-\xe9\n+\xe8\n" in found["diff"].encode("utf-8", "surrogateescape")


def _rule(code: str, name: str, since: str = "", until: str = "", default: bool = True) -> Card:
    kind = Safety.SAFE if default else Safety.UNSAFE
    return Card(
        code=code,
        name=name,
        summary="What it does",
        safety=kind,
        default=default,
        since=since,
        until=until,
    )


RULES = (
    _rule("TOR001", "short", since="0.18"),
    _rule("TOR310", "transaction-using-db", since="0.16", until="1.0", default=False),
    _rule("TOR802", "hook"),
)


def test_the_rules_are_an_aligned_table() -> None:
    assert table(RULES, PLAIN).splitlines() == [
        "CODE    NAME                  SET      SAFETY  VERSIONS     SUMMARY",
        "TOR001  short                 default  safe    >=0.18       What it does",
        "TOR310  transaction-using-db  opt-in   unsafe  >=0.16,<1.0  What it does",
        "TOR802  hook                  default  safe    all          What it does",
    ]


def test_the_rules_as_json_have_what_the_table_has() -> None:
    assert json.loads(rules_document(RULES))[1] == {
        "code": "TOR310",
        "name": "transaction-using-db",
        "set": "opt-in",
        "safety": "unsafe",
        "since": "0.16",
        "until": "1.0",
        "summary": "What it does",
    }


def test_the_page_of_a_rule_stands_under_its_heading() -> None:
    assert explained(RULES[0], "The page.\n\nMore.", PLAIN) == (
        "TOR001 short\ndefault, safe, tortoise-orm versions: >=0.18\n\nThe page.\n\nMore."
    )


class _Stream(io.TextIOWrapper):
    """A text stream over bytes in memory, of a given encoding."""

    def __init__(self, encoding: str = "utf-8", raw: io.BytesIO | None = None) -> None:
        super().__init__(raw or io.BytesIO(), encoding)

    def text(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


class _Failing(io.BytesIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, data: object) -> int:
        raise self.error


def _streams(
    monkeypatch: pytest.MonkeyPatch, out: _Stream | None = None
) -> tuple[_Stream, _Stream]:
    streams = out or _Stream(), _Stream()
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    return streams


def test_a_dry_run_prints_the_diff_and_nothing_else_on_standard_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, err = _streams(monkeypatch)
    console = Console("never")
    Reporter(console, NAMES).report(_applied(dry_run=True, diffs=True))
    console.flush()
    lines = out.text().splitlines()
    assert len(lines) == 2 * 5
    assert all(line[:1] in "-+@" for line in lines)
    assert "2 files would change" in err.text()
    assert "bad.py:4: syntax error" in err.text()


def test_after_writing_the_summary_is_on_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = _streams(monkeypatch)
    Reporter(Console("never"), NAMES).report(_applied())
    assert "2 files changed" in out.text()
    assert "2 files changed" not in err.text()


def test_quiet_leaves_only_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = _streams(monkeypatch)
    monkeypatch.chdir("/")
    Reporter(Console("never"), NAMES, quiet=True).report(_applied())
    assert out.text() == ""
    assert err.text() == "Could not be handled:\n  project/bad.py:4: syntax error\n"


def test_json_is_all_of_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = _streams(monkeypatch)
    Reporter(Console("never"), NAMES, output="json").report(_applied())
    assert json.loads(out.text())["command"] == "apply"


def test_what_a_stream_cannot_encode_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = _streams(monkeypatch, _Stream("ascii"))
    Console("never").out("ü \udcff \U0001f422")
    assert out.text() == "\\xfc \\udcff \\U0001f422\n"


def test_bytes_and_text_come_out_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = _streams(monkeypatch)
    console = Console("never")
    console.out("a")
    console.out_bytes(b"b\r\n")
    console.out("c")
    assert out.text() == "a\nb\r\nc\n"


def test_a_reader_that_went_away_ends_the_printing_not_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _streams(monkeypatch, _Stream(raw=_Failing(BrokenPipeError())))
    console = Console("never")
    console.out("a")
    console.out_bytes(b"b")
    console.flush()
    assert console.failure == ""


def test_a_full_disk_behind_standard_output_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _streams(monkeypatch, _Stream(raw=_Failing(OSError(28, "No space left on device"))))
    console = Console("never")
    console.out("a")
    console.flush()
    assert console.failure == "No space left on device"


def test_missing_streams_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    console = Console("auto")
    console.out("a")
    console.out_bytes(b"b")
    console.err("c")
    console.flush()
    assert console.failure == ""


def test_undo_names_what_it_restored_and_what_it_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = _streams(monkeypatch)
    monkeypatch.chdir("/")
    refused = (("b.py", "was edited since"),)
    Reporter(Console("never"), {}).undone("/", ("a.py",), refused, ())
    assert out.text() == "Restored 1 file:\n  a.py\n"
    assert err.text() == "Not restored:\n  b.py: was edited since\n"


def test_undo_with_nothing_to_undo_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = _streams(monkeypatch)
    Reporter(Console("never"), {}).undone("/", (), (), ())
    assert out.text() == "Nothing to undo.\n"


@pytest.mark.parametrize(
    ("terminal", "patience", "drawn"), [(True, 0, True), (True, 60, False), (False, 0, False)]
)
def test_the_progress_bar_shows_on_a_terminal_after_a_while(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, patience: float, drawn: bool
) -> None:
    _, err = _streams(monkeypatch)
    err.isatty = lambda: terminal  # type: ignore[method-assign]
    with Progress(show=True, patience=patience) as progress:
        for done in range(4):
            progress(done, 3)
    assert ("Reading" in err.text()) is drawn


@pytest.mark.parametrize(("number", "said"), [(0, "0 fixes"), (1, "1 fix"), (2, "2 fixes")])
def test_counts_agree_with_their_nouns(number: int, said: str) -> None:
    assert count(number, "fix", "fixes") == said
