"""TOR301, TOR302 and TOR303 by running: what they report goes wrong, and what they advise works.

And TOR310 and TOR314 on two connections: what they pass moves no row to the other database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from databases import DATABASES, SQLITE, fresh, kind
from ormrun import Outcome, run
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tortoise_fix.codemods.rules._base import Finding

MODELS = """\
from tortoise import fields
from tortoise.models import Model


class Tag(Model):
    name = fields.CharField(max_length=20, unique=True)
"""
HEAD = """\
import asyncio

from tortoise import Tortoise
from tortoise.exceptions import ParamsError
from tortoise.transactions import atomic, in_transaction

from models import Tag


"""
PINNED = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["tortoise-orm==1.1.9"]\n'
#: Bodies of a transaction that TOR302 reports, with what SQLite makes of them.
OVERLAPPING = {
    "await asyncio.gather(*(Tag.get_or_create(name=name) for name in 'ab'))": "no such savepoint",
    "await asyncio.gather(inner('a'), inner('b'))": "no such savepoint",
    "await asyncio.gather(wrapped('a'), inner('b'))": "no such savepoint",
}
IN_TURN = "for name in 'ab':\n            await Tag.get_or_create(name=name)"
INNER = """\
async def inner(name):
    async with in_transaction():
        await Tag.create(name=name)


@atomic()
async def wrapped(name):
    await Tag.create(name=name)


"""

on_each_database = pytest.mark.parametrize("url", DATABASES, ids=kind)


def written(root: Path, body: str, **files: str) -> Path:
    """A project with this code after the imports."""
    files = {"pyproject.toml": PINNED, "models.py": MODELS, "main.py": HEAD + body} | {
        f"{name}.py": text for name, text in files.items()
    }
    for name, text in files.items():
        (root / name).write_text(text)
    return root


def found(root: Path, *codes: str) -> list[Finding]:
    """The findings of some rules, once what they can repair is repaired."""
    made = plan(Request(root, (root,), Settings(select=codes), cache=False))
    assert not made.faults and not carry_out(made).faults
    return list(made.findings)


def outcome(root: Path, url: str) -> Outcome:
    """What comes of a project on an empty database."""
    with fresh(url, 1) as urls:
        return run(root, urls[0], limit=5)


def in_a_transaction(body: str) -> str:
    return f"{INNER}async def main():\n    async with in_transaction():\n        {body}\n"


@on_each_database
@pytest.mark.parametrize("body", OVERLAPPING)
def test_inner_transactions_at_the_same_time_fail(body: str, url: str, tmp_path: Path) -> None:
    root = written(tmp_path, in_a_transaction(body))
    one, *others = found(root, "TOR302")

    assert "opens an inner transaction" in one.message and not others
    said = outcome(root, url).exception
    assert OVERLAPPING[body] in said if url == SQLITE else said


@on_each_database
def test_one_after_the_other_they_work(url: str, tmp_path: Path) -> None:
    root = written(tmp_path, in_a_transaction(IN_TURN))

    assert not found(root, "TOR302")
    assert (outcome(root, url).exception, len(outcome(root, url).rows["tag"])) == ("", 2)


@on_each_database
def test_a_gather_goes_on_while_the_transaction_is_rolled_back(url: str, tmp_path: Path) -> None:
    """On SQLite rows survive the rollback; PostgreSQL hides the error that it was about."""
    creates = "await asyncio.gather(*(Tag.create(name=name) for name in ('a', 'a', 'b', 'c', 'd')))"
    root = written(tmp_path, in_a_transaction(creates))
    (one,) = found(root, "TOR302")
    came = outcome(root, url)

    assert "the others go on" in one.message
    if url == SQLITE:
        assert came.exception.startswith("IntegrityError")
        assert came.rows["tag"]
    elif kind(url) == "postgres":
        assert came.exception.startswith("InterfaceError")


LOCKING = """\
async def take(key):
    {opens}
        await Tag.select_for_update().get(id=key)
        await asyncio.sleep(0.3)


async def blocked():
    async with in_transaction():
        try:
            await Tag.select_for_update(nowait=True).get(id=1)
        except Exception:  # asyncpg has an error of its own for it
            return True
    return False


async def main():
    await Tag.create(name="a")
    both = asyncio.gather(take(1), blocked_later())
    return (await both)[1]


async def blocked_later():
    await asyncio.sleep(0.1)
    return await blocked()


if __name__ == "__main__":
    asyncio.run(main())
"""


@on_each_database
@pytest.mark.parametrize("held", [False, True], ids=["outside", "inside"])
def test_a_lock_lasts_as_long_as_its_transaction(held: bool, url: str, tmp_path: Path) -> None:
    opens = "async with in_transaction():" if held else "if True:"
    root = written(tmp_path, LOCKING.replace("{opens}", opens))

    assert [one.code for one in found(root, "TOR301")] == ([] if held else ["TOR301"])
    if url != SQLITE:
        assert (outcome(root, url).value, outcome(root, url).exception) == (str(held), "")
    elif not held:
        assert not any("FOR UPDATE" in one for one in outcome(root, url).statements)


CONFIG = """\
CONFIG = {
    "connections": {"default": "sqlite://:memory:", "archive": "sqlite://:memory:"},
    "apps": {
        "models": {"models": ["models"], "default_connection": "default"},
        "old": {"models": ["old"], "default_connection": "archive"},
    },
}
"""
OLD = """\
from tortoise import fields
from tortoise.models import Model


class Paper(Model):
    text = fields.TextField()
"""
TWO = """\
from config import CONFIG
from old import Paper


async def main():
    await Tortoise.close_connections()
    await Tortoise.init(config=CONFIG)
    await Tortoise.generate_schemas()
    try:
        return await work()
    except (ParamsError, ValueError) as error:
        return type(error).__name__, await Tag.all().count(), await Paper.all().count()


async def add(name, conn=None):
    return await Tag.create(name=name, using_db=conn)


async def work():
"""
#: What a program on two connections does, and what comes of it.
ON_TWO = {
    """\
    async with in_transaction("default") as conn:
        await Tag.create(name="a")
        await Paper.create(text="stays")
        await add("b")
        raise ValueError
""": "('ValueError', 0, 1)",
    """\
    async with in_transaction("default") as conn:
        async with in_transaction("archive") as old:
            await Tag.create(name="a")
            await Paper.create(text="b")
            await Paper.filter(text="b").update(text="c")
        await Tag.all().count()
        raise ValueError
""": "('ValueError', 0, 1)",
    """\
    papers = Paper.all()
    async with in_transaction("archive") as old, in_transaction("default") as conn:
        await Paper.create(text="a")
        for paper in await Paper.all():
            await Tag.create(name=paper.text)
            await paper.delete()
        async with in_transaction(conn.connection_name) as inner:
            await add("b")
            await Paper.create(text="b")
    return await Tag.all().count(), await papers.count()
""": "(2, 1)",
}


@pytest.mark.parametrize("body", ON_TWO)
def test_what_is_passed_moves_no_row_to_another_database(body: str, tmp_path: Path) -> None:
    root = written(tmp_path, TWO + body, config=CONFIG, old=OLD)
    before = outcome(root, SQLITE)
    passed = found(root, "TOR310")
    after = outcome(root, SQLITE)

    assert passed and before.value == ON_TWO[body]
    assert (before.value, before.statements) == (after.value, after.statements)


@pytest.mark.parametrize("opens", ["in_transaction()", 'in_transaction("default")'])
def test_a_transaction_on_one_of_several_has_to_name_it(opens: str, tmp_path: Path) -> None:
    body = f"    async with {opens}:\n        await Tag.create(name='a')\n    return 'works'\n"
    root = written(tmp_path, TWO + body, config=CONFIG, old=OLD)
    reports = found(root, "TOR303")

    works = '"' in opens
    assert outcome(root, SQLITE).value == ("'works'" if works else "('ParamsError', 0, 0)")
    assert ['pass "default"' in one.advice for one in reports] == ([] if works else [True])
