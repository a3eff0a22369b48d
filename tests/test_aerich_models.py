"""TOR706 against aerich itself: its commands fail before the repair, and work after it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from proof.releases import environment
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

CASES = Path(__file__).parent.parent / "fixtures" / "aerich-models"
REFUSED = "You have to add 'aerich.models' in the models of your tortoise config"
NO_DEFAULT = "default_connection for the model <class 'aerich.models.Aerich'> cannot be None"
COLUMN = "    pages = fields.IntField(default=0)\n"
NEWEST = ""  #: the releases that are installed beside the tests
#: Releases of aerich, each with a Tortoise ORM of its time, and what both need: asyncclick for
#: Python 3.10 does not say that it needs anyio.
PAIRS = {
    "0.7.2": ("tortoise-orm==0.20.1", "aerich==0.7.2"),
    "0.8.2": ("tortoise-orm==0.24.2", "aerich==0.8.2", "aiosqlite<0.21", "anyio"),
    "0.9.2": ("tortoise-orm==0.25.4", "aerich==0.9.2", "aiosqlite<0.22"),
}
COMMON = ("setuptools<81", "tomlkit", "pyyaml")
#: aerich 0.8.2 leaves its connection open, whose thread would keep the process from ending.
RUN = """
import os, runpy, sys, traceback
code = 0
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__")
except SystemExit as end:
    code = end.code or 0
except BaseException:
    traceback.print_exc()
    code = 1
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""
#: A configuration of several apps stands in each of these, and of one app in those below.
SEVERAL_APPS = ["two-apps", "dict-calls", "class-attribute", "configuration-object"]
SEVERAL_APPS_IN_FILES = ["json-file-of-several-lines", "yaml-file", "yaml-file-in-brackets"]
ONE_APP = ["sum-that-begins-with-a-list", "unpacked-base", "list-that-unpacks"]
#: By release, a configuration of several apps and the error it is refused with; and of one app.
OLDER_SEVERAL = {"0.7.2": NO_DEFAULT, "0.8.2": NO_DEFAULT, "0.9.2": REFUSED}
OLDER_ONE = {"0.7.2": NO_DEFAULT, "0.8.2": NO_DEFAULT}


def python_with(release: str) -> str:
    """The interpreter that has a release of aerich."""
    return environment([*PAIRS[release], *COMMON]) if release else sys.executable


def run_module(
    root: Path, module: str, *arguments: str, release: str = NEWEST
) -> subprocess.CompletedProcess[str]:
    """Run a module in a project, as its own folder sees it."""
    command = [python_with(release), "-c", RUN, module, *arguments]
    settings = {"AERICH_NO_TORTOISE_V1_WARNING": "1", "PYTHONPATH": str(root)}
    return subprocess.run(
        command,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **settings},
    )


def aerich(root: Path, *arguments: str, release: str = NEWEST) -> subprocess.CompletedProcess[str]:
    """Run a command of aerich in a project."""
    return run_module(root, "aerich.cli", *arguments, release=release)


def copied(case: Path, tmp_path: Path, release: str = NEWEST) -> Path:
    """The project of a case, with the libraries that it is run with."""
    root = tmp_path / "project"
    shutil.copytree(case / "before", root)
    pins = PAIRS[release][:2] if release else ("tortoise-orm==1.1.9", "aerich==0.10.1")
    manifest = root / "pyproject.toml"
    text = manifest.read_text()
    for pin in pins:
        name = pin.partition("==")[0]
        text = "\n".join(
            f'    "{pin}",' if f'"{name}==' in line else line for line in text.split("\n")
        )
    manifest.write_text(text)
    for models in root.glob("shop/*.py") if release == "0.7.2" else ():
        models.write_text(models.read_text().replace("primary_key=True", "pk=True"))
    return root


def repair(root: Path, code: str = "TOR706", unsafe: bool = False) -> int:
    """Apply a rule; the number of files that it changed."""
    made = plan(Request(root, (root,), Settings(select=(code,), unsafe=unsafe), cache=False))
    assert not made.faults
    assert not carry_out(made).faults
    return len(made.changes)


def history(root: Path, app: str, release: str = NEWEST) -> list[str]:
    """What the commands print that make a first and a second migration and apply them."""
    printed = [aerich(root, "--app", app, "init-db", release=release).stdout]
    models = root / "shop" / "models.py"
    models.write_text(models.read_text() + COLUMN)
    for words in (["migrate"], ["upgrade"]):
        printed.append(aerich(root, "--app", app, *words, release=release).stdout)
    return printed


def works(root: Path, app: str, release: str = NEWEST) -> None:
    """Assert that aerich makes the tables, a migration for a new column, and the column."""
    shutil.rmtree(root / "migrations", ignore_errors=True)  # what a refused command has begun
    first, second, third = history(root, app, release)
    assert "Success" in first
    assert "Success" in second and "migrat" in second
    assert "Success upgrad" in third
    connection = sqlite3.connect(root / "db.sqlite3")
    columns = {name for name, *_ in connection.execute("SELECT * FROM book").description}
    applied = connection.execute("SELECT COUNT(*) FROM aerich").fetchone()
    connection.close()
    assert "pages" in columns
    assert applied == (2,)


@pytest.mark.parametrize("case", [*SEVERAL_APPS, *SEVERAL_APPS_IN_FILES])
def test_with_several_apps_aerich_works_after_the_repair(case: str, tmp_path: Path) -> None:
    root = copied(CASES / case, tmp_path)
    refused = aerich(root, "init-db")
    assert refused.returncode and REFUSED in refused.stderr

    assert repair(root) == 1

    works(root, "books")


@pytest.mark.parametrize("case", ONE_APP)
def test_with_one_app_the_newest_aerich_needs_no_repair(case: str, tmp_path: Path) -> None:
    root = copied(CASES / case, tmp_path)

    assert repair(root) == 0

    assert "Success writing schemas" in aerich(root, "init-db").stdout


@pytest.mark.parametrize("case", ["two-apps", "yaml-file"])
@pytest.mark.parametrize("release", OLDER_SEVERAL)
def test_with_several_apps_an_older_aerich_works_after_the_repair(
    release: str, case: str, tmp_path: Path
) -> None:
    root = copied(CASES / case, tmp_path, release)
    refused = aerich(root, "init-db", release=release)
    assert refused.returncode and OLDER_SEVERAL[release] in refused.stderr

    assert repair(root) == 1

    works(root, "books", release)


@pytest.mark.parametrize("case", ["sum-that-begins-with-a-list", "json-file"])
@pytest.mark.parametrize("release", OLDER_ONE)
def test_with_one_app_an_aerich_before_0_9_works_after_the_repair(
    release: str, case: str, tmp_path: Path
) -> None:
    root = copied(CASES / case, tmp_path, release)
    refused = aerich(root, "init-db", release=release)
    assert refused.returncode and OLDER_ONE[release] in refused.stderr

    assert repair(root) == 1

    works(root, "models", release)


def test_with_one_app_aerich_0_9_2_needs_no_repair(tmp_path: Path) -> None:
    root = copied(CASES / "json-file", tmp_path, "0.9.2")

    assert repair(root) == 0

    works(root, "models", "0.9.2")


@pytest.mark.parametrize(
    ("release", "error"),
    [
        ("0.7.2", "AttributeError: 'Apps' object has no attribute 'get'"),
        ("0.9.2", "_column_default_generator() takes 4 positional arguments but 6 were given"),
    ],
)
def test_the_error_of_an_old_aerich_is_that_of_its_release(
    release: str, error: str, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    shutil.copytree(CASES.parent / "aerich-floor" / "old-both" / "before", root)
    manifest = root / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace("aerich==0.9.2", f"aerich=={release}"))
    settings = Settings(select=("TOR710",), target_version="1.1")

    made = plan(Request(root, (root,), settings, cache=False))

    assert [error in finding.message for finding in made.findings] == [True]
