"""README.md says what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd="/")


def test_table_of_rules_is_what_the_rules_say() -> None:
    compared = run(str(TESTS / "readme_table.py"))
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_every_option_that_it_names_exists() -> None:
    known = "".join(run("-m", "tortoise_fix", c, "--help").stdout for c in ("apply", "check"))
    section = README.partition("\n## Options\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section))
    assert named
    assert named <= set(re.findall(r"--[a-z][a-z-]+", known)), named


def test_every_option_of_apply_is_named() -> None:
    said = run("-m", "tortoise_fix", "apply", "--help").stdout
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", said)) - {"--help", "--no-unsafe"}
    section = README.partition("\n## Options\n")[2].partition("\n## ")[0]
    assert not {option for option in options if f"`{option}" not in section}


def test_it_holds_the_two_commands() -> None:
    lines = README.splitlines()
    dry_run = "tortoise-fix apply --dry-run fixtures/projects/bookshop"
    assert f"python -m pip install . && {dry_run}" in lines
    assert "python -m pip install '.[test]' && python -m pytest" in lines
