"""Every rule's cases: what it rewrites, what it leaves alone, and that a second run is idle."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.rules._registry import all_rules
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from tortoise_fix.codemods.run.changes import Plan

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = {rule.name: rule for rule in all_rules()}
CASES = sorted(
    case
    for folder in FIXTURES.iterdir()
    if folder.name in RULES
    for case in folder.iterdir()
    if (case / "before").is_dir()
)


def planned(root: Path, rule: str, target: str = "") -> Plan:
    """The plan of one rule over a whole tree."""
    settings = Settings(select=(RULES[rule].code,), target_version=target)
    return plan(Request(root, (root,), settings, cache=False))


def target_of(case: Path) -> str:
    """The release that a case names beside what its project pins, in ``target.txt``."""
    named = case / "target.txt"
    return named.read_text().strip() if named.exists() else ""


def tree(root: Path) -> dict[str, bytes]:
    """The content of every file below a folder."""
    aside = {"__pycache__", ".git"}
    files = (path for path in root.rglob("*") if path.is_file() and not aside & {*path.parts})
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_becomes_exactly_what_its_folder_says(case: Path, tmp_path: Path) -> None:
    """The tree after equals ``after/`` (or is untouched), and the findings are as expected."""
    root = tmp_path / "project"
    shutil.copytree(case / "before", root)
    wanted = tree(case / "after" if (case / "after").is_dir() else case / "before")

    made = planned(root, case.parent.name, target_of(case))
    report = carry_out(made)

    assert not made.faults and not report.faults
    assert tree(root) == wanted
    expected = case / "expect.txt"
    if expected.exists():
        said = [f"{f.path}:{f.span.line}: {f.code} {f.safety.value}" for f in made.findings]
        assert said == expected.read_text().splitlines()
    elif not (case / "after").is_dir():
        assert not made.findings
    assert not planned(root, case.parent.name, target_of(case)).changes


def test_every_rule_has_cases_of_both_kinds() -> None:
    """Each rule shows what it rewrites and, at least as often, what it leaves alone."""
    for name, rule in RULES.items():
        cases = [case for case in CASES if case.parent.name == name]
        rewritten = [case for case in cases if (case / "after").is_dir()]
        assert cases, f"{rule.code} has no cases"
        assert len(cases) - len(rewritten) >= len(rewritten), f"{rule.code} lacks leave-alone cases"


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a folder."""
    return subprocess.run(arguments, cwd=root, capture_output=True, check=False)


@pytest.mark.timeout(2400)  # thousands of projects, three times over
def test_the_diff_over_all_fixtures_is_what_apply_writes(tmp_path: Path) -> None:
    """Over the whole folder, git accepts the diff of the dry run, and both ways give one tree."""
    patched, written = tmp_path / "patched", tmp_path / "written"
    for root in (patched, written):
        shutil.copytree(FIXTURES, root, ignore=shutil.ignore_patterns("__pycache__"))
        assert run(root, "git", "init", "-q").returncode == 0
    tool = (sys.executable, "-m", "tortoise_fix", "apply", "--no-cache", "-q")

    dry = run(patched, *tool, "--dry-run", ".")
    diff = tmp_path / "all.diff"
    diff.write_bytes(dry.stdout)
    checked = run(patched, "git", "apply", "--check", str(diff))
    assert (dry.returncode, checked.returncode, checked.stderr) == (1, 0, b"")
    assert run(patched, "git", "apply", str(diff)).returncode == 0
    assert run(written, *tool, "--allow-dirty", ".").returncode in (0, 1)

    assert tree(patched) == tree(written)
    assert tree(patched) != tree(FIXTURES)


def test_what_a_repair_settles_is_not_left_to_the_user(tmp_path: Path) -> None:
    """Once TOR313 has mended the inner block, TOR310 can tell its connection and pass it."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["tortoise-orm==1.1.9"]\n')
    (tmp_path / "main.py").write_text(
        "from tortoise import fields\nfrom tortoise.models import Model\n"
        "from tortoise.transactions import in_transaction\n\n\n"
        "class Book(Model):\n    id = fields.IntField(primary_key=True)\n\n\n"
        "async def main():\n    async with in_transaction() as outer:\n"
        "        async with in_transaction(outer) as inner:\n            await Book.create()\n"
    )
    made = plan(Request(tmp_path, (tmp_path,), Settings(), cache=False))

    assert {f.safety.value for f in made.findings} == {"safe", "manual"}
    assert b"Book.create(using_db=inner)" in made.changes[0].new
    assert made.left == made.left_after == ()
