"""TOR706 against aerich itself: its commands fail before the repair, and work after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

CASES = Path(__file__).parent.parent / "fixtures" / "aerich-models"
REFUSED = "You have to add 'aerich.models' in the models of your tortoise config"
COLUMN = "    pages = fields.IntField(default=0)\n"
#: A configuration of several apps stands in each of these, and of one app in those below.
SEVERAL_APPS = ["two-apps", "dict-calls", "class-attribute", "configuration-object"]
ONE_APP = ["sum-that-begins-with-a-list", "unpacked-base", "list-that-unpacks"]


def aerich(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed aerich in a project."""
    command = [sys.executable, "-m", "aerich", *arguments]
    environment = {**os.environ, "AERICH_NO_TORTOISE_V1_WARNING": "1"}
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=60, check=False, env=environment
    )


def copied(case: str, tmp_path: Path) -> Path:
    """The project of a case, with the libraries that are installed."""
    root = tmp_path / "project"
    shutil.copytree(CASES / case / "before", root)
    manifest = root / "pyproject.toml"
    text = manifest.read_text().replace("==0.24.2", "==1.1.9").replace("==0.8.2", "==0.10.1")
    manifest.write_text(text)
    return root


def repair(root: Path) -> int:
    """Apply TOR706; the number of files that it changed."""
    made = plan(Request(root, (root,), Settings(select=("TOR706",)), cache=False))
    assert not carry_out(made).faults
    return len(made.changes)


def history(root: Path, app: str) -> list[str]:
    """What the commands print that make a first and a second migration and apply them."""
    printed = [aerich(root, "--app", app, "init-db").stdout]
    models = root / "shop" / "models.py"
    models.write_text(models.read_text() + COLUMN)
    printed += [aerich(root, "--app", app, *words).stdout for words in (["migrate"], ["upgrade"])]
    return printed


@pytest.mark.parametrize("case", SEVERAL_APPS)
def test_with_several_apps_aerich_works_after_the_repair(case: str, tmp_path: Path) -> None:
    root = copied(case, tmp_path)
    refused = aerich(root, "init-db")
    assert refused.returncode and REFUSED in refused.stderr

    assert repair(root) == 1

    first, second, third = history(root, "books")
    assert "Success writing schemas" in first
    assert "Success creating migration file" in second
    assert "Success upgrading to" in third


@pytest.mark.parametrize("case", ONE_APP)
def test_with_one_app_the_newest_aerich_needs_no_repair(case: str, tmp_path: Path) -> None:
    root = copied(case, tmp_path)

    assert repair(root) == 0

    assert "Success writing schemas" in aerich(root, "init-db").stdout
