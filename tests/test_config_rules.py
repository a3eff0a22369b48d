"""The rules on configurations against the ORM itself: what fails before a repair, starts after."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from test_aerich_models import COLUMN, aerich, python_with, repair, run_module
from tortoise_fix.codemods.rules._registry import all_rules

FIXTURES = Path(__file__).parent.parent / "fixtures"
CODES = {rule.name: rule.code for rule in all_rules()}
START = """
import asyncio
from tortoise import Tortoise
{reading}
async def start():
    await Tortoise.init({arguments})
    await Tortoise.generate_schemas()
    await Tortoise.close_connections()
asyncio.run(start())
"""
VARIABLE = ("from shop.config import TORTOISE_ORM", "config=TORTOISE_ORM")
URL = ("", 'db_url="sqlite://:memory:", modules={"models": ["shop.models"]}')
OLDER = "0.9.2"  #: of aerich, with tortoise-orm 0.25.4
NOT_A_LIST = "AppConfig.models must be a list of strings"
#: By case: the release of aerich, with a Tortoise ORM of its time, how the ORM is started with it,
#: and what it fails with before.
STARTS = {
    "models-not-a-list/tuple": ("", VARIABLE, NOT_A_LIST),
    "models-not-a-list/tuple-of-one": ("", VARIABLE, NOT_A_LIST),
    "models-not-a-list/string": ("", VARIABLE, NOT_A_LIST),
    "models-not-a-list/variable": ("", VARIABLE, NOT_A_LIST),
    "models-not-a-list/bare-tuple": ("", VARIABLE, NOT_A_LIST),
    "models-not-a-list/string-in-a-json-file": ("", VARIABLE, NOT_A_LIST),
    "models-not-a-list/string-in-a-yaml-file": ("", VARIABLE, NOT_A_LIST),
    "unknown-default-connection/left-out": (
        "",
        VARIABLE,
        "Unable to get db settings for alias 'default'",
    ),
    "unknown-default-connection/in-a-yaml-file": (
        "",
        VARIABLE,
        'App "models" refers to unknown connection "default"',
    ),
    "relation-target-unknown/unknown-app": (
        "",
        VARIABLE,
        "No app with name 'models' registered. Please check your model names in ForeignKeyFields",
    ),
    "fk-missing-app-label/no-app": (
        "",
        VARIABLE,
        'ForeignKeyField accepts model name in format "app.Model"',
    ),
    "relation-target-unknown/beside-aerich": (
        "",
        VARIABLE,
        "No model with name 'Book' registered in app 'loans'.",
    ),
    "relation-target-unknown/another-app": (
        "",
        VARIABLE,
        "No model with name 'Book' registered in app 'loans'.",
    ),
    "unknown-default-connection/wrong-name": (
        OLDER,
        VARIABLE,
        "Unable to get db settings for alias 'default'",
    ),
}
#: Cases that are left to the user, or alone: what the start fails with, if it does.
LEFT = {
    "unknown-default-connection/several-connections": (
        VARIABLE,
        'App "models" refers to unknown connection "replica"',
    ),
    "unknown-default-connection/known": (VARIABLE, ""),
    "unknown-default-connection/connection-added-later": (VARIABLE, ""),
    "models-module-not-found/slip": (VARIABLE, 'Module "shop.modles" not found'),
    "models-module-not-found/there": (VARIABLE, ""),
    "init-without-modules/url-alone": (
        ("", 'db_url="sqlite://:memory:"'),
        "Must provide either 'config', 'config_file', or both 'db_url' and 'modules'",
    ),
    "init-without-modules/nothing": (
        ("", ""),
        'You should init either from "config", "config_file" or "db_url"',
    ),
    "init-without-modules/two-sources": (
        ("", 'db_url="sqlite://:memory:", config={"connections": {}, "apps": {}}'),
        'You should init either from "config", "config_file" or "db_url"',
    ),
    "init-without-modules/both": (URL, ""),
    "relation-target-unknown/unknown-model": (
        VARIABLE,
        "No model with name 'Bok' registered in app 'books'.",
    ),
    "relation-target-unknown/known": (VARIABLE, ""),
    "models-not-a-list/list-in-a-json-file": (("", 'config_file="orm.json"'), ""),
    "unused-connection/one-of-two": (VARIABLE, ""),
}


def start(root: Path, how: tuple[str, str], release: str = "") -> str:
    """The last line that a start of the ORM in a project complains with."""
    reading, arguments = how
    code = START.format(reading=reading, arguments=arguments)
    python = python_with(release)
    done = subprocess.run(
        [python, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("case", STARTS)
def test_the_start_fails_before_the_repair_and_not_after(case: str, tmp_path: Path) -> None:
    release, how, error = STARTS[case]
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / case / "before", root)

    assert start(root, how, release).startswith(f"tortoise.exceptions.ConfigurationError: {error}")
    assert repair(root, CODES[case.partition("/")[0]], unsafe=True) == 1
    assert start(root, how, release) == ""


@pytest.mark.parametrize("case", LEFT)
def test_the_start_fails_as_the_message_says(case: str, tmp_path: Path) -> None:
    how, error = LEFT[case]
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / case / "before", root)

    assert repair(root, CODES[case.partition("/")[0]], unsafe=True) == 0
    assert start(root, how).removeprefix("tortoise.exceptions.ConfigurationError: ") == error


def tables(root: Path) -> set[str]:
    """The tables of a project's database."""
    connection = sqlite3.connect(root / "db.sqlite3")
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return found


def tortoise(root: Path, *arguments: str) -> str:
    """What a command of Tortoise's own migrations prints; it must not fail."""
    done = run_module(root, "tortoise.cli.cli", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("case", ["project-of-aerich", "several-apps"])
def test_a_project_of_aerich_goes_on_with_own_migrations(case: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / "native-baseline" / case / "before", root)
    assert aerich(root, "init-db").returncode == 0
    assert "aerich" in tables(root)

    assert repair(root, "TOR713", unsafe=True) == 2

    tortoise(root, "init")
    tortoise(root, "makemigrations")
    tortoise(root, "migrate", "--fake")
    models = min(root.glob("shop/**/models.py"))
    models.write_text(models.read_text() + COLUMN)
    tortoise(root, "makemigrations")
    tortoise(root, "migrate")
    assert "No changes" in tortoise(root, "makemigrations")
    columns = sqlite3.connect(root / "db.sqlite3").execute("SELECT * FROM book").description
    assert "pages" in {name for name, *_ in columns}


def test_the_tortoise_command_finds_what_only_aerich_found(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / "aerich-tool-section" / "only-aerich" / "before", root)
    error = run_module(root, "tortoise.cli.cli", "init").stderr
    assert "You must specify TORTOISE_ORM in option or env" in error

    assert repair(root, "TOR702") == 1

    tortoise(root, "init")
    assert aerich(root, "init-db").returncode == 0


def test_aerich_finds_what_an_ini_file_said(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / "aerich-ini" / "beside-a-manifest" / "before", root)
    assert "Failed to load tortoise config" in aerich(root, "init-db").stderr

    assert repair(root, "TOR701") == 1

    assert aerich(root, "init-db").returncode == 0


@pytest.mark.parametrize(
    ("case", "release", "error"),
    [
        ("query-in-a-function", "", "default_connection for the model <class 'shop.models.Book'>"),
        ("query-itself", "0.8.2", "TypeError: 'NoneType' object is not iterable"),
        ("event-loop", "", "default_connection for the model <class 'shop.models.Book'>"),
    ],
)
def test_a_query_before_any_start_fails_as_the_message_says(
    case: str, release: str, error: str, tmp_path: Path
) -> None:
    root = FIXTURES / "model-used-before-init" / case / "before"
    done = subprocess.run(
        [python_with(release), "-B", "-m", "shop.count"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert error in done.stderr


def test_aerich_adds_a_column_that_is_there_where_the_tables_came_first(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / "generate-schemas-in-production" / "call" / "before", root)
    assert aerich(root, "init-db").returncode == 0
    models = root / "shop" / "models.py"
    models.write_text(models.read_text() + COLUMN)
    assert aerich(root, "migrate").returncode == 0
    (root / "db.sqlite3").unlink()

    assert start(root, VARIABLE) == ""
    assert "duplicate column name: pages" in aerich(root, "upgrade").stderr
