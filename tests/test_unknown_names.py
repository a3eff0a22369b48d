"""TOR241 and TOR242 by running: what they report fails or is dropped, and nothing else is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from ormrun import run
from proof.releases import INSTALLED, OLDER, interpreter
from tortoise import fields
from tortoise.filters import get_filters_for_field
from tortoise_fix.codemods.orm.lookups import LOOKUPS
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

MODELS = """\
from tortoise import fields
from tortoise.models import Model


class Team(Model):
    id = fields.IntField(pk=True)
    name = fields.CharField(max_length=20, source_field="nm")


class Skill(Model):
    code = fields.IntField(pk=True)


class Hero(Model):
    key = fields.IntField(pk=True)
    name = fields.CharField(max_length=20, null=True)
    data = fields.JSONField(null=True)
    team = fields.ForeignKeyField("models.Team", related_name="heroes", null=True)
    skills = fields.ManyToManyField("models.Skill", related_name="heroes")

    @property
    def shout(self):
        return self.name
"""
#: Expressions that give a query or a coroutine.
QUERIES = """\
Hero.filter(nmae="x")
Hero.filter(name="x")
Hero.filter(pk=1)
Hero.filter(pk__in=[1])
Hero.filter(id=1)
Hero.filter(name__icontains="x")
Hero.filter(Q(nmae="x") | Q(name="x"))
Hero.filter(~Q(Q(name="x"), team__nmae="y"))
Hero.filter(Q(name="x", team_id=1, join_type="OR"))
Hero.filter(team=1)
Hero.filter(team_id__in=[1])
Hero.filter(team__pk=1)
Hero.filter(team__name="x")
Hero.filter(team__nm="x")
Hero.filter(team__nmae="x")
Hero.filter(skills__code__in=[1])
Hero.filter(team__in=[1])
Hero.filter(skills__cod=1)
Hero.exclude(nmae="x")
Hero.get_or_none(nmae="x")
Hero.exists(nmae="x")
Hero.get_or_create(defaults={"name": "x"}, nmae="x")
Hero.update_or_create(defaults={"name": "x"}, nmae="x")
Hero.filter(key=9).update(nmae="x")
Hero.filter(key=9).update(pk=1)
Hero.filter(key=9).update(team_id=1)
Hero.filter(key=9).update(name="x")
Hero.annotate(size=Count("skills")).filter(size__gt=0)
Hero.filter(size__gt=0).annotate(size=Count("skills"))
Hero.annotate(size=Count("skills")).filter(sise__gt=0)
Hero.annotate(size=Count("skills")).order_by("-size").values("size", "key")
Hero.all().order_by("nmae")
Hero.all().order_by("-team__name")
Hero.all().order_by("team__nmae")
Hero.all().values("nmae")
Hero.all().values("pk")
Hero.all().values(title="name")
Hero.all().values(title="nmae")
Hero.all().values_list("team__name", "key")
Hero.all().values_list("team__nmae", "key")
Hero.all().only("nmae")
Hero.all().only("key", "name")
Hero.all().prefetch_related("team", "skills")
Hero.all().prefetch_related("team__heroes")
Hero.all().prefetch_related("taem")
Hero.all().prefetch_related("team__heros")
Hero.all().prefetch_related(Prefetch("skils", queryset=Skill.all()))
Hero.all().prefetch_related(Prefetch("skills", queryset=Skill.all(), to_attr="all_skills"))
Hero.all().select_related("taem")
Hero.all().select_related("team")
Team.filter(heroes__name="x")
Team.filter(heroes__isnull=True)
Team.filter(heros__name="x")
Team.all().prefetch_related("heroes")
Skill.filter(heroes__key=1)
"""
#: Those that fail although every name is known.
OTHERS = ["Hero.filter(team__in=[1])"]
#: Expressions that give an object, with a value by some name.
VALUES = """\
Hero(name="v")
Hero(nmae="v")
Hero(pk=77)
Hero(key=77)
Hero(team_id=77)
Hero(id=77)
Hero(name="x").update_from_dict({"name": "v"})
Hero(name="x").update_from_dict({"nmae": "v"})
await Hero.create(name="v")
await Hero.create(nmae="v")
await Hero.create(using_db=None, name="v")
(await Hero.get_or_create(name="a", defaults={"key": 77}))[0]
(await Hero.get_or_create(name="b", defaults={"kye": 77}))[0]
(await Hero.update_or_create({"nmae": "v"}, name="c"))[0]
"""
HEAD = """\
from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.query_utils import Prefetch

from models import Hero, Skill, Team


async def main():
    await Hero.create(name="row", team=await Team.create(name="row"))
    return [
"""
#: Gives what becomes of an expression without a way to tell the tool what it is.
ASKED = "        await failure(lambda: {}),\n"
GIVEN = "        any(one in ('v', 77) for one in vars({}).values()),\n"
TAIL = """\
    ]


async def failure(ask):
    try:
        await ask()
    except Exception as error:
        return type(error).__name__
"""


def reported(root: Path, code: str) -> list[int]:
    """The lines that a rule speaks about."""
    made = plan(Request(root, (root,), Settings(select=(code,)), cache=False))
    assert not made.faults
    return [finding.span.line for finding in made.findings]


def outcome(root: Path, lines: list[str], release: str) -> list[object]:
    """What a program with one expression in each line gives for each."""
    dependency = (
        f'[project]\nname = "x"\nversion = "1"\ndependencies = ["tortoise-orm=={release}"]\n'
    )
    (root / "pyproject.toml").write_text(dependency)
    (root / "models.py").write_text(MODELS)
    (root / "main.py").write_text(HEAD + "".join(lines) + TAIL)
    done = run(root, python=interpreter(release))
    assert not done.exception
    found: list[object] = ast.literal_eval(done.value)
    return found


@pytest.mark.parametrize("release", [INSTALLED, *OLDER])
def test_names_are_reported_where_the_query_fails(release: str, tmp_path: Path) -> None:
    queries = QUERIES.splitlines()
    failed = outcome(tmp_path, [ASKED.format(query) for query in queries], release)
    lines = reported(tmp_path, "TOR242")
    told = [at in lines for at in range(len(HEAD.splitlines()) + 1, len(queries) + 99)]

    differ = [
        q for q, error, said in zip(queries, failed, told, strict=False) if (not error) == said
    ]

    assert differ == OTHERS
    assert len(lines) > 20


@pytest.mark.parametrize("release", [INSTALLED, *OLDER])
def test_values_are_reported_where_they_are_dropped(release: str, tmp_path: Path) -> None:
    values = VALUES.splitlines()
    kept = outcome(tmp_path, [GIVEN.format(value) for value in values], release)
    lines = reported(tmp_path, "TOR241")
    told = [at in lines for at in range(len(HEAD.splitlines()) + 1, len(values) + 99)]
    differ = [v for v, has, said in zip(values, kept, told, strict=False) if has == said]

    assert not differ
    assert len(lines) > 5


def test_the_lookups_are_those_of_tortoise() -> None:
    plain, data = fields.CharField(max_length=9), fields.JSONField[dict[str, int]]()
    names = {*get_filters_for_field("x", plain, "x"), *get_filters_for_field("x", data, "x")}

    assert {name.partition("__")[2] for name in names} - {""} <= LOOKUPS
    assert len(names) > 20
