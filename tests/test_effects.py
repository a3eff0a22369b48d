"""What code may do to the database: writes that are seen, and what cannot be told."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.orm.effects import Effects, effects_of
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
import asyncio
from tortoise import fields
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.models import Model
from tortoise.transactions import in_transaction

class Shelf(Model):
    id = fields.IntField(primary_key=True)

class Author(Model):
    id = fields.IntField(primary_key=True)

class Novelist(Author):
    pass

class Tag(Model):
    id = fields.IntField(primary_key=True)
    books = fields.ManyToManyField("models.Book", related_name="tags")

class Loan(Model):
    id = fields.IntField(primary_key=True)
    book = fields.ForeignKeyField("models.Book", related_name="loans")

class Watched(Model):
    id = fields.IntField(primary_key=True)
    async def save(self, *args, **kwargs):
        await super().save(*args, **kwargs)

class Slow(Model):
    id = fields.IntField(primary_key=True)
    def __await__(self):
        return Shelf.create().__await__()

class Book(Model):
    id = fields.IntField(primary_key=True)
    async def rename(self):
        await self.save()
    async def read(self):
        return await Book.get(id=self.id)

async def writes():
    await Book.all().delete()

async def reads():
    return await Book.all()

async def endless():
    await endless()

async def one_way():
    await Author.create()
    await other_way()

async def other_way():
    await Shelf.create()
    await one_way()

async def subject(book: Book, other):
"""


def effects(tmp_path: Path, body: str, more: str = "") -> Effects:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    data = (more + HEAD + lines).encode()
    project = Project(tmp_path, ("app.py",), lambda _path: data, "", {})
    module = project.module("app.py")
    assert isinstance(module, Module)
    function = module.tree.body[-1]
    assert isinstance(function, ast.AsyncFunctionDef)
    return effects_of(module, function.body)


@pytest.mark.parametrize(
    "body",
    [
        "await Book.create(id=1)",
        "await book.save()",
        "await book.rename()",
        "await writes()",
        "asyncio.create_task(writes())",
        "await asyncio.gather(reads(), writes())",
        "await asyncio.gather(*[writes() for _ in range(3)])",
        "async with in_transaction():\n    await writes()",
        "later = writes()",
        "query = Book.all().delete()\nawait query",
        "one = Book if other else Shelf\nawait one.create()",
        "one = book if other else None\nawait one.save()",
    ],
)
def test_a_write_is_seen(tmp_path: Path, body: str) -> None:
    assert effects(tmp_path, body).write


@pytest.mark.parametrize(
    "body",
    [
        "await other()",
        "await other.send(book)",
        "await Slow()",
        "await (Slow() if other else book)",
        "await other",
        "async for _ in other:\n    pass",
        "async with other:\n    pass",
        "async with RegisterTortoise(other, generate_schemas=True):\n    pass",
        "asyncio.create_task(other.send())",
        "asyncio.create_task(other)",
        "await asyncio.gather(*other)",
        "await asyncio.wait_for(other.send(), 5)",
        "yield 1",
    ],
)
def test_what_cannot_be_followed_is_unknown(tmp_path: Path, body: str) -> None:
    found = effects(tmp_path, body)

    assert found.unknown
    assert not found.write


@pytest.mark.parametrize(
    "body",
    [
        "await Book.all()",
        "await book.read()",
        "await reads()",
        "await endless()",
        "await asyncio.sleep(1)",
        "await asyncio.gather(reads(), Book.all())",
        "async for _ in Book.all():\n    pass",
        "async with in_transaction():\n    await reads()",
        "print(book.id)",
    ],
)
def test_reading_has_no_effect(tmp_path: Path, body: str) -> None:
    assert not effects(tmp_path, body)


def test_an_effect_names_the_call_and_its_line(tmp_path: Path) -> None:
    line = HEAD.count("\n") + 1

    assert effects(tmp_path, "await writes()").write == f"writes() (line {line})"


def written(found: Effects) -> set[str] | None:
    """The names of the models that may be written; None where that cannot be told."""
    return None if found.models is None else {symbol.name for symbol in found.models}


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ("await Book.all()", set()),
        ("await Book.create(id=1)", {"Book"}),
        ("one = Book if other else Shelf\nawait one.create()", {"Book", "Shelf"}),
        ("one = Book.all() if other else Shelf.all()\nawait one", set()),
        ("await book.save()", {"Book"}),
        ("await Book.filter(id=1).update(id=2)", {"Book"}),
        ("await Book.bulk_create([])", {"Book"}),
        ("await Author.create(id=1)", {"Author"}),
        ("author = await Author.get(id=1)\nawait author.save()", {"Author", "Novelist"}),
        ("await book.delete()", {"Book", "Loan", "Tag"}),
        ("await Shelf.all().delete()", {"Shelf"}),
        ("await book.tags.clear()", {"Book", "Tag"}),
        ("await one_way()", {"Author", "Shelf"}),
        ("await endless()", set()),
        ("await asyncio.gather(writes(), Shelf.create())", {"Book", "Loan", "Tag", "Shelf"}),
    ],
)
def test_the_models_that_may_be_written(tmp_path: Path, body: str, models: set[str]) -> None:
    assert written(effects(tmp_path, body)) == models


@pytest.mark.parametrize(
    "body",
    [
        "await other()",
        "await Watched.create(id=1)",
        "await Book.create(id=1)\nawait other.send()",
        "await Watched.filter(id=1).delete()",
    ],
)
def test_models_that_cannot_be_told(tmp_path: Path, body: str) -> None:
    assert written(effects(tmp_path, body)) is None


@pytest.mark.parametrize(
    "more",
    [
        "from tortoise.signals import post_save\n",
        "from tortoise import signals\nsignals.pre_delete()\n",
        "async def now(): ...\nFIELD = Field(default=now)\n",
    ],
)
def test_code_that_runs_with_each_write_may_write_anything(tmp_path: Path, more: str) -> None:
    found = effects(tmp_path, "await Book.create(id=1)", more)

    assert found.write
    assert found.models is None
