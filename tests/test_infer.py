"""What inference says of attributes that derived models define anew, and of nested texts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.orm.infer import Types, types_of
from tortoise_fix.codemods.orm.types import UNKNOWN, Forward, Instance, Manager, Plain, Type
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module

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
