"""What inference says of attributes that derived models define anew, and of nested texts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.orm.infer import Types, types_of
from tortoise_fix.codemods.orm.types import (
    NOWHERE,
    UNKNOWN,
    Foreign,
    Forward,
    Instance,
    Manager,
    ModelClass,
    Plain,
    Query,
    Type,
)
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.project.symbols import Class

if TYPE_CHECKING:
    from pathlib import Path

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
        "books.model",
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
    assert shaped(tmp_path, "Book.filter(id=1) if flag else Shelf.all()") == UNKNOWN
    assert shaped(tmp_path, "Book.filter(id=1) if flag else Book.first()") == UNKNOWN
