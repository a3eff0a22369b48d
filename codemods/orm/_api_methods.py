"""The methods and attributes of Tortoise's query API, release by release.

Two entries of one name hold for releases that do not overlap. What is said here about binding,
effects and values was read in the sources; the tests compare the rest with every listed release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._api_types import (
    Attribute,
    Binds,
    Chain,
    Effect,
    How,
    Keyword,
    Method,
    Owner,
    Position,
    Returns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHAIN = (Chain(),)
_KEYWORD = (Keyword(),)
_USING_DB = "0.19.1"  # the release in which the class methods of models got ``using_db``


def _passed(index: int, since: str = "") -> tuple[How, ...]:
    """The connection is an ordinary parameter: by keyword or by position."""
    return (Keyword(since=since), Position(index, since=since))


def _query(
    owner: Owner,
    name: str,
    returns: Returns,
    value: Owner,
    binds: Binds = Binds.AWAIT,
    connection: tuple[How, ...] = (),
    *,
    effect: Effect = Effect.READ,
    since: str = "",
    until: str = "",
) -> Method:
    """A method that gives a query: an object that runs when it is awaited."""
    return Method(
        owner, name, returns, True, False, effect, binds, connection, since, until, value=value
    )


def _coroutine(
    owner: Owner,
    name: str,
    returns: Returns,
    effect: Effect,
    connection: tuple[How, ...] = (),
    *,
    since: str = "",
    until: str = "",
) -> Method:
    """An ``async def`` that resolves its connection while it runs."""
    return Method(owner, name, returns, True, True, effect, Binds.AWAIT, connection, since, until)


def _lifecycle(
    owner: Owner, name: str, returns: Returns = Returns.NONE, *, since: str = "", until: str = ""
) -> Method:
    """An ``async def`` that opens or closes things and runs no query."""
    return Method(owner, name, returns, True, True, since=since, until=until)


def _class_methods() -> Iterator[Method]:
    yield from _class_reads()
    yield from _bound_class_reads()
    yield from _class_writes()
    model, read = Owner.MODEL, Effect.READ
    yield Method(model, "__call__", Returns.INSTANCE, value=Owner.INSTANCE)
    yield Method(model, "construct", Returns.INSTANCE, since="1.1.0", value=Owner.INSTANCE)
    # Written as a plain method, it hands out the coroutine of a private one.
    yield _coroutine(model, "__getitem__", Returns.INSTANCE, read)
    yield _coroutine(model, "in_bulk", Returns.DICT_OF_INSTANCES, read, _passed(2, since=_USING_DB))
    yield _coroutine(model, "fetch_for_list", Returns.NONE, read, _KEYWORD)
    yield Method(model, "describe", Returns.PLAIN)
    yield Method(model, "register_listener", Returns.NONE)
    yield Method(model, "check", Returns.NONE, until="0.21.0")
    yield Method(model, "get_table", Returns.OTHER, since="1.0.0")


def _class_reads() -> Iterator[Method]:
    model = Owner.MODEL
    for name in ("filter", "exclude", "annotate"):
        yield _query(model, name, Returns.QUERYSET, Owner.QUERYSET, connection=_CHAIN)
    for name in ("latest", "earliest"):
        yield _query(
            model,
            name,
            Returns.SINGLE_OPTIONAL,
            Owner.SINGLE_OPTIONAL,
            connection=_CHAIN,
            since="0.22.0",
        )


def _bound_class_reads() -> Iterator[Method]:
    """Since they take ``using_db``, they choose the connection where none is passed."""
    model = Owner.MODEL
    yield from _since_using_db("all", Returns.QUERYSET, Owner.QUERYSET, _passed(0), _CHAIN)
    yield from _since_using_db(
        "first", Returns.SINGLE_OPTIONAL, Owner.SINGLE_OPTIONAL, _passed(0), _CHAIN
    )
    yield _query(
        model,
        "last",
        Returns.SINGLE_OPTIONAL,
        Owner.SINGLE_OPTIONAL,
        Binds.CONSTRUCTION,
        _passed(0) + _CHAIN,
        since="0.22.0",
    )
    # In one release ``using_db`` came before ``*args``.
    filters: tuple[How, ...] = (Keyword(), Position(0, until="0.19.2"))
    yield from _since_using_db("get", Returns.SINGLE, Owner.SINGLE, filters, _CHAIN)
    yield from _since_using_db(
        "get_or_none", Returns.SINGLE_OPTIONAL, Owner.SINGLE_OPTIONAL, filters, _CHAIN
    )
    yield from _since_using_db("exists", Returns.BOOL, Owner.EXISTS, filters)
    # The lock belongs to the transaction, the statement is still a SELECT.
    yield from _since_using_db(
        "select_for_update", Returns.QUERYSET, Owner.QUERYSET, _passed(3), _CHAIN
    )
    # ``raw`` runs whatever statement it is given.
    yield from _since_using_db(
        "raw", Returns.LIST_OF_INSTANCES, Owner.RAW, _passed(1), effect=Effect.WRITE
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
    before = _query(Owner.MODEL, name, returns, value, Binds.AWAIT, chain, effect=effect)
    yield before._replace(until=_USING_DB)
    yield before._replace(binds=Binds.CONSTRUCTION, connection=passed + chain, since=_USING_DB)


def _class_writes() -> Iterator[Method]:
    model, write = Owner.MODEL, Effect.WRITE
    yield _coroutine(
        model, "create", Returns.INSTANCE, write, (Keyword(), Position(0, since=_USING_DB))
    )
    for name in ("get_or_create", "update_or_create"):
        yield _coroutine(model, name, Returns.INSTANCE_AND_BOOL, write, _passed(1))
    yield from _since_using_db(
        "bulk_update", Returns.ROWS_WRITTEN, Owner.BULK, _passed(3), effect=write
    )
    yield _coroutine(model, "bulk_create", Returns.NONE, write, _passed(2), until="0.18.0")
    # 0.18.0 itself is left out: what it returned could not be awaited.
    listed = _query(
        model,
        "bulk_create",
        Returns.LIST_OF_INSTANCES,
        Owner.BULK,
        effect=write,
        since="0.18.1",
        until=_USING_DB,
    )
    yield listed
    bound = listed._replace(binds=Binds.CONSTRUCTION, connection=_passed(5), since=_USING_DB)
    yield bound._replace(until="0.21.0")
    yield bound._replace(returns=Returns.NONE, since="0.21.0", until="")


def _instance_methods() -> Iterator[Method]:
    instance = Owner.INSTANCE
    yield _coroutine(instance, "save", Returns.NONE, Effect.WRITE, _passed(0))
    yield _coroutine(instance, "delete", Returns.NONE, Effect.WRITE, _passed(0))
    yield _coroutine(instance, "fetch_related", Returns.NONE, Effect.READ, _KEYWORD)
    yield _coroutine(instance, "refresh_from_db", Returns.NONE, Effect.READ, _passed(1))
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
        yield _query(queryset, name, Returns.QUERYSET, queryset, connection=_CHAIN)
    yield _query(
        queryset, "using_db", Returns.QUERYSET, queryset, Binds.CONSTRUCTION,
        (Position(0), Chain()),
    )  # fmt: skip
    yield _query(queryset, "get", Returns.SINGLE, Owner.SINGLE, connection=_CHAIN)
    optional = {"first": "", "get_or_none": "", "last": "0.22.0"}
    for name, since in {**optional, "latest": "0.22.0", "earliest": "0.22.0"}.items():
        yield _query(
            queryset,
            name,
            Returns.SINGLE_OPTIONAL,
            Owner.SINGLE_OPTIONAL,
            connection=_CHAIN,
            since=since,
        )
    yield from _terminal_methods()
    yield _query(
        queryset, "__getitem__", Returns.QUERYSET, queryset, connection=_CHAIN, since="0.21.0"
    )
    yield from _sequence(queryset)


def _terminal_methods() -> Iterator[Method]:
    """The methods of a queryset whose value has no ``using_db``."""
    queryset, write = Owner.QUERYSET, Effect.WRITE
    yield _query(queryset, "values", Returns.VALUES, Owner.VALUES)
    yield _query(queryset, "values_list", Returns.VALUES_LIST, Owner.VALUES)
    yield _query(queryset, "count", Returns.COUNT, Owner.COUNT)
    yield _query(queryset, "exists", Returns.BOOL, Owner.EXISTS)
    yield _query(queryset, "contains", Returns.BOOL, Owner.EXISTS, since="1.1.8")
    yield _query(queryset, "update", Returns.ROWS_WRITTEN, Owner.UPDATE, effect=write)
    yield _query(queryset, "delete", Returns.ROWS_WRITTEN, Owner.DELETE, effect=write)
    yield _query(queryset, "bulk_update", Returns.ROWS_WRITTEN, Owner.BULK, effect=write)
    created = _query(
        queryset, "bulk_create", Returns.LIST_OF_INSTANCES, Owner.BULK, effect=write, since="0.18.1"
    )
    yield created._replace(until="0.21.0")
    yield created._replace(returns=Returns.NONE, since="0.21.0")
    yield _query(queryset, "raw", Returns.LIST_OF_INSTANCES, Owner.RAW, effect=write)
    yield _query(queryset, "union", Returns.UNION, Owner.UNION, since="1.1.8")
    yield _coroutine(queryset, "in_bulk", Returns.DICT_OF_INSTANCES, Effect.READ)
    yield _coroutine(queryset, "explain", Returns.PLAIN, Effect.READ)
    yield from _printable(queryset)


def _sequence(owner: Owner) -> Iterator[Method]:
    """Awaiting gives the list, ``async for`` its elements."""
    yield _query(owner, "__await__", Returns.LIST_OF_INSTANCES, owner)
    yield _query(owner, "__aiter__", Returns.INSTANCE, owner)


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
        yield _query(owner, "__await__", result, owner, effect=effect)
        yield from _printable(owner)
    yield _query(Owner.VALUES, "__aiter__", Returns.PLAIN, Owner.VALUES)
    yield from _printable(Owner.BULK)
    union, since = Owner.UNION, "1.1.8"
    for name in ("union", "order_by", "limit", "offset"):
        yield _query(union, name, Returns.UNION, union, since=since)
    yield _query(union, "count", Returns.COUNT, Owner.COUNT, Binds.CONSTRUCTION, since=since)
    yield _query(union, "__await__", Returns.MIXED_INSTANCES, union, since=since)
    yield _query(union, "__aiter__", Returns.MIXED_INSTANCE, union, since=since)


def _relation_methods() -> Iterator[Method]:
    for owner in (Owner.REVERSE, Owner.MANY_TO_MANY):
        for name in ("filter", "all", "order_by", "limit", "offset"):
            yield _query(owner, name, Returns.QUERYSET, Owner.QUERYSET, connection=_CHAIN)
        # On a many-to-many relation it is inherited, and raises ConfigurationError.
        yield _coroutine(
            owner, "create", Returns.INSTANCE, Effect.WRITE, _passed(0), since="0.25.2"
        )
        yield from _sequence(owner)
        # The rest reads the fetched rows, or raises NoValuesFetched.
        yield Method(owner, "__getitem__", Returns.INSTANCE, value=Owner.INSTANCE)
        yield Method(owner, "__iter__", Returns.INSTANCE, value=Owner.INSTANCE)
        yield Method(owner, "__len__", Returns.PLAIN)
        yield Method(owner, "__bool__", Returns.BOOL)
        yield Method(owner, "__contains__", Returns.BOOL)
    many = Owner.MANY_TO_MANY
    yield _coroutine(many, "add", Returns.NONE, Effect.WRITE, _KEYWORD)
    yield _coroutine(many, "remove", Returns.NONE, Effect.WRITE, _KEYWORD)
    yield _coroutine(many, "clear", Returns.NONE, Effect.WRITE, _passed(0))
    # Fetched, a to-one relation is an instance or None; else a query, or a placeholder for NULL.
    for owner in (Owner.FORWARD, Owner.BACKWARD):
        yield _query(owner, "__await__", Returns.OPTIONAL_INSTANCE, owner)


def _client_methods() -> Iterator[Method]:
    client, write = Owner.CONNECTION, Effect.WRITE
    for name in ("create_connection", "close"):
        yield _lifecycle(client, name)
    for name in ("db_create", "db_delete", "execute_script", "execute_many"):
        yield Method(client, name, Returns.NONE, True, True, write)
    # They run whatever statement they are given, so also those named after reading.
    for name in ("execute_insert", "execute_query", "execute_query_dict"):
        yield Method(client, name, Returns.PLAIN, True, True, write)
    yield Method(
        client, "execute_query_dict_with_affected", Returns.PLAIN, True, True, write, since="1.0.0"
    )
    yield Method(client, "acquire_connection", Returns.OTHER)
    yield Method(client, "_in_transaction", Returns.TRANSACTION, value=Owner.TRANSACTION)
    # The rest is of the client that a transaction gives.
    for name in ("commit", "rollback"):
        yield Method(client, name, Returns.NONE, True, True, write)
    for name in ("begin", "savepoint", "savepoint_rollback", "release_savepoint"):
        yield Method(client, name, Returns.NONE, True, True, write, since="0.23.0")
    yield Method(client, "start", Returns.NONE, True, True, write, until="0.23.0")
    yield Method(client, "release", Returns.NONE, until="0.23.0")
    yield _lifecycle(Owner.TRANSACTION, "__aenter__", Returns.CONNECTION)
    yield Method(Owner.TRANSACTION, "__aexit__", Returns.NONE, True, True, write)


def _handler_methods() -> Iterator[Method]:
    handler, since = Owner.CONNECTIONS, "0.19.0"
    yield _current_client(handler, "get", since)
    yield Method(handler, "discard", Returns.OTHER, since=since)
    yield Method(handler, "set", Returns.PLAIN, since=since)
    yield Method(handler, "reset", Returns.NONE, since=since)
    yield Method(handler, "all", Returns.OTHER, since=since)
    yield _lifecycle(handler, "close_all", since=since)


def _setup_methods() -> Iterator[Method]:
    tortoise, new, write = Owner.TORTOISE, "1.0.0", Effect.WRITE
    # It creates the database where ``_create_db`` asks for it.
    init = Method(tortoise, "init", Returns.NONE, True, True, write)
    yield init._replace(until=new)
    yield init._replace(returns=Returns.CONTEXT, since=new)
    yield _current_client(tortoise, "get_connection")
    for name in ("describe_model", "describe_models"):
        yield Method(tortoise, name, Returns.PLAIN)
    yield Method(tortoise, "init_models", Returns.NONE)
    yield Method(tortoise, "init_app", Returns.OTHER, since=new)
    yield Method(tortoise, "is_inited", Returns.BOOL, since=new)
    yield Method(tortoise, "star_password", Returns.STR, since="0.24.0")
    yield Method(tortoise, "generate_schemas", Returns.NONE, True, True, write)
    yield Method(tortoise, "_drop_databases", Returns.NONE, True, True, write)
    yield _lifecycle(tortoise, "close_connections")


def _context_methods() -> Iterator[Method]:
    context, since, write = Owner.CONTEXT, "1.0.0", Effect.WRITE
    yield Method(context, "init", Returns.NONE, True, True, write, since=since)
    yield Method(context, "generate_schemas", Returns.NONE, True, True, write, since=since)
    yield _lifecycle(context, "close_connections", since=since)
    yield _current_client(context, "db", since)
    yield Method(context, "get_model", Returns.OTHER, since=since)
    yield Method(context, "__enter__", Returns.CONTEXT, since=since, value=context)
    yield Method(context, "__exit__", Returns.NONE, since=since)
    yield _lifecycle(context, "__aenter__", Returns.CONTEXT, since=since)
    yield _lifecycle(context, "__aexit__", since=since)


def _current_client(owner: Owner, name: str, since: str = "") -> Method:
    """It gives the client of the transaction that is open at the moment of the call, if any."""
    return Method(
        owner,
        name,
        Returns.CONNECTION,
        binds=Binds.CONSTRUCTION,
        since=since,
        value=Owner.CONNECTION,
    )


def _register_methods() -> Iterator[Method]:
    register, since = Owner.REGISTER, "0.21.0"
    yield Method(register, "__call__", Returns.REGISTER, since=since, value=register)
    yield _lifecycle(register, "__aexit__", since=since)
    # Opening the ORM also creates the tables where ``generate_schemas`` was asked for.
    write = Effect.WRITE
    yield Method(
        register, "__await__", Returns.REGISTER, True, effect=write, since="0.21.4", value=register
    )
    yield Method(register, "__aenter__", Returns.REGISTER, True, True, write, since=since)
    init = Method(register, "init_orm", Returns.NONE, True, True, write, since=since)
    yield init._replace(until="1.0.0")
    yield init._replace(returns=Returns.CONTEXT, since="1.0.0")
    yield _lifecycle(register, "close_orm", since=since)


def _manager_methods() -> Iterator[Method]:
    # Every other name that is looked up on a manager is looked up on this queryset.
    yield _query(Owner.MANAGER, "get_queryset", Returns.QUERYSET, Owner.QUERYSET, connection=_CHAIN)


def _all_methods() -> Iterable[Method]:
    yield from _class_methods()
    yield from _instance_methods()
    yield from _queryset_methods()
    yield from _single_methods()
    yield from _query_forms()
    yield from _relation_methods()
    yield from _manager_methods()
    yield from _client_methods()
    yield from _handler_methods()
    yield from _setup_methods()
    yield from _context_methods()
    yield from _register_methods()


METHODS: tuple[Method, ...] = tuple(_all_methods())

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(Owner.MODEL, "_meta", Returns.OTHER),
    Attribute(Owner.MODEL, "_meta.db", Returns.CONNECTION),
    Attribute(Owner.MODEL, "_meta.manager", Returns.MANAGER),
    Attribute(Owner.INSTANCE, "_meta", Returns.OTHER),
    Attribute(Owner.INSTANCE, "pk", Returns.PLAIN),
    Attribute(Owner.INSTANCE, "_saved_in_db", Returns.PLAIN),
    Attribute(Owner.QUERYSET, "model", Returns.OTHER),
    Attribute(Owner.REVERSE, "related_objects", Returns.LIST_OF_INSTANCES),
    Attribute(Owner.MANY_TO_MANY, "related_objects", Returns.LIST_OF_INSTANCES),
    Attribute(Owner.CONNECTION, "connection_name", Returns.STR),
    Attribute(Owner.CONNECTIONS, "db_config", Returns.PLAIN, since="0.19.0"),
    Attribute(Owner.TORTOISE, "apps", Returns.OTHER),
    Attribute(Owner.TORTOISE, "_inited", Returns.PLAIN),
    Attribute(Owner.CONTEXT, "connections", Returns.CONNECTIONS, since="1.0.0"),
    Attribute(Owner.CONTEXT, "apps", Returns.OTHER, since="1.0.0"),
    Attribute(Owner.CONTEXT, "inited", Returns.PLAIN, since="1.0.0"),
)
