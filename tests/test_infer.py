"""What inference says of attributes that derived models define anew, and of nested texts."""

from __future__ import annotations

import ast
from random import Random
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.orm.environment import join_all
from tortoise_fix.codemods.orm.infer import Types, types_of
from tortoise_fix.codemods.orm.types import (
    ANY_MODEL,
    DATA,
    NOWHERE,
    UNKNOWN,
    Foreign,
    Forward,
    Instance,
    ListOf,
    Manager,
    ModelClass,
    OneOf,
    Plain,
    Query,
    TupleOf,
    Type,
    join,
)
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.project.symbols import Class

if TYPE_CHECKING:
    from pathlib import Path

    from tortoise_fix.codemods.project.facts import FunctionNode

HEAD = """
from tortoise import fields
from tortoise.models import Model

class Team(Model):
    id = fields.IntField(primary_key=True)

class Club(Model):
    id = fields.IntField(primary_key=True)

class Entry(Model):
    id = fields.IntField(primary_key=True)
    size = fields.IntField()
    team = fields.ForeignKeyField("models.Team", related_name="entries")

class Note(Model):
    id = fields.IntField(primary_key=True)
    entry = fields.ForeignKeyField("models.Entry", related_name="notes")

class Late(Entry):
    {late}

async def subject(entry: Entry):
    {asked}
"""


def inferred(tmp_path: Path, late: str, expression: str) -> tuple[Types, ast.expr]:
    """An expression about an entry, where entries may be late ones, and the types in it."""
    data = HEAD.format(late=late, asked=expression).encode()
    project = Project(tmp_path, ("app.py",), lambda _path: data, "", {})
    module = project.module("app.py")
    assert isinstance(module, Module)
    function = module.tree.body[-1]
    assert isinstance(function, ast.AsyncFunctionDef)
    statement = function.body[-1]
    assert isinstance(statement, ast.Expr)
    return types_of(module, function), statement.value


def asked(tmp_path: Path, late: str, expression: str) -> Type:
    """The type of such an expression."""
    types, node = inferred(tmp_path, late, expression)
    return types.of(node)


def test_a_relation_that_a_derived_model_inherits_is_known(tmp_path: Path) -> None:
    assert isinstance(asked(tmp_path, "pass", "entry.team"), Forward)
    assert isinstance(asked(tmp_path, "pass", "entry.notes"), Manager)


@pytest.mark.parametrize(
    "late",
    [
        "team = fields.CharField(max_length=9)",
        'team = fields.ForeignKeyField("models.Club", related_name="late")',
        'team = fields.ManyToManyField("models.Team", related_name="late")',
        'team = fields.ForeignKeyField("models.Team", related_name="late", null=True)',
        "team = None",
    ],
)
def test_a_relation_that_a_derived_model_redefines_is_unknown(tmp_path: Path, late: str) -> None:
    assert asked(tmp_path, late, "entry.team") == UNKNOWN


def test_a_field_that_a_derived_model_makes_a_relation_is_unknown(tmp_path: Path) -> None:
    late = 'size = fields.ForeignKeyField("models.Club", related_name="late")'

    assert asked(tmp_path, "pass", "entry.size") == Plain("object")
    assert asked(tmp_path, late, "entry.size") == UNKNOWN


def test_a_method_that_a_derived_model_replaces_with_a_field_is_unknown(tmp_path: Path) -> None:
    assert asked(tmp_path, "pass", "entry.save") != UNKNOWN
    assert asked(tmp_path, "save = fields.IntField()", "entry.save") == UNKNOWN


def test_a_nested_formatted_text_means_the_names_of_its_comprehension(tmp_path: Path) -> None:
    types, text = inferred(tmp_path, "pass", "f\"{[f'{entry}' for entry in 'ab']} {entry}\"")
    names = [n for n in ast.walk(text) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    kinds = [isinstance(types.of(name), Instance) for name in names]
    assert sorted(kinds) == [False, True]


SHAPES = """
from tortoise import fields
from tortoise.models import Model

class Book(Model):
    id = fields.IntField(primary_key=True)

class Shelf(Model):
    id = fields.IntField(primary_key=True)

class Books:
    model = Book
    def __init__(self, shelf):
        self.shelf = Shelf()

class Novels(Books):
    pass

class Shelves(Books):
    model = Shelf
    def __init__(self, shelf):
        self.shelf = None

class Service:
    def __init__(self, novels: Novels):
        self.novels = novels
        self.own = Novels(1)
        self.shelves = Shelves(1)
    def method(self, other, books: Books, flag):
        {body}
"""


def shaped(tmp_path: Path, body: str) -> Type:
    """The type of the last expression in a method of a class that uses others."""
    data = SHAPES.format(body=body.replace("\n", "\n        ")).encode()
    project = Project(tmp_path, ("app.py",), lambda _path: data, "", {})
    module = project.module("app.py")
    assert isinstance(module, Module)
    function = module.nodes(ast.FunctionDef)[-1]
    statement = module.nodes(ast.Expr)[-1]
    return types_of(module, function).of(statement.value)


BOOK, SHELF = Class("app.py", "Book"), Class("app.py", "Shelf")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.own.model", ModelClass(BOOK)),
        ("self.shelves.model", ModelClass(SHELF)),
        ("self.novels.model", ModelClass(BOOK)),
        ("self.novels.shelf", Instance(SHELF)),
        ("books.shelf", Instance(SHELF, optional=True)),
        ("books.model", OneOf(frozenset({ModelClass(BOOK), ModelClass(SHELF)}))),
        ("books.model or flag", UNKNOWN),
        ("(Book if flag else Shelf)()", OneOf(frozenset({Instance(BOOK), Instance(SHELF)}))),
        ("if isinstance(other, dict):\n    other", Plain("dict")),
        ("self.__class__", UNKNOWN),
        ("if isinstance(other, Book):\n    other", Instance(BOOK)),
        ("match other:\n    case Book():\n        other", Instance(BOOK)),
        ("match other:\n    case Book() as one:\n        one", Instance(BOOK)),
        ("from pathlib import Path\nPath('a') / 'b'", Foreign("pathlib.Path")),
    ],
)
def test_what_objects_of_the_project_hold(tmp_path: Path, body: str, expected: Type) -> None:
    assert shaped(tmp_path, body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "books.own",
        "other.model",
        "if not isinstance(other, Book):\n    other",
        "if isinstance(other, Book) or flag:\n    other",
        "isinstance = flag\nif isinstance(other, Book):\n    other",
        "if isinstance(other, Book):\n    other = flag\n    other",
        "if isinstance(other, Book):\n    pass\nother",
        "match other:\n    case Book() | Shelf():\n        other",
        "match other:\n    case Book():\n        pass\nother",
        "other / 'b'",
    ],
)
def test_what_is_not_proven_is_unknown(tmp_path: Path, body: str) -> None:
    found = shaped(tmp_path, body)
    assert found == UNKNOWN or found == Plain("object")


def test_one_of_several_queries_is_a_query_of_no_certain_place(tmp_path: Path) -> None:
    found = shaped(tmp_path, "Book.filter(id=1) if flag else Book.all()")
    assert isinstance(found, Query)
    assert found.root == NOWHERE
    for other in ("Shelf.all()", "Book.first()"):
        either = shaped(tmp_path, f"Book.filter(id=1) if flag else {other}")
        assert isinstance(either, OneOf)
        assert all(isinstance(one, Query) for one in either.members)


def types_in(tmp_path: Path, files: dict[str, str], path: str = "app.py") -> Types:
    """The types in the last function of a file."""
    project = Project(tmp_path, tuple(files), lambda name: files[name].encode(), "", {})
    module = project.module(path)
    assert isinstance(module, Module)
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef)]
    functions += module.nodes(ast.AsyncFunctionDef)
    return types_of(module, max(functions, key=lambda node: node.lineno))


BASES = """
from typing import Generic, TypeVar
from fastapi import Depends
from tortoise import fields
from tortoise.models import Model

class Book(Model):
    id = fields.IntField(primary_key=True)
    async def save(self, *args, **kwargs):
        return await super().save(*args, **kwargs)

class Shelf(Model):
    id = fields.IntField(primary_key=True)

T = TypeVar("T", bound=Model)
S = TypeVar("S")

class Repository(Generic[T, S]):
    def __init__(self, model: type[T]):
        self.model = model
    async def get(self, id) -> T | None:
        return await self.model.get_or_none(id=id)
    async def page(self, number) -> tuple[int, list[T]]:
        return 1, await self.model.all()

class Books(Repository[Book, int]):
    pass

async def current(id: int):
    return await Shelf.get(id=id)

async def opened():
    yield Book()
"""


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("async def last(books: Books):\n    return await books.get(1)", Instance(BOOK, True)),
        (
            "async def last(books: Books):\n    return await books.page(1)",
            TupleOf((Plain("int"), ListOf(Instance(BOOK)))),
        ),
        ("def last(rows: tuple[Book, ...]):\n    return rows", UNKNOWN),
        ("def last(books: Books):\n    return books.model", ModelClass(BOOK, False)),
        ("def last(any: Repository):\n    return any.model", ModelClass(ANY_MODEL, False)),
        ("async def last(any: Model):\n    return await any.refresh_from_db()", Plain("None")),
        ("def last(shelf=Depends(current)):\n    return shelf", Instance(SHELF)),
        ("def last(book=Depends(opened)):\n    return book", Instance(BOOK)),
        ("def last(book=Depends()):\n    return book", UNKNOWN),
        ("def last(rows: T):\n    return rows.save", UNKNOWN),
    ],
)
def test_what_type_variables_and_dependencies_stand_for(
    tmp_path: Path, function: str, expected: Type
) -> None:
    assert types_in(tmp_path, {"app.py": f"{BASES}\n{function}\n"}).returned == expected


CONFTEST = """
import pytest
from httpx import AsyncClient
from app import Book

@pytest.fixture
async def client():
    async with AsyncClient() as one:
        yield one

@pytest.fixture
async def book(client):
    return await Book.create()
"""


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("def test_one(client):\n    return client", Foreign("httpx.AsyncClient")),
        ("def test_one(book):\n    return book", Instance(BOOK)),
        ("def helper(book):\n    return book", UNKNOWN),
        ("book = 1\ndef test_one(book):\n    return book", UNKNOWN),
        (
            "import pytest\n@pytest.mark.parametrize('book', [1])\ndef test_one(book):\n"
            "    return book",
            UNKNOWN,
        ),
    ],
)
def test_a_test_gets_what_the_nearest_fixture_gives(
    tmp_path: Path, test: str, expected: Type
) -> None:
    files = {"app.py": BASES, "tests/conftest.py": CONFTEST, "tests/test_app.py": f"{test}\n"}
    assert types_in(tmp_path, files, "tests/test_app.py").returned == expected


def test_a_response_is_known_not_to_be_of_the_orm(tmp_path: Path) -> None:
    body = "import httpx\nasync def ask(client: httpx.AsyncClient):\n"
    body += "    return (await client.get('/')).json()\n"
    assert types_in(tmp_path, {"app.py": body}).returned == DATA


def test_super_is_what_stands_behind_a_class_in_all_that_is_derived_from_it(
    tmp_path: Path,
) -> None:
    behind = "class Novel(Book):\n    async def save(self):\n        return await super().save()\n"
    found = types_in(tmp_path, {"app.py": f"{BASES}\n{behind}"}).returned
    assert found == Plain("None")
    mixed = f"class Loud(Model):\n    save = 1\nclass Both(Book, Loud): ...\n{behind}"
    saves = types_in(tmp_path, {"app.py": f"{BASES}\n{mixed}"}).returned
    assert saves == UNKNOWN


@pytest.mark.parametrize(
    ("statement", "stored"),
    [
        ("service.own = 1", True),
        ("holder.service.own = 1", True),
        ("self.service.own = 1", True),
        ("services[0].own += 1", True),
        ("service.own: int = 1", True),
        ("other, service.own = 1, 2", True),
        ("service.own, other = 1, 2", True),
        ("for service.own in ():\n        pass", True),
        ("with open('a') as service.own:\n        pass", True),
        ("setattr(service, 'own', 1)", True),
        ("self.own = 1", False),
        ("self.own: int = 1", False),
        ("service.own == 1", False),
        ("print(service.own, end='')", False),
        ("one = service.own", False),
    ],
)
def test_an_attribute_that_others_store_is_not_what_its_class_stores(
    tmp_path: Path, statement: str, stored: bool
) -> None:
    source = "class Service:\n    def __init__(self):\n        self.own = 1\n"
    source += f"def other(self, holder, service, services):\n    {statement}\n"
    source += "def last(service: Service):\n    return service.own  # tortoise\n"
    found = types_in(tmp_path, {"app.py": source}).returned
    assert found == (UNKNOWN if stored else Plain("int"))


def test_the_order_in_which_types_are_joined_does_not_matter() -> None:
    models = [Class("app.py", f"Model{number}") for number in range(7)]
    every: list[Type] = [ModelClass(model) for model in models]
    every += [Instance(model, optional=True) for model in models]
    every += [Foreign("httpx.Client"), Plain("str"), Plain("None"), Plain("data"), Plain("int")]
    chance = Random(1)
    for size in (2, 3, 5, 8, 12):
        for _ in range(100):
            chosen = chance.sample(every, size)
            one, other = (join_all(chance.sample(chosen, size)) for _ in range(2))
            assert one == other
            half = size // 2
            assert join(join_all(chosen[:half]), join_all(chosen[half:])) == one
