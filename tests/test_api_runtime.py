"""The API table against the installed tortoise-orm: every query method is called on SQLite."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple

import pytest
import tortoise
from tortoise import Tortoise, fields, queryset
from tortoise.models import Model
from tortoise_fix.codemods.orm import api
from tortoise_fix.codemods.orm.api import Binds, Effect, Keyword, Method, Owner, Position, Returns

_VERSION = api.version_key(tortoise.__version__)


class Team(Model):
    """The one side of a foreign key."""

    name = fields.CharField(max_length=20)
    heroes: Any


class Power(Model):
    """The other side of a many-to-many relation."""

    name = fields.CharField(max_length=20)
    heroes: Any


class Hero(Model):
    """What every query is about."""

    name = fields.CharField(max_length=20)
    team: Any = fields.ForeignKeyField("models.Team", related_name="heroes", null=True)
    powers: Any = fields.ManyToManyField("models.Power", related_name="heroes")
    badge: Any


class Badge(Model):
    """The far side of a one-to-one field."""

    hero: Any = fields.OneToOneField("models.Hero", related_name="badge")


class Case(NamedTuple):
    """How to make a receiver, and the rows that a call can use."""

    hero: Hero
    team: Team
    power: Power


class Statements(logging.Handler):
    """Keeps the first word of every statement that Tortoise logs."""

    def __init__(self) -> None:
        super().__init__()
        self.verbs: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.verbs.append(record.getMessage().split(":")[0].split()[0].upper())


async def _ignore(*args: Any) -> None:
    """A listener that does nothing."""


_Arguments = Callable[[Case], tuple[tuple[Any, ...], dict[str, Any]]]


def _pass(*args: Any, **kwargs: Any) -> _Arguments:
    return lambda case: (args, kwargs)


#: What each method is called with; without an entry, with nothing.
_ARGUMENTS: dict[str, _Arguments] = {
    "__getitem__": _pass(slice(0, 1)),
    "annotate": lambda case: ((), {"other": tortoise.expressions.F("name")}),
    "bulk_create": lambda case: (([Hero(name="new")],), {}),
    "bulk_update": lambda case: (([case.hero], ["name"]), {}),
    "contains": lambda case: ((case.hero,), {}),
    "create": _pass(name="new"),
    "earliest": _pass("id"),
    "exclude": _pass(name="nobody"),
    "fetch_for_list": lambda case: (([case.hero], "team"), {}),
    "filter": _pass(name="A"),
    "get": _pass(name="A"),
    "get_or_create": _pass(name="A"),
    "get_or_none": _pass(name="A"),
    "group_by": _pass("name"),
    "in_bulk": _pass([1], "id"),
    "latest": _pass("id"),
    "limit": _pass(1),
    "offset": _pass(0),
    "only": _pass("id", "name"),
    "order_by": _pass("id"),
    "prefetch_related": _pass("team"),
    "raw": _pass("SELECT * FROM hero"),
    "register_listener": lambda case: ((tortoise.signals.Signals.pre_save, _ignore), {}),
    "select_related": _pass("team"),
    "union": lambda case: ((Hero.filter(id=2),), {}),
    "update": _pass(name="B"),
    "update_from_dict": _pass({"name": "B"}),
    "update_or_create": _pass({"name": "A"}, name="A"),
    "using_db": lambda case: ((_connection(),), {}),
    "values": _pass("id", "name"),
    "values_list": _pass("id", "name"),
    "fetch_related": _pass("team"),
}
_OF_MODEL = {"__getitem__": _pass(1), "__call__": _pass(name="new"), "construct": _pass(name="n")}
_OF_RELATION = {
    "__contains__": lambda case: ((case.hero,), {}),
    "__getitem__": _pass(0),
    "add": lambda case: ((case.hero,), {}),
    "remove": lambda case: ((case.hero,), {}),
}

_RECEIVERS: dict[Owner, Callable[[Case], Any]] = {
    Owner.MODEL: lambda case: Hero,
    Owner.INSTANCE: lambda case: case.hero,
    Owner.QUERYSET: lambda case: Hero.filter(),
    Owner.SINGLE: lambda case: Hero.filter().get(name="A"),
    Owner.SINGLE_OPTIONAL: lambda case: Hero.filter().first(),
    Owner.VALUES: lambda case: Hero.filter().values("id"),
    Owner.COUNT: lambda case: Hero.filter().count(),
    Owner.EXISTS: lambda case: Hero.filter().exists(),
    Owner.UPDATE: lambda case: Hero.filter().update(name="B"),
    Owner.DELETE: lambda case: Hero.filter().delete(),
    Owner.RAW: lambda case: Hero.filter().raw("SELECT * FROM hero"),
    Owner.REVERSE: lambda case: case.team.heroes,
    Owner.MANY_TO_MANY: lambda case: case.power.heroes,
    Owner.FORWARD: lambda case: case.hero.team,
    Owner.BACKWARD: lambda case: case.hero.badge,
}
if hasattr(queryset, "UnionQuery"):
    _RECEIVERS[Owner.UNION] = lambda case: Hero.filter(id=1).union(Hero.filter(id=2))

#: What cannot run here, with the reason.
_NOT_RUN = {
    (Owner.RAW, "sql"): "a raw query has no statement of its own to print",
    (Owner.RAW, "as_query"): "a raw query has no statement of its own to print",
    (Owner.SINGLE, "union"): "SQLite allows no LIMIT inside a union",
    (Owner.SINGLE_OPTIONAL, "union"): "SQLite allows no LIMIT inside a union",
    (Owner.UNION, "offset"): "SQLite allows no OFFSET without a LIMIT",
    (Owner.MANY_TO_MANY, "create"): "raises ConfigurationError: a key cannot be set",
}

_CLASSES = {
    Owner.INSTANCE: "Hero",
    Owner.QUERYSET: "QuerySet",
    Owner.SINGLE: "QuerySet",
    Owner.SINGLE_OPTIONAL: "QuerySet",
    Owner.VALUES: "ValuesQuery ValuesListQuery",
    Owner.COUNT: "CountQuery UnionCountQuery",
    Owner.EXISTS: "ExistsQuery ContainsQuery",
    Owner.UPDATE: "UpdateQuery",
    Owner.DELETE: "DeleteQuery",
    Owner.RAW: "RawSQLQuery",
    Owner.BULK: "BulkUpdateQuery BulkCreateQuery",
    Owner.UNION: "UnionQuery",
    Owner.REVERSE: "ReverseRelation",
    Owner.MANY_TO_MANY: "ManyToManyRelation",
    Owner.FORWARD: "QuerySet",
    Owner.BACKWARD: "QuerySet",
}


def _connection() -> Any:
    return Hero._meta.db


def _is(result: Any, returns: Returns, receiver: Any) -> bool:
    """Whether a finished value is what the table says."""
    hero = isinstance(result, Hero)
    rows = isinstance(result, list) and all(isinstance(row, Hero) for row in result)
    checks: dict[Returns, bool] = {
        Returns.INSTANCE: hero,
        Returns.OPTIONAL_INSTANCE: result is None or isinstance(result, Model),
        Returns.SELF_INSTANCE: result is receiver,
        Returns.LIST_OF_INSTANCES: rows,
        Returns.MIXED_INSTANCES: rows,
        Returns.MIXED_INSTANCE: hero,
        Returns.INSTANCE_AND_BOOL: isinstance(result, tuple)
        and isinstance(result[0], Hero)
        and isinstance(result[1], bool),
        Returns.DICT_OF_INSTANCES: isinstance(result, dict)
        and all(isinstance(row, Hero) for row in result.values()),
        Returns.VALUES: isinstance(result, list | dict),
        Returns.VALUES_LIST: isinstance(result, list | tuple),
        Returns.COUNT: type(result) is int,
        Returns.ROWS_WRITTEN: type(result) is int,
        Returns.BOOL: isinstance(result, bool),
        Returns.STR: isinstance(result, str),
        Returns.NONE: result is None,
        Returns.PLAIN: not isinstance(result, Model | queryset.AwaitableQuery),
        Returns.OTHER: True,
    }
    return checks[returns]


async def _open() -> None:
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": [__name__]})
    await Tortoise.generate_schemas()


async def _seed() -> Case:
    """The same rows before every call."""
    for model in (Badge, Hero, Power, Team):
        await model.all().delete()
    team = await Team.create(id=1, name="T")
    hero = await Hero.create(id=1, name="A", team=team)
    await Hero.create(id=2, name="C", team=team)
    await Badge.create(id=1, hero=hero)
    power = await Power.create(id=1, name="P")
    await power.heroes.add(hero)
    return Case(await Hero.get(id=1), team, power)


def _run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def opened() -> None:
        await _open()
        try:
            await main()
        finally:
            await Tortoise.close_connections()

    asyncio.run(opened())


def _entries(owner: Owner) -> Iterable[Method]:
    for entry in api.METHODS:
        if entry.owner is owner and api.covers(entry.since, entry.until, _VERSION):
            yield entry


async def _call(entry: Method, case: Case, **more: Any) -> tuple[Any, Any]:
    """The receiver and the value of a call, not awaited."""
    receiver = _RECEIVERS[entry.owner](case)
    if entry.owner in (Owner.REVERSE, Owner.MANY_TO_MANY) and entry.name.startswith("__"):
        [row async for row in receiver]  # the sequence protocol needs the fetched rows
    table = dict(_ARGUMENTS)
    if entry.owner is Owner.MODEL:
        table.update(_OF_MODEL)
    if entry.owner in (Owner.REVERSE, Owner.MANY_TO_MANY):
        table.update(_OF_RELATION)
    args, kwargs = table.get(entry.name, _pass())(case)
    if entry.name in ("__await__", "__aiter__"):
        return receiver, receiver
    if entry.name == "__iter__":
        return receiver, next(iter(receiver))
    if entry.name == "__getitem__":
        return receiver, receiver[args[0]]
    return receiver, getattr(receiver, entry.name)(*args, **kwargs, **more)


async def _finish(entry: Method, value: Any) -> Any:
    if entry.name == "__aiter__":
        async for row in value:
            return row
    return await value if entry.awaitable else value


@pytest.mark.parametrize("owner", _RECEIVERS)
def test_every_method_gives_what_the_table_says(owner: Owner) -> None:
    async def main() -> None:
        for entry in _entries(owner):
            if (owner, entry.name) in _NOT_RUN:
                continue
            receiver, value = await _call(entry, await _seed())
            assert inspect.iscoroutine(value) == entry.coroutine, entry
            if entry.value is not None:
                assert type(value).__name__ in _CLASSES[entry.value].split(), entry
            result = await _finish(entry, value)
            assert _is(result, api.awaited(entry.returns), receiver), (entry, result)

    _run(main)


@pytest.mark.parametrize("owner", _RECEIVERS)
def test_queries_are_bound_when_the_table_says(owner: Owner) -> None:
    async def main() -> None:
        for entry in _entries(owner):
            query = entry.awaitable and not entry.coroutine and not entry.name.startswith("__")
            if not query or (owner, entry.name) in _NOT_RUN:
                continue
            _, value = await _call(entry, await _seed())
            assert (value._db is not None) == (entry.binds is Binds.CONSTRUCTION), entry

    _run(main)


@pytest.mark.parametrize("owner", _RECEIVERS)
def test_connections_are_taken_as_the_table_says(owner: Owner) -> None:
    async def main() -> None:
        for entry in _entries(owner):
            ways = api.connection_ways(entry, _VERSION)
            if not any(isinstance(way, Keyword) for way in ways) or (owner, entry.name) in _NOT_RUN:
                continue
            _, value = await _call(entry, await _seed(), using_db=_connection())
            if not entry.coroutine:
                assert value._db is _connection(), entry
            await _finish(entry, value)

    _run(main)


@pytest.mark.parametrize("owner", _RECEIVERS)
def test_a_call_writes_only_where_the_table_says(owner: Owner) -> None:
    statements = Statements()
    logger = logging.getLogger("tortoise.db_client")
    level = logger.level

    async def main() -> None:
        for entry in _entries(owner):
            if entry.effect is Effect.WRITE or (owner, entry.name) in _NOT_RUN:
                continue
            case = await _seed()
            _, value = await _call(entry, case)
            statements.verbs.clear()
            await _finish(entry, value)
            assert set(statements.verbs) <= {"SELECT", "EXPLAIN"}, (entry, statements.verbs)
            if entry.effect is Effect.NONE:
                assert statements.verbs == [], entry

    logger.addHandler(statements)
    logger.setLevel(logging.DEBUG)
    try:
        _run(main)
    finally:
        logger.removeHandler(statements)
        logger.setLevel(level)


def test_a_query_for_one_row_stays_one_after_other_calls() -> None:
    async def main() -> None:
        await _seed()
        heroes: Any = Hero  # the annotations of the library allow fewer calls than there are
        assert isinstance(await heroes.filter().first().filter(name="A"), Hero)
        assert await heroes.filter().first().filter(name="nobody").all() is None
        with pytest.raises(tortoise.exceptions.DoesNotExist):
            await heroes.get(name="nobody").first()
        with pytest.raises(tortoise.exceptions.DoesNotExist):
            await heroes.first().get(name="nobody")

    _run(main)


def test_a_position_is_counted_without_the_class() -> None:
    async def main() -> None:
        await _seed()
        ways = {way for entry in _entries(Owner.MODEL) for way in entry.connection}
        assert any(isinstance(way, Position) and way.index == 0 for way in ways)
        assert isinstance(await Hero.create(_connection(), name="D"), Hero)

    _run(main)
