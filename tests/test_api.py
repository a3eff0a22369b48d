"""The API table against the sources of published releases, and the questions that it answers."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signatures import RELEASES, Library, Signature, library
from tortoise_fix.codemods.orm import api
from tortoise_fix.codemods.orm.api import (
    Binds,
    Chain,
    Effect,
    FieldKind,
    Keyword,
    Method,
    Owner,
    Position,
    Returns,
    covers,
    version_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUERIES = "tortoise.queryset."
_CLIENT = "tortoise.backends.base.client."

#: The classes whose methods the table lists. A method must be in every one that a release has.
_CLASSES: dict[Owner, tuple[str, ...]] = {
    Owner.MODEL: ("tortoise.models.Model",),
    Owner.INSTANCE: ("tortoise.models.Model",),
    Owner.QUERYSET: (_QUERIES + "QuerySet",),
    Owner.SINGLE: (_QUERIES + "QuerySet",),
    Owner.SINGLE_OPTIONAL: (_QUERIES + "QuerySet",),
    Owner.VALUES: (_QUERIES + "ValuesQuery", _QUERIES + "ValuesListQuery"),
    Owner.COUNT: (_QUERIES + "CountQuery", _QUERIES + "UnionCountQuery"),
    Owner.EXISTS: (_QUERIES + "ExistsQuery", _QUERIES + "ContainsQuery"),
    Owner.UPDATE: (_QUERIES + "UpdateQuery",),
    Owner.DELETE: (_QUERIES + "DeleteQuery",),
    Owner.RAW: (_QUERIES + "RawSQLQuery",),
    Owner.BULK: (_QUERIES + "BulkUpdateQuery", _QUERIES + "BulkCreateQuery"),
    Owner.UNION: (_QUERIES + "UnionQuery",),
    Owner.REVERSE: ("tortoise.fields.ReverseRelation",),
    Owner.MANY_TO_MANY: ("tortoise.fields.ManyToManyRelation",),
    Owner.MANAGER: ("tortoise.manager.Manager",),
    Owner.CONNECTION: (_CLIENT + "BaseDBAsyncClient",),
    Owner.CONNECTIONS: ("tortoise.connection.ConnectionHandler",),
    Owner.TRANSACTION: (_CLIENT + "TransactionContext",),
    Owner.TORTOISE: ("tortoise.Tortoise",),
    Owner.CONTEXT: ("tortoise.context.TortoiseContext",),
    Owner.REGISTER: (
        "tortoise.contrib.fastapi.RegisterTortoise",
        "tortoise.contrib.starlette.RegisterTortoise",
    ),
}

#: Owners that no class of the library stands for, with the reason.
_NO_CLASS = {
    Owner.FORWARD: "an attribute: an instance, a query for one row, or a placeholder for NULL",
    Owner.BACKWARD: "as FORWARD",
    Owner.PREFETCH: "only passed on; its one method is called by the library",
}

_PROTOCOL = frozenset(
    f"__{name}__"
    for name in (
        *("await", "aiter", "iter", "len", "bool", "contains", "getitem", "call"),
        *("enter", "exit", "aenter", "aexit"),
    )
)

#: Public methods that no query is made of, with the reason.
_NOT_QUERY_API = {
    "resolve_filters": "builds the statement; called by the library",
    "resolve_ordering": "builds the statement; called by the library",
    "add_field_to_select_query": "builds the statement; called by the library",
    "resolve_to_python_value": "decodes rows; called by the library",
    "capabilities": "what the database can do, not a query",
    "ensure_connection": "called on entering a transaction",
    "default_connection": "the alias of a connection, which is plain text",
    "use_tz": "a setting",
    "timezone": "a setting",
    "routers": "a setting",
}

#: Members that stand for others: what the table lists is what the caller sees.
_IMPLEMENTED_BY = {
    (Owner.MODEL, "__call__"): "__init__",
    (Owner.MODEL, "__getitem__"): "_getbypk",
}

#: The modules that user code imports from; other modules re-export by accident.
_MODULES = (
    "tortoise",
    *(
        f"tortoise.{name}"
        for name in (
            *("models", "queryset", "query_utils", "query_api", "functions", "expressions"),
            *("fields", "fields.data", "fields.relational", "fields.base", "manager"),
            *("transactions", "connection", "context"),
            *("contrib.fastapi", "contrib.starlette", "contrib.sanic", "contrib.quart"),
            *("contrib.aiohttp", "contrib.blacksheep", "contrib.test"),
            *("contrib.postgres.fields", "contrib.mysql.fields"),
        )
    ),
)

_KNOWN = frozenset(
    entry.name
    for table in (api.FIELDS, api.RELATION_HINTS, api.CLASSES, api.FUNCTIONS, api.OBJECTS)
    for entry in table
)


@pytest.fixture(params=(*RELEASES, "newest"))
def release(request: pytest.FixtureRequest) -> Library:
    """The source of one release."""
    return library(request.param)


def _members(release: Library, owner: Owner) -> list[dict[str, Signature]]:
    """The members of each class of an owner that the release has."""
    found = [release.members(name) for name in _CLASSES[owner]]
    if owner is Owner.MODEL:
        metaclass = release.members("tortoise.models.ModelMeta")
        private = {"_getbypk": found[0]["_getbypk"], "__init__": found[0]["__init__"]}
        at_class = {n: s for n, s in found[0].items() if s.bound_to_class}
        at_class["__getitem__"] = metaclass["__getitem__"]
        return [{**at_class, **private}]
    if owner is Owner.INSTANCE:
        return [{n: s for n, s in found[0].items() if not s.bound_to_class}]
    if owner is Owner.CONNECTION:
        for name in ("TransactionalDBClient", "BaseTransactionWrapper"):
            found[0] = {**release.members(_CLIENT + name), **found[0]}
    return [members for members in found if members]


def _listed(owner: Owner, version: api.Version) -> dict[str, Method]:
    return {
        entry.name: entry
        for entry in api.METHODS
        if entry.owner is owner and covers(entry.since, entry.until, version)
    }


def _signature(owner: Owner, members: dict[str, Signature], name: str) -> Signature | None:
    return members.get(_IMPLEMENTED_BY.get((owner, name), name))


# The table against the sources


def test_the_first_and_the_last_release_read_are_those_that_the_table_covers() -> None:
    assert (RELEASES[0], RELEASES[-1]) == (api.OLDEST, api.NEWEST)


def test_every_owner_is_read_from_classes_or_has_a_reason_not_to_be() -> None:
    assert {*_CLASSES, *_NO_CLASS} == set(Owner)
    assert not {*_CLASSES} & {*_NO_CLASS}


@pytest.mark.parametrize("owner", _CLASSES)
def test_every_listed_method_exists_and_no_other(release: Library, owner: Owner) -> None:
    listed = _listed(owner, version_key(release.release))
    for members in _members(release, owner):
        for name in {entry.name for entry in api.METHODS if entry.owner is owner}:
            exists = _signature(owner, members, name) is not None
            assert exists == (name in listed), f"{owner.value}.{name}"


@pytest.mark.parametrize("owner", _CLASSES)
def test_every_public_method_is_listed(release: Library, owner: Owner) -> None:
    listed = _listed(owner, version_key(release.release))
    attributes = {entry.name for entry in api.ATTRIBUTES if entry.owner is owner}
    left_out = {"__aiter__", "in_bulk"} if owner in (Owner.SINGLE, Owner.SINGLE_OPTIONAL) else set()
    left_out |= {"__await__"} if owner is Owner.BULK else set()
    public = {
        name
        for members in _members(release, owner)
        for name in members
        if not name.startswith("_") or name in _PROTOCOL
    }
    assert public - {*listed, *attributes, *_NOT_QUERY_API, *left_out} == set()


@pytest.mark.parametrize("owner", _CLASSES)
def test_coroutines_are_listed_as_such(release: Library, owner: Owner) -> None:
    listed = _listed(owner, version_key(release.release))
    wrong = [
        name
        for members in _members(release, owner)
        for name, entry in listed.items()
        if name != "__aiter__"
        and (signature := _signature(owner, members, name))
        and signature.coroutine != entry.coroutine
    ]
    assert wrong == []


@pytest.mark.parametrize("owner", _CLASSES)
def test_connections_are_passed_as_listed(release: Library, owner: Owner) -> None:
    version = version_key(release.release)
    for members in _members(release, owner):
        for name, entry in _listed(owner, version).items():
            signature = _signature(owner, members, name)
            if signature is not None and name != "__call__":
                ways = api.connection_ways(entry, version)
                assert _plain(ways) == _parameters(signature), f"{owner.value}.{name}"


def _plain(ways: Iterable[api.How]) -> set[str | int]:
    """The keyword names and positions among the ways to pass a connection."""
    named: set[str | int] = {way.name for way in ways if isinstance(way, Keyword)}
    return named | {way.index for way in ways if isinstance(way, Position)}


def _parameters(signature: Signature) -> set[str | int]:
    """How a connection can be passed, as keyword name and position."""
    if "_db" in signature.positional:  # of ``using_db()`` itself, where nobody writes the keyword
        return {signature.positional.index("_db")}
    if "using_db" in signature.positional:
        return {"using_db", signature.positional.index("using_db")}
    taken = signature.extra and "kwargs.get('using_db')" in ast.unparse(signature.body)
    return {"using_db"} if taken or "using_db" in signature.keyword_only else set()


def test_using_db_follows_exactly_the_calls_that_give_a_queryset() -> None:
    chainable = {Owner.QUERYSET, Owner.SINGLE, Owner.SINGLE_OPTIONAL}
    for entry in api.METHODS:
        if entry.name not in ("__await__", "__aiter__"):
            assert (Chain() in entry.connection) == (entry.value in chainable), entry


_ANNOTATED = {
    "QuerySet": Returns.QUERYSET,
    "ValuesQuery": Returns.VALUES,
    "ValuesListQuery": Returns.VALUES_LIST,
    "CountQuery": Returns.COUNT,
    "UnionCountQuery": Returns.COUNT,
    "ExistsQuery": Returns.BOOL,
    "ContainsQuery": Returns.BOOL,
    "UpdateQuery": Returns.ROWS_WRITTEN,
    "DeleteQuery": Returns.ROWS_WRITTEN,
    "BulkUpdateQuery": Returns.ROWS_WRITTEN,
    "RawSQLQuery": Returns.LIST_OF_INSTANCES,
    "UnionQuery": Returns.UNION,
    "BaseDBAsyncClient": Returns.CONNECTION,
    "ConnectionHandler": Returns.CONNECTIONS,
    "TransactionContext": Returns.TRANSACTION,
    "TortoiseContext": Returns.CONTEXT,
    "str": Returns.STR,
    "bool": Returns.BOOL,
}


@pytest.mark.parametrize(
    "owner", [o for o in _CLASSES if o not in (Owner.SINGLE, Owner.SINGLE_OPTIONAL)]
)
def test_values_are_what_the_annotations_say(release: Library, owner: Owner) -> None:
    for members in _members(release, owner):
        for name, entry in _listed(owner, version_key(release.release)).items():
            signature = members.get(name)
            expected = _expected(signature) if signature and name not in _PROTOCOL else None
            if expected is not None:
                assert entry.returns in expected, f"{owner.value}.{name}"


def _expected(signature: Signature) -> set[Returns] | None:
    """What an annotation allows, or None where it says nothing that the table has a word for."""
    text = signature.returns.replace("'", "").replace('"', "")
    head = text.partition("[")[0].rpartition(".")[2]
    optional = "Optional[" in text or "| None" in text
    if head == "QuerySetSingle":
        return {Returns.SINGLE_OPTIONAL if optional else Returns.SINGLE}
    if text in ("MODEL", "Self"):
        return {Returns.INSTANCE, Returns.SELF_INSTANCE, Returns.REGISTER}
    if re.fullmatch(r"[Tt]uple\[(MODEL|Self), bool\]", text):
        return {Returns.INSTANCE_AND_BOOL}
    if text.startswith(("Dict[", "dict[")) and text.endswith("MODEL]"):
        return {Returns.DICT_OF_INSTANCES}
    return {_ANNOTATED[head]} if head in _ANNOTATED and not optional else None


def test_bulk_create_gives_what_its_query_gives_when_awaited(release: Library) -> None:
    version = version_key(release.release)
    awaiting = release.members(_QUERIES + "BulkCreateQuery").get("__await__")
    of_class = api.method(Owner.MODEL, "bulk_create", version)
    of_queryset = api.method(Owner.QUERYSET, "bulk_create", version)
    assert of_class is not None
    if awaiting is None:
        assert (of_class.returns, of_queryset) == (Returns.NONE, None)
        return
    listed = "List[MODEL]" in awaiting.returns
    assert of_queryset is not None
    assert of_class.returns is of_queryset.returns
    assert of_class.returns is (Returns.LIST_OF_INSTANCES if listed else Returns.NONE)


_CHOOSES = {"_db_queryset", "using_db", "_choose_db", "_choose_db_if_not_chosen", "as_query"}


@pytest.mark.parametrize("owner", [Owner.MODEL, Owner.QUERYSET, Owner.UNION, Owner.REVERSE])
def test_methods_that_choose_a_connection_are_listed_as_bound_at_the_call(
    release: Library, owner: Owner
) -> None:
    for members in _members(release, owner):
        for name, entry in _listed(owner, version_key(release.release)).items():
            signature = members.get(name)
            if signature is None or entry.coroutine or name in (*_PROTOCOL, "using_db"):
                continue
            chooses = bool(signature.names_called & _CHOOSES)
            assert chooses == (entry.binds is Binds.CONSTRUCTION), f"{owner.value}.{name}"


def test_listed_attributes_exist_and_no_other(release: Library) -> None:
    version = version_key(release.release)
    for entry in api.ATTRIBUTES:
        parts = entry.name.split(".")
        classes = _CLASSES[entry.owner] if len(parts) == 1 else ("tortoise.models.MetaInfo",)
        exists = any(parts[-1] in release.attributes(name) for name in classes)
        assert exists == covers(entry.since, entry.until, version), entry


def test_listed_functions_have_exactly_the_listed_parameters(release: Library) -> None:
    version = version_key(release.release)
    for name in {entry.name for entry in api.FUNCTIONS}:
        entry = api.function_named(name, version)
        signature = release.function(name)
        if entry is None:
            assert signature is None, name
            continue
        assert signature is not None, name
        assert entry.parameters == signature.positional + signature.keyword_only, name
        assert entry.coroutine == signature.coroutine, name
        for way in entry.alias:
            index = way.index if isinstance(way, Position) else 0
            assert way in (Keyword(signature.positional[0]), Position(index)), name
        assert _plain(entry.connection) == _parameters(signature), name


def test_every_function_that_sets_up_or_connects_is_listed(release: Library) -> None:
    version = version_key(release.release)
    connecting = {"tortoise.transactions", "tortoise.connection"}
    contrib = {m for m in release.modules() if m.startswith("tortoise.contrib.")}
    for module in connecting | contrib:
        for name, node in release.bound(module).items():
            dotted = f"{module}.{name}"
            connects = module in connecting
            if isinstance(node, str) or name.startswith("_") or not release.function(dotted):
                continue
            if connects or name == "register_tortoise":
                assert api.function_named(dotted, version) is not None, dotted


def test_listed_classes_exist_with_the_listed_parameters(release: Library) -> None:
    version = version_key(release.release)
    for name in {entry.name for entry in api.CLASSES}:
        entry = api.class_named(name, version)
        places = [name, *(a.dotted for a in api.ALIASES if a.canonical == name)]
        exists = any(release.definition(place) is not None for place in places)
        assert (entry is not None) == exists, name
        if entry is not None and entry.parameters:
            signature = release.members(name)["__init__"]
            assert entry.parameters == signature.positional + signature.keyword_only, name


def test_every_query_class_is_listed(release: Library) -> None:
    version = version_key(release.release)
    for name in release.bound("tortoise.queryset"):
        if re.fullmatch(r"[A-Z]\w*(Query|QuerySet\w*)", name):
            assert api.class_named(f"tortoise.queryset.{name}", version) is not None, name


def test_listed_fields_exist_with_the_listed_parameters(release: Library) -> None:
    version = version_key(release.release)
    for name in {entry.name for entry in api.FIELDS}:
        entry = api.field_named(name, version)
        assert (entry is not None) == (release.definition(name) is not None), name
        if entry is not None and entry.parameters:
            signature = release.function(name)
            assert signature is not None
            assert entry.parameters == signature.positional, name


def test_every_field_and_relation_that_is_exported_is_listed(release: Library) -> None:
    version = version_key(release.release)
    for name in release.bound("tortoise.fields"):
        dotted = f"tortoise.fields.{name}"
        if name.endswith("Relation"):
            assert api.relation_hint(dotted) is not None, name
        elif name.endswith(("Field", "ForeignKey")):
            assert api.field_named(dotted, version) is not None, name


def test_aliases_are_the_names_that_can_be_imported(release: Library) -> None:
    version = version_key(release.release)
    listed = {
        (alias.dotted, alias.canonical)
        for alias in api.ALIASES
        if covers(alias.since, alias.until, version)
    }
    found = set()
    for module in _MODULES:
        for name in release.bound(module):
            dotted = f"{module}.{name}"
            origin = api.canonical(release.resolve(dotted) or dotted)
            if origin in _KNOWN and origin != dotted:
                found.add((dotted, origin))
    assert found == {pair for pair in listed if pair[0].rpartition(".")[0] in _MODULES}


# Asking the table


@pytest.mark.parametrize(
    ("release_name", "key"),
    [("0.20.1", (0, 20, 1)), ("1.1", (1, 1, 0)), ("1", (1, 0, 0)), ("v1.0.0rc1", (1, 0, 0))],
)
def test_a_release_is_read_as_three_numbers(release_name: str, key: api.Version) -> None:
    assert version_key(release_name) == key


@pytest.mark.parametrize("text", ["", "latest", "~=1.0", "*"])
def test_what_is_no_release_raises(text: str) -> None:
    with pytest.raises(ValueError, match="not a release"):
        version_key(text)


_versions = st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 10))


def test_at_most_one_entry_of_a_name_holds_in_a_release() -> None:
    tables = (api.METHODS, api.ATTRIBUTES, api.FIELDS, api.CLASSES, api.FUNCTIONS, api.OBJECTS)
    for table in tables:
        ranges: dict[tuple[object, str], list[tuple[str, str]]] = {}
        for entry in table:
            key = (getattr(entry, "owner", None), entry.name)
            ranges.setdefault(key, []).append((entry.since, entry.until))
        for key, found in ranges.items():
            edges = {edge for pair in found for edge in pair if edge} | {api.OLDEST, api.NEWEST}
            for edge in edges:
                holding = [pair for pair in found if covers(*pair, version_key(edge))]
                assert len(holding) <= 1, (key, edge)


@given(_versions.filter(lambda version: version >= version_key(api.OLDEST)))
def test_what_is_said_without_a_version_holds_in_every_version(version: api.Version) -> None:
    for owner, name in {(entry.owner, entry.name) for entry in api.METHODS}:
        sure = api.method(owner, name, None)
        assert sure is None or sure == api.method(owner, name, version)


@given(_versions.filter(lambda version: version >= version_key(api.OLDEST)))
def test_what_is_said_loosely_holds_in_every_version_that_has_the_method(
    version: api.Version,
) -> None:
    for owner, name in {(entry.owner, entry.name) for entry in api.METHODS}:
        loose, exact = api.loosely(owner, name), api.method(owner, name, version)
        if loose is None or exact is None:
            continue
        assert (loose.returns, loose.value, loose.effect) == (
            exact.returns,
            exact.value,
            exact.effect,
        )
        assert loose.binds in (exact.binds, Binds.VARIES)
        assert set(loose.connection) <= set(api.connection_ways(exact, version))


@given(st.text(max_size=12), st.sampled_from(Owner))
def test_names_outside_the_table_are_unknown(name: str, owner: Owner) -> None:
    if name not in api.method_names():
        assert api.method(owner, name, version_key(api.NEWEST)) is None
        assert api.loosely(owner, name) is None
        assert api.worst_effect(owner, name) is None


def test_nothing_is_said_about_releases_older_than_the_table() -> None:
    assert api.method(Owner.MODEL, "filter", version_key("0.16.21")) is None
    assert api.field_named("tortoise.fields.IntField", version_key("0.16.21")) is None


def test_the_binding_of_all_depends_on_the_release() -> None:
    before = api.method(Owner.MODEL, "all", version_key("0.19.0"))
    after = api.method(Owner.MODEL, "all", version_key("0.19.1"))
    assert before is not None
    assert after is not None
    assert (before.binds, after.binds) == (Binds.AWAIT, Binds.CONSTRUCTION)
    assert api.method(Owner.MODEL, "all", None) is None
    loose = api.loosely(Owner.MODEL, "all")
    assert loose is not None
    assert (loose.returns, loose.binds) == (Returns.QUERYSET, Binds.VARIES)
    assert loose.connection == (Chain(),)


def test_filter_is_the_same_in_every_release() -> None:
    entry = api.method(Owner.MODEL, "filter", None)
    assert entry is not None
    assert (entry.returns, entry.binds) == (Returns.QUERYSET, Binds.AWAIT)
    assert entry.connection == (Chain(),)


def test_the_position_of_using_db_in_get_lasted_one_release() -> None:
    for release_name, expected in (("0.19.1", True), ("0.19.2", False), ("1.1.9", False)):
        version = version_key(release_name)
        entry = api.method(Owner.MODEL, "get", version)
        assert entry is not None
        assert (Position(0, until="0.19.2") in api.connection_ways(entry, version)) is expected


def test_a_query_for_one_row_stays_one_whatever_is_chained() -> None:
    version = version_key(api.NEWEST)
    for name in ("filter", "order_by", "using_db", "first", "prefetch_related"):
        sure = api.method(Owner.SINGLE, name, version)
        maybe = api.method(Owner.SINGLE_OPTIONAL, name, version)
        assert sure is not None
        assert maybe is not None
        assert (sure.returns, maybe.returns) == (Returns.SINGLE, Returns.SINGLE_OPTIONAL)
    asked = api.method(Owner.SINGLE_OPTIONAL, "get", version)
    assert asked is not None
    assert asked.returns is Returns.SINGLE


def test_an_instance_has_the_methods_of_its_class_but_not_of_the_metaclass() -> None:
    assert api.methods(Owner.INSTANCE, "filter") == api.methods(Owner.MODEL, "filter")
    assert api.methods(Owner.INSTANCE, "__getitem__") == ()
    assert api.methods(Owner.INSTANCE, "delete") != api.methods(Owner.QUERYSET, "delete")


def test_whatever_runs_free_sql_may_write() -> None:
    for owner, name in (
        (Owner.MODEL, "raw"),
        (Owner.QUERYSET, "raw"),
        (Owner.CONNECTION, "execute_query_dict"),
    ):
        assert api.worst_effect(owner, name) is Effect.WRITE
    assert api.worst_effect(Owner.MODEL, "bulk_create") is Effect.WRITE
    assert api.worst_effect(Owner.MODEL, "filter") is Effect.READ


def test_awaiting_a_query_gives_its_rows() -> None:
    assert api.awaited(Returns.QUERYSET) is Returns.LIST_OF_INSTANCES
    assert api.awaited(Returns.SINGLE_OPTIONAL) is Returns.OPTIONAL_INSTANCE
    assert api.awaited(Returns.COUNT) is Returns.COUNT
    assert api.owner_of(Returns.OPTIONAL_INSTANCE) is Owner.INSTANCE
    assert api.owner_of(Returns.COUNT) is None


@pytest.mark.parametrize(
    ("dotted", "name"),
    [
        ("tortoise.Model", "tortoise.models.Model"),
        ("tortoise.models.Model", "tortoise.models.Model"),
        ("tortoise.query_utils.Q", "tortoise.expressions.Q"),
        ("tortoise.fields.relational.ForeignKeyField", "tortoise.fields.ForeignKeyField"),
        ("tortoise.fields.ForeignKey", "tortoise.fields.ForeignKeyField"),
        ("tortoise.connections.get", "tortoise.connection.connections.get"),
        ("tortoise.contrib.fastapi.Tortoise.init", "tortoise.Tortoise.init"),
        ("mypackage.Model", "mypackage.Model"),
        ("tortoise.nowhere.Model", "tortoise.nowhere.Model"),
        ("", ""),
    ],
)
def test_every_import_of_a_thing_has_one_canonical_name(dotted: str, name: str) -> None:
    assert api.canonical(dotted) == name


def test_canonical_names_are_final() -> None:
    for alias in api.ALIASES:
        assert api.canonical(alias.canonical) == alias.canonical
        assert alias.canonical in _KNOWN


def test_the_first_parameter_of_relations_was_renamed() -> None:
    old = api.field_named("tortoise.fields.ForeignKeyField", version_key("0.25.4"))
    new = api.field_named("tortoise.fields.ForeignKeyField", version_key("1.0.0"))
    assert old is not None
    assert new is not None
    assert (old.parameters[0], new.parameters[0]) == ("model_name", "to")
    assert old.kind is FieldKind.FOREIGN_KEY


def test_what_is_said_of_methods_by_name_is_said_of_methods_in_the_table() -> None:
    names = api.method_names()
    assert names >= {*api.STEPS, *api.WRITTEN_ROWS}
    for name in api.WRITTEN_ROWS:
        worst = {api.worst_effect(owner, name) for owner in api.Owner} - {None}
        assert api.Effect.WRITE in worst
