"""The command line: options, streams, exit codes, and what a call may and may not write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from tortoise_fix import __version__
from tortoise_fix.cli import main
from tortoise_fix.codemods.edits._base import Edit
from tortoise_fix.codemods.rules import _registry
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.rules._card import Card
from tortoise_fix.codemods.run import plan as plan_room
from tortoise_fix.codemods.run.changes import FileChange, Plan
from tortoise_fix.codemods.source import Fault, Span

if TYPE_CHECKING:
    from tortoise_fix.codemods.run.request import Request

SPAN = Span(1, 0, 1, 3)
FIX = Finding("TOR310", "a.py", SPAN, "needs a connection", Safety.SAFE, (Edit("a.py", SPAN),))
LEFT = Finding("TOR310", "b.py", SPAN, "unclear", Safety.MANUAL, advice="look at it")
RULES = (
    Card(code="TOR310", name="transaction-using-db", summary="Passes the connection"),
    Card(code="TOR311", name="transaction-handle", summary="Names it", default=False),
)
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")


class Project:
    """A project on the disk, and the plan that a run over it comes to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.requests: list[Request] = []
        self.file("a.py", b"old\r\n")
        self.file("b.py", b"left\n")
        change = FileChange("a.py", b"old\r\n", b"new\r\n", (FIX,))
        self.made = Plan(root, (change,), findings=(FIX,), files=2)

    def file(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.write_bytes(content)
        return path

    def git(self, *arguments: str) -> None:
        subprocess.run([*GIT, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def plan(self, request: Request, progress: object = None) -> Plan:
        self.requests.append(request)
        return self.made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    found = Project(root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(plan_room, "plan", found.plan)
    monkeypatch.setattr(_registry, "all_cards", lambda: RULES)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="tortoise-fix")


def spawn(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tortoise_fix", *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment})


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_command_and_the_exit_codes(flag: str) -> None:
    result = run(flag)
    assert result.exit_code == 0
    for word in ("apply", "check", "rules", "explain", "undo", "Exit codes"):
        assert word in result.stdout


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"tortoise-fix {__version__}\n"


def test_the_package_runs_as_a_module() -> None:
    assert spawn("--version").stdout.decode() == f"tortoise-fix {__version__}\n"


def test_help_imports_nothing_heavy_beyond_what_click_does() -> None:
    heavy = ("libcst", "pathspec", "packaging", "difflib", "subprocess", "json", "multiprocessing")
    code = (
        "import sys, click\nbefore = set(sys.modules)\nfrom tortoise_fix.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules and name not in before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"


def test_completion_works_as_click_gives_it() -> None:
    done = spawn(
        _TORTOISE_FIX_COMPLETE="bash_complete", COMP_WORDS="tortoise-fix un", COMP_CWORD="1"
    )
    assert done.stdout == b"plain,undo\n"


def test_apply_writes_the_file_and_sums_up(project: Project) -> None:
    result = run("apply")
    assert result.exit_code == 0
    assert (project.root / "a.py").read_bytes() == b"new\r\n"
    assert "1 file changed, 1 fix" in result.stdout
    assert "1  TOR310  transaction-using-db" in result.stdout
    assert result.stderr == ""


def test_a_dry_run_writes_nothing_and_prints_a_diff_that_applies(project: Project) -> None:
    result = run("apply", "--dry-run")
    assert result.exit_code == 1
    assert (project.root / "a.py").read_bytes() == b"old\r\n"
    diff = result.stdout_bytes
    subprocess.run(["git", "apply"], input=diff, cwd=project.root, check=True)
    assert (project.root / "a.py").read_bytes() == b"new\r\n"
    assert "1 file would change" in result.stderr


def test_a_quiet_dry_run_says_nothing_beside_the_diff(project: Project) -> None:
    result = run("apply", "--dry-run", "-q")
    assert result.stdout.startswith("--- a/a.py\n")
    assert result.stderr == ""


def test_the_diff_of_a_subfolder_applies_where_the_user_stands(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "sub").mkdir()
    project.file("sub/c.py", b"old\n")
    project.commit()
    change = FileChange("sub/c.py", b"old\n", b"new\n", (FIX,))
    project.made = Plan(project.root, (change,))
    monkeypatch.chdir(project.root / "sub")
    result = run("apply", "--dry-run")
    subprocess.run(["git", "apply"], input=result.stdout_bytes, check=True)
    assert (project.root / "sub/c.py").read_bytes() == b"new\n"


def test_a_diff_that_leads_out_of_the_users_folder_says_where_it_applies(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "sub").mkdir()
    monkeypatch.chdir(project.root / "sub")
    result = run("apply", "--dry-run", "..")
    assert result.stdout.startswith("--- a/a.py\n")
    assert str(project.root) in result.stderr


def test_the_diff_option_prints_the_diff_of_what_was_written(project: Project) -> None:
    result = run("apply", "--diff")
    assert result.exit_code == 0
    assert result.stdout_bytes.endswith(b"-old\r\n+new\r\n")
    assert "1 file changed" in result.stderr


def test_what_is_left_makes_exit_code_1_and_is_told(project: Project) -> None:
    project.made = Plan(project.root, left=(LEFT,), left_after=(LEFT,))
    result = run("apply")
    assert result.exit_code == 1
    assert "b.py:1: TOR310 transaction-using-db: unclear\n      look at it" in result.stdout


def test_a_file_that_failed_makes_exit_code_2_and_is_named(project: Project) -> None:
    fault = Fault("b.py", 3, "syntax error")
    project.made = Plan(project.root, project.made.changes, faults=(fault,))
    result = run("apply")
    assert result.exit_code == 2
    assert "b.py:3: syntax error" in result.stderr
    assert (project.root / "a.py").read_bytes() == b"new\r\n"


def test_a_file_edited_during_the_run_is_not_overwritten(project: Project) -> None:
    project.file("a.py", b"edited\n")
    result = run("apply")
    assert result.exit_code == 2
    assert "a.py: " in result.stderr
    assert "Nothing changed." in result.stdout
    assert (project.root / "a.py").read_bytes() == b"edited\n"


def test_uncommitted_changes_stop_apply_before_it_writes(project: Project) -> None:
    project.file("a.py", b"committed\n")
    project.commit()
    project.file("a.py", b"old\r\n")
    result = run("apply")
    assert result.exit_code == 2
    assert "  a.py\n" in result.stderr
    assert "--allow-dirty" in result.stderr
    assert (project.root / "a.py").read_bytes() == b"old\r\n"


def test_allow_dirty_writes_all_the_same(project: Project) -> None:
    project.file("a.py", b"committed\n")
    project.commit()
    project.file("a.py", b"old\r\n")
    assert run("apply", "--allow-dirty").exit_code == 0
    assert (project.root / "a.py").read_bytes() == b"new\r\n"


def test_uncommitted_changes_elsewhere_do_not_stop_apply(project: Project) -> None:
    project.commit()
    project.file("b.py", b"edited\n")
    assert run("apply").exit_code == 0


def test_undo_restores_and_then_has_nothing_to_undo(project: Project) -> None:
    run("apply")
    result = run("undo")
    assert (result.exit_code, result.stdout) == (0, "Restored 1 file:\n  a.py\n")
    assert (project.root / "a.py").read_bytes() == b"old\r\n"
    assert run("undo").stdout == "Nothing to undo.\n"


def test_undo_leaves_a_file_that_was_edited_since(project: Project) -> None:
    run("apply")
    project.file("a.py", b"mine\n")
    result = run("undo")
    assert result.exit_code == 1
    assert "a.py: " in result.stderr
    assert (project.root / "a.py").read_bytes() == b"mine\n"


def test_check_prints_findings_and_writes_nothing(project: Project) -> None:
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "a.py:1:1: TOR310 transaction-using-db: needs a connection [*]\n1 finding in 2 files"
    )
    assert (project.root / "a.py").read_bytes() == b"old\r\n"


def test_check_without_findings_exits_with_0(project: Project) -> None:
    project.made = Plan(project.root, files=2)
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "Nothing found in 2 files.\n")


def test_a_quiet_check_prints_findings_only(project: Project) -> None:
    assert run("check", "-q").stdout.count("\n") == 1


@pytest.mark.parametrize("command", [["apply", "--dry-run"], ["check"]])
def test_json_is_one_object_with_the_exit_code(project: Project, command: list[str]) -> None:
    result = run(*command, "--output-format", "json")
    document = json.loads(result.stdout)
    assert document["command"] == command[0]
    assert document["exit_code"] == result.exit_code == 1


def test_the_options_reach_the_run(project: Project) -> None:
    options = "--select ALL --select tor310 --ignore transaction-handle --unsafe --jobs 3"
    run("apply", *options.split(), "--target-version", "1.1", "--no-cache", "--dry-run", "b.py")
    (request,) = project.requests
    assert request.settings.select == ("ALL", "TOR310")
    assert request.settings.ignore == ("TOR311",)
    assert (request.settings.unsafe, request.settings.target_version) == (True, "1.1")
    assert (request.jobs, request.cache) == (3, False)
    assert [path.resolve() for path in request.paths] == [project.root / "b.py"]
    assert request.root == project.root


def test_the_configuration_reaches_the_run_unless_isolated(project: Project) -> None:
    project.file("pyproject.toml", b"[tool.tortoise-fix]\nunsafe = true\n")
    run("check")
    run("check", "--isolated")
    run("apply", "--no-unsafe", "--dry-run")
    assert [request.settings.unsafe for request in project.requests] == [True, False, False]


def test_a_configuration_can_be_named(project: Project) -> None:
    project.file("own.toml", b'[tool.tortoise-fix]\nignore = ["TOR310"]\n')
    run("check", "--config", "own.toml")
    assert project.requests[0].settings.ignore == ("TOR310",)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["apply", "none.py"], "none.py"),
        (["check", "--select", "transaction-hande"], "did you mean 'transaction-handle'?"),
        (["check", "--target-version", "x"], "'x' is not a version"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "--color", "blue"], "--color"),
        (["explain", "n-plus"], "unknown rule"),
        (["chek"], "chek"),
    ],
)
def test_a_wrong_call_exits_with_2_and_says_why(
    project: Project, arguments: list[str], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert project.requests == []


def test_a_broken_configuration_exits_with_2_and_one_line(project: Project) -> None:
    project.file("pyproject.toml", b"[tool.tortoise-fix]\nslect = []\n")
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: pyproject.toml:2: unknown key 'slect'; did you mean 'select'?\n"
    )


def test_colors_are_always_never_or_by_the_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colored(*arguments: str) -> bool:
        # The runner strips what click itself would, so that the flag is left to the tool.
        result = CliRunner().invoke(main, ["check", *arguments], color=True)
        return "\x1b[" in result.stdout

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert colored("--color", "always")
    assert not colored()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert colored()
    assert not colored("--color", "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored()


def test_rules_lists_code_name_set_and_safety(project: Project) -> None:
    lines = run("rules").stdout.splitlines()
    assert lines[2].split()[:4] == ["TOR311", "transaction-handle", "opt-in", "safe"]
    found = json.loads(run("rules", "--output-format", "json").stdout)
    assert [rule["code"] for rule in found] == ["TOR310", "TOR311"]


@pytest.mark.parametrize("text", ["TOR310", "transaction-using-db"])
def test_explain_shows_the_page_by_code_or_name(
    project: Project, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(_registry, "page", lambda rule: f"Page of {rule.code}")
    result = run("explain", text)
    assert result.exit_code == 0
    assert result.stdout.startswith("TOR310 transaction-using-db\n")
    assert result.stdout.endswith("\nPage of TOR310\n")


@pytest.mark.parametrize(
    ("what", "said"),
    [("plan.plan", "Nothing was written"), ("carry_out.carry_out", "No file is half written")],
)
def test_an_interrupt_is_one_line_and_exit_code_130(
    project: Project, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"tortoise_fix.codemods.run.{what}", interrupted)
    result = run("apply")
    assert result.exit_code == 130
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_ctrl_c_ends_a_running_process_with_exit_code_130() -> None:
    code = (
        "import os, signal\n"
        "from tortoise_fix.codemods.run import plan as room\n"
        "room.plan = lambda *a: os.kill(os.getpid(), signal.SIGINT) or input()\n"
        "from tortoise_fix.cli import main\n"
        "main(['apply'])\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True)
    assert done.returncode == 130
    assert done.stderr == b"Interrupted. Nothing was written.\n"


def test_an_empty_project_runs_end_to_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"import tortoise\n")
    applied = spawn("apply", "--no-cache", str(tmp_path))
    assert (applied.returncode, applied.stderr) == (0, b"")
    assert applied.stdout.endswith(b"Nothing changed.\n")
    assert (tmp_path / "a.py").read_bytes() == b"import tortoise\n"


def test_a_fault_of_ours_exits_with_2(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(plan_room, "plan", broken)
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: this is a fault of tortoise-fix. No file is half written.\n"
    )


def test_a_full_disk_behind_standard_output_exits_with_2() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "tortoise_fix", "rules"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == b"Error: the output could not be written: No space left on device\n"


def test_a_closed_pipe_is_silent() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "tortoise_fix", "rules"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
