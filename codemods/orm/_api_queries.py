"""The methods of models, rows, queries and relations, release by release.

Two entries of one name hold for releases that do not overlap. What is said here about binding,
effects and values was read in the sources; the tests compare the rest with every listed release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._api_entries import CHAIN, KEYWORD, coroutine, passed, query
from ._api_types import Binds, Chain, Effect, How, Keyword, Method, Owner, Position, Returns

if TYPE_CHECKING:
    from collections.abc import Iterator

_USING_DB = "0.19.1"  # the release in which the class methods of models got ``using_db``


def query_methods() -> Iterator[Method]:
    """Every method that belongs to queries."""
    yield from _class_methods()
    yield from _instance_methods()
    yield from _queryset_methods()
    yield from _single_methods()
    yield from _query_forms()
    yield from _relation_methods()
    yield from _manager_methods()


def _class_methods() -> Iterator[Method]:
    yield from _class_reads()
    yield from _bound_class_reads()
    yield from _class_writes()
    model, read = Owner.MODEL, Effect.READ
    yield Method(model, "__call__", Returns.INSTANCE, value=Owner.INSTANCE)
    yield Method(model, "construct", Returns.INSTANCE, since="1.1.0", value=Owner.INSTANCE)
    # Written as a plain method, it hands out the coroutine of a private one.
    yield coroutine(model, "__getitem__", Returns.INSTANCE, read)
    yield coroutine(model, "in_bulk", Returns.DICT_OF_INSTANCES, read, passed(2, since=_USING_DB))
    yield coroutine(model, "fetch_for_list", Returns.NONE, read, KEYWORD)
    yield Method(model, "describe", Returns.PLAIN)
    yield Method(model, "register_listener", Returns.NONE)
    yield Method(model, "check", Returns.NONE, until="0.21.0")
    yield Method(model, "get_table", Returns.OTHER, since="1.0.0")


def _class_reads() -> Iterator[Method]:
    model = Owner.MODEL
    for name in ("filter", "exclude", "annotate"):
        yield query(model, name, Returns.QUERYSET, Owner.QUERYSET, connection=CHAIN)
    for name in ("latest", "earliest"):
        yield query(
            model,
            name,
            Returns.SINGLE_OPTIONAL,
            Owner.SINGLE_OPTIONAL,
            connection=CHAIN,
            since="0.22.0",
        )


def _bound_class_reads() -> Iterator[Method]:
    """Since they take ``using_db``, they choose the connection where none is passed."""
    model = Owner.MODEL
    yield from _since_using_db("all", Returns.QUERYSET, Owner.QUERYSET, passed(0), CHAIN)
    yield from _since_using_db(
        "first", Returns.SINGLE_OPTIONAL, Owner.SINGLE_OPTIONAL, passed(0), CHAIN
    )
    yield query(
        model,
        "last",
        Returns.SINGLE_OPTIONAL,
        Owner.SINGLE_OPTIONAL,
        Binds.CONSTRUCTION,
        passed(0) + CHAIN,
        since="0.22.0",
    )
    # In one release ``using_db`` came before ``*args``.
    filters: tuple[How, ...] = (Keyword(), Position(0, until="0.19.2"))
    yield from _since_using_db("get", Returns.SINGLE, Owner.SINGLE, filters, CHAIN)
    yield from _since_using_db(
        "get_or_none", Returns.SINGLE_OPTIONAL, Owner.SINGLE_OPTIONAL, filters, CHAIN
    )
    yield from _since_using_db("exists", Returns.BOOL, Owner.EXISTS, filters)
    # The lock belongs to the transaction, the statement is still a SELECT.
    yield from _since_using_db(
        "select_for_update", Returns.QUERYSET, Owner.QUERYSET, passed(3), CHAIN
    )
    # ``raw`` runs whatever statement it is given.
    yield from _since_using_db(
        "raw", Returns.LIST_OF_INSTANCES, Owner.RAW, passed(1), effect=Effect.WRITE
    )


def _since_using_db(
    name: str,
    returns: Returns,
    value: Owner,
    passed: tuple[How, ...],
    chain: tuple[How, ...] = (),
    effect: Effect = Effect.READ,
) -> Iterator[Method]:
    """A class method that binds at the call since it takes a connection."""
    before = query(Owner.MODEL, name, returns, value, Binds.AWAIT, chain, effect=effect)
    yield before._replace(until=_USING_DB)
    yield before._replace(binds=Binds.CONSTRUCTION, connection=passed + chain, since=_USING_DB)


def _class_writes() -> Iterator[Method]:
    model, write = Owner.MODEL, Effect.WRITE
    yield coroutine(
        model, "create", Returns.INSTANCE, write, (Keyword(), Position(0, since=_USING_DB))
    )
    for name in ("get_or_create", "update_or_create"):
        yield coroutine(model, name, Returns.INSTANCE_AND_BOOL, write, passed(1))
    yield from _since_using_db(
        "bulk_update", Returns.ROWS_WRITTEN, Owner.BULK, passed(3), effect=write
    )
    yield coroutine(model, "bulk_create", Returns.NONE, write, passed(2), until="0.18.0")
    # 0.18.0 itself is left out: what it returned could not be awaited.
    listed = query(
        model,
        "bulk_create",
        Returns.LIST_OF_INSTANCES,
        Owner.BULK,
        effect=write,
        since="0.18.1",
        until=_USING_DB,
    )
    yield listed
    bound = listed._replace(binds=Binds.CONSTRUCTION, connection=passed(5), since=_USING_DB)
    yield bound._replace(until="0.21.0")
    yield bound._replace(returns=Returns.NONE, since="0.21.0", until="")


def _instance_methods() -> Iterator[Method]:
    instance = Owner.INSTANCE
    yield coroutine(instance, "save", Returns.NONE, Effect.WRITE, passed(0))
    yield coroutine(instance, "delete", Returns.NONE, Effect.WRITE, passed(0))
    yield coroutine(instance, "fetch_related", Returns.NONE, Effect.READ, KEYWORD)
    yield coroutine(instance, "refresh_from_db", Returns.NONE, Effect.READ, passed(1))
    yield Method(instance, "clone", Returns.INSTANCE, value=Owner.INSTANCE)
    yield Method(instance, "update_from_dict", Returns.SELF_INSTANCE, value=Owner.INSTANCE)
    # Awaiting an instance gives it back, so that a fetched relation can be awaited as well.
    yield Method(instance, "__await__", Returns.SELF_INSTANCE, True, value=Owner.INSTANCE)
    yield Method(instance, "__iter__", Returns.PLAIN)  # pairs of field name and value


def _queryset_methods() -> Iterator[Method]:
    queryset = Owner.QUERYSET
    chained = """filter exclude order_by limit offset distinct select_for_update annotate group_by
        all only select_related force_index use_index prefetch_related"""
    for name in chained.split():
        yield query(queryset, name, Returns.QUERYSET, queryset, connection=CHAIN)
    yield query(
        queryset, "using_db", Returns.QUERYSET, queryset, Binds.CONSTRUCTION,
        (Position(0), Chain()),
    )  # fmt: skip
    yield query(queryset, "get", Returns.SINGLE, Owner.SINGLE, connection=CHAIN)
    optional = {"first": "", "get_or_none": "", "last": "0.22.0"}
    for name, since in {**optional, "latest": "0.22.0", "earliest": "0.22.0"}.items():
        yield query(
            queryset,
            name,
            Returns.SINGLE_OPTIONAL,
            Owner.SINGLE_OPTIONAL,
            connection=CHAIN,
            since=since,
        )
    yield from _terminal_methods()
    yield query(
        queryset, "__getitem__", Returns.QUERYSET, queryset, connection=CHAIN, since="0.21.0"
    )
    yield from _sequence(queryset)


def _terminal_methods() -> Iterator[Method]:
    """The methods of a queryset whose value has no ``using_db``."""
    queryset, write = Owner.QUERYSET, Effect.WRITE
    yield query(queryset, "values", Returns.VALUES, Owner.VALUES)
    yield query(queryset, "values_list", Returns.VALUES_LIST, Owner.VALUES)
    yield query(queryset, "count", Returns.COUNT, Owner.COUNT)
    yield query(queryset, "exists", Returns.BOOL, Owner.EXISTS)
    yield query(queryset, "contains", Returns.BOOL, Owner.EXISTS, since="1.1.8")
    yield query(queryset, "update", Returns.ROWS_WRITTEN, Owner.UPDATE, effect=write)
    yield query(queryset, "delete", Returns.ROWS_WRITTEN, Owner.DELETE, effect=write)
    yield query(queryset, "bulk_update", Returns.ROWS_WRITTEN, Owner.BULK, effect=write)
    created = query(
        queryset, "bulk_create", Returns.LIST_OF_INSTANCES, Owner.BULK, effect=write, since="0.18.1"
    )
    yield created._replace(until="0.21.0")
    yield created._replace(returns=Returns.NONE, since="0.21.0")
    yield query(queryset, "raw", Returns.LIST_OF_INSTANCES, Owner.RAW, effect=write)
    yield query(queryset, "union", Returns.UNION, Owner.UNION, since="1.1.8")
    yield coroutine(queryset, "in_bulk", Returns.DICT_OF_INSTANCES, Effect.READ)
    yield coroutine(queryset, "explain", Returns.PLAIN, Effect.READ)
    yield from _printable(queryset)


def _sequence(owner: Owner) -> Iterator[Method]:
    """Awaiting gives the list, ``async for`` its elements."""
    yield query(owner, "__await__", Returns.LIST_OF_INSTANCES, owner)
    yield query(owner, "__aiter__", Returns.INSTANCE, owner)


def _printable(owner: Owner) -> Iterator[Method]:
    """What every query can do besides running; to print it, it must choose a connection."""
    yield Method(owner, "sql", Returns.STR, binds=Binds.CONSTRUCTION)
    yield Method(owner, "as_query", Returns.OTHER, binds=Binds.CONSTRUCTION, until="0.22.1")


def _single_methods() -> Iterator[Method]:
    """A query for one row is a queryset with a flag, so it has the methods of a queryset.

    The flag stays: ``first().filter(...)`` still gives one row or None, and after ``get()`` a
    missing row raises whatever follows. Iterating over one, or ``in_bulk``, cannot work.
    """
    for owner, returns, result in (
        (Owner.SINGLE, Returns.SINGLE, Returns.INSTANCE),
        (Owner.SINGLE_OPTIONAL, Returns.SINGLE_OPTIONAL, Returns.OPTIONAL_INSTANCE),
    ):
        for method in _queryset_methods():
            if method.name in ("__aiter__", "in_bulk"):
                continue
            if method.name == "__await__":
                yield method._replace(owner=owner, returns=result, value=owner)
            elif method.name == "get" or method.value not in (
                Owner.QUERYSET,
                Owner.SINGLE_OPTIONAL,
            ):
                yield method._replace(owner=owner)
            else:
                yield method._replace(owner=owner, returns=returns, value=owner)


def _query_forms() -> Iterator[Method]:
    read, write = Effect.READ, Effect.WRITE
    for owner, result, effect in (
        (Owner.VALUES, Returns.PLAIN, read),
        (Owner.COUNT, Returns.COUNT, read),
        (Owner.EXISTS, Returns.BOOL, read),
        (Owner.UPDATE, Returns.ROWS_WRITTEN, write),
        (Owner.DELETE, Returns.ROWS_WRITTEN, write),
        (Owner.RAW, Returns.LIST_OF_INSTANCES, write),
    ):
        yield query(owner, "__await__", result, owner, effect=effect)
        yield from _printable(owner)
    yield query(Owner.VALUES, "__aiter__", Returns.PLAIN, Owner.VALUES)
    yield from _printable(Owner.BULK)
    union, since = Owner.UNION, "1.1.8"
    for name in ("union", "order_by", "limit", "offset"):
        yield query(union, name, Returns.UNION, union, since=since)
    yield query(union, "count", Returns.COUNT, Owner.COUNT, Binds.CONSTRUCTION, since=since)
    yield query(union, "__await__", Returns.MIXED_INSTANCES, union, since=since)
    yield query(union, "__aiter__", Returns.MIXED_INSTANCE, union, since=since)


def _relation_methods() -> Iterator[Method]:
    for owner in (Owner.REVERSE, Owner.MANY_TO_MANY):
        for name in ("filter", "all", "order_by", "limit", "offset"):
            yield query(owner, name, Returns.QUERYSET, Owner.QUERYSET, connection=CHAIN)
        # On a many-to-many relation it is inherited, and raises ConfigurationError.
        yield coroutine(owner, "create", Returns.INSTANCE, Effect.WRITE, passed(0), since="0.25.2")
        yield from _sequence(owner)
        # The rest reads the fetched rows, or raises NoValuesFetched.
        yield Method(owner, "__getitem__", Returns.INSTANCE, value=Owner.INSTANCE)
        yield Method(owner, "__iter__", Returns.INSTANCE, value=Owner.INSTANCE)
        yield Method(owner, "__len__", Returns.PLAIN)
        yield Method(owner, "__bool__", Returns.BOOL)
        yield Method(owner, "__contains__", Returns.BOOL)
    many = Owner.MANY_TO_MANY
    yield coroutine(many, "add", Returns.NONE, Effect.WRITE, KEYWORD)
    yield coroutine(many, "remove", Returns.NONE, Effect.WRITE, KEYWORD)
    yield coroutine(many, "clear", Returns.NONE, Effect.WRITE, passed(0))
    # Fetched, a to-one relation is an instance or None; else a query, or a placeholder for NULL.
    for owner in (Owner.FORWARD, Owner.BACKWARD):
        yield query(owner, "__await__", Returns.OPTIONAL_INSTANCE, owner)


def _manager_methods() -> Iterator[Method]:
    # Every other name that is looked up on a manager is looked up on this queryset.
    yield query(Owner.MANAGER, "get_queryset", Returns.QUERYSET, Owner.QUERYSET, connection=CHAIN)
