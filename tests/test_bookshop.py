"""The bundled project, run for real before and after ``tortoise-fix apply``."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
PROBE = Path(__file__).with_name("bookshop_probe.py")
LISTINGS = ("/authors", "/books", "/stars", "/latest")
SALE = "POST:/books/9780156027601/sale?copies=2"
DELIVERY = "POST:/books/9780156027601/delivery?copies=5"
UNCOUNTED = {"aerich"}


class Answer(NamedTuple):
    """What one request brought: its status, its body, the SQL statements it took."""

    status: int
    body: object
    statements: int


class Shop(NamedTuple):
    """A copy of the bookshop, seeded, and what it said."""

    folder: Path
    seeded: str
    rows: dict[str, list[tuple[object, ...]]]
    answers: dict[str, Answer]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return run_shop(copy_shop(tmp_path_factory.mktemp("before")))


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = copy_shop(tmp_path_factory.mktemp("after"))
    fixed = tool("apply", str(folder))
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    return run_shop(folder)


def copy_shop(folder: Path) -> Path:
    target = folder / "shop"
    shutil.copytree(PROJECTS / "bookshop", target, ignore=clutter)
    return target


def clutter(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or ".sqlite3" in name}


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tortoise_fix", *arguments]
    # From a neutral directory: the repository's own folders are no part of the run.
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/")


def python(folder: Path, *arguments: str) -> str:
    database = folder.parent / "shop.sqlite3"
    environment = {
        **os.environ,
        "BOOKSHOP_DATABASE_URL": f"sqlite://{database}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_shop(folder: Path) -> Shop:
    seeded = python(folder, "-m", "bookshop.seed")
    rows = read_rows(folder.parent / "shop.sqlite3")
    said = python(folder, str(PROBE), *LISTINGS, SALE, DELIVERY)
    answers = {path: Answer(*answer) for path, answer in json.loads(said).items()}
    return Shop(folder, seeded, rows, answers)


def read_rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(database)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall())
            for (name,) in names
            if name not in UNCOUNTED and not name.startswith("sqlite_")
        }
    finally:
        connection.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not clutter("", list(path.relative_to(folder).parts))
    }


def test_seed_writes_and_prints_the_same_before_and_after(before: Shop, after: Shop) -> None:
    assert before.seeded.startswith("6 books by 4 authors")
    assert after.seeded == before.seeded
    assert after.rows == before.rows
    assert len(before.rows["book"]) == 6


def test_every_request_fails_before(before: Shop) -> None:
    assert {answer.status for answer in before.answers.values()} == {500}


def test_every_request_succeeds_after(after: Shop) -> None:
    assert {answer.status for answer in after.answers.values()} == {200}
    authors = after.answers["/authors"].body
    assert isinstance(authors, list)
    assert authors[0] == {"name": "Andy Weir", "books": ["The Martian, first draft"]}
    books = after.answers["/books"].body
    assert isinstance(books, list)
    assert [book["publisher"] for book in books if "Martian" in book["title"]] == [None]
    assert after.answers[SALE].body == {"stock": 5}
    assert after.answers[DELIVERY].body == {"stock": 10}


def test_listings_take_fewer_statements_and_say_the_same(after: Shop, tmp_path: Path) -> None:
    # Only the hooks are repaired in this copy, so that its loops answer and can be compared.
    folder = copy_shop(tmp_path)
    fixed = tool("apply", "--select", "startup-hook-lifespan", str(folder))
    assert fixed.returncode in (0, 1), fixed.stderr
    lazy = run_shop(folder).answers
    assert {path: lazy[path].body for path in LISTINGS} == {
        path: after.answers[path].body for path in LISTINGS
    }
    assert (lazy["/authors"].statements, after.answers["/authors"].statements) == (5, 2)
    assert (lazy["/books"].statements, after.answers["/books"].statements) == (12, 1)
    assert (lazy["/stars"].statements, after.answers["/stars"].statements) == (7, 2)
    # The newest book of each author is not a prefetch: that loop is left as it is.
    assert (lazy["/latest"].statements, after.answers["/latest"].statements) == (5, 5)


def test_aerich_refuses_the_config_before_and_accepts_it_after(
    before: Shop, after: Shop, tmp_path: Path
) -> None:
    refused = create_migrations(before.folder, tmp_path / "before")
    assert refused.returncode != 0
    assert "You have to add 'aerich.models'" in refused.stdout + refused.stderr
    accepted = create_migrations(after.folder, tmp_path / "after")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert list((tmp_path / "after" / "migrations" / "catalog").glob("0_*.py"))


def create_migrations(shop: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copytree(shop, folder)
    command = [sys.executable, "-c", "from aerich.cli import main; main()"]
    return subprocess.run(
        [*command, "--app", "catalog", "init-db"],
        cwd=folder,
        env={**os.environ, "BOOKSHOP_DATABASE_URL": f"sqlite://{folder}.sqlite3"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_result_is_the_expected_tree_byte_for_byte(after: Shop) -> None:
    expected = contents(PROJECTS / "bookshop_after")
    actual = contents(after.folder)
    assert sorted(actual) == sorted(expected)
    for path, data in expected.items():
        assert actual[path].decode() == data.decode(), path


def test_dry_run_in_the_repository_gives_the_expected_tree(tmp_path: Path) -> None:
    """The project lies in a repository, beside another of the same name, as in a monorepo."""
    command = [sys.executable, "-m", "tortoise_fix", "apply", "--dry-run", "."]
    diff = subprocess.run(
        command, cwd=PROJECTS / "bookshop", capture_output=True, timeout=120
    ).stdout
    folder = copy_shop(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "apply"], cwd=folder, input=diff, check=True)
    shutil.rmtree(folder / ".git")
    assert contents(folder) == contents(PROJECTS / "bookshop_after")


def test_second_run_finds_nothing(after: Shop) -> None:
    again = tool("apply", "--dry-run", str(after.folder))
    assert (again.returncode, again.stdout) == (0, "")


def test_all_four_rules_occur(before: Shop) -> None:
    found = tool("check", str(before.folder))
    assert found.returncode == 1
    for code in ("TOR234", "TOR310", "TOR706", "TOR802"):
        assert f": {code} " in found.stdout
