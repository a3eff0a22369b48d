"""The importable names of Tortoise: fields, relation hints, classes, functions, objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._api_types import (
    Binds,
    Class,
    Effect,
    Field,
    FieldKind,
    Function,
    How,
    Keyword,
    Object,
    Owner,
    Position,
    RelationHint,
    Returns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA_FIELDS = """Field BigIntField BinaryField BooleanField CharEnumField CharField DateField
    DatetimeField DecimalField FloatField IntEnumField IntField JSONField SmallIntField TextField
    TimeDeltaField UUIDField"""


def _fields() -> Iterator[Field]:
    for name in _DATA_FIELDS.split():
        yield Field(f"tortoise.fields.{name}", FieldKind.DATA)
    yield Field("tortoise.fields.TimeField", FieldKind.DATA, since="0.19.0")
    for name, since in (
        ("mysql.fields.GeometryField", ""),
        ("mysql.fields.UUIDField", "0.20.1"),
        ("postgres.fields.ArrayField", "0.19.0"),
        ("postgres.fields.TSVectorField", ""),
    ):
        yield Field(f"tortoise.contrib.{name}", FieldKind.DATA, since=since)
    for name, kind in (
        ("ForeignKeyFieldInstance", FieldKind.FOREIGN_KEY),
        ("OneToOneFieldInstance", FieldKind.ONE_TO_ONE),
        ("ManyToManyFieldInstance", FieldKind.MANY_TO_MANY),
    ):
        yield Field(f"tortoise.fields.relational.{name}", kind)
    yield from _to_one_fields()
    yield from _to_many_fields()


def _to_one_fields() -> Iterator[Field]:
    rest = ("related_name", "on_delete", "db_constraint")
    for name, kind in (
        ("tortoise.fields.ForeignKeyField", FieldKind.FOREIGN_KEY),
        ("tortoise.fields.OneToOneField", FieldKind.ONE_TO_ONE),
    ):
        yield Field(name, kind, ("model_name", *rest), until="0.20.0")
        yield Field(name, kind, ("model_name", *rest, "null"), since="0.20.0", until="1.0.0")
        yield Field(name, kind, ("to", *rest, "null"), since="1.0.0")


def _to_many_fields() -> Iterator[Field]:
    name, kind = "tortoise.fields.ManyToManyField", FieldKind.MANY_TO_MANY
    rest = ("through", "forward_key", "backward_key", "related_name", "on_delete", "db_constraint")
    old = ("model_name", *rest)
    yield Field(name, kind, old, until="0.21.2")
    yield Field(name, kind, (*old, "create_unique_index"), since="0.21.2", until="0.24.2")
    yield Field(name, kind, (*old, "unique"), since="0.24.2", until="1.0.0")
    yield Field(name, kind, ("to", *rest, "unique"), since="1.0.0")


def _relation_hints() -> Iterator[RelationHint]:
    for name, owner, nullable in (
        ("ReverseRelation", Owner.REVERSE, False),
        ("BackwardFKRelation", Owner.REVERSE, False),
        ("ManyToManyRelation", Owner.MANY_TO_MANY, False),
        ("ForeignKeyRelation", Owner.FORWARD, False),
        ("ForeignKeyNullableRelation", Owner.FORWARD, True),
        ("OneToOneRelation", Owner.FORWARD, False),
        ("OneToOneNullableRelation", Owner.FORWARD, True),
        ("BackwardOneToOneRelation", Owner.BACKWARD, True),
    ):
        yield RelationHint(f"tortoise.fields.{name}", owner, nullable)


def _classes() -> Iterator[Class]:
    yield Class("tortoise.models.Model", Owner.INSTANCE)
    yield Class("tortoise.Tortoise", Owner.TORTOISE)
    yield Class("tortoise.manager.Manager", Owner.MANAGER, ("model",))
    yield Class(
        "tortoise.query_utils.Prefetch", Owner.PREFETCH, ("relation", "queryset", "to_attr")
    )
    yield Class("tortoise.backends.base.client.BaseDBAsyncClient", Owner.CONNECTION)
    yield Class(
        "tortoise.backends.base.client.TransactionalDBClient", Owner.CONNECTION, since="0.24.0"
    )
    yield Class("tortoise.backends.base.client.TransactionContext", Owner.TRANSACTION)
    yield Class("tortoise.connection.ConnectionHandler", Owner.CONNECTIONS, since="0.19.0")
    yield Class("tortoise.context.TortoiseContext", Owner.CONTEXT, since="1.0.0")
    yield from _query_classes()
    yield from _expressions()
    yield from _register_classes()


def _query_classes() -> Iterator[Class]:
    for name, owner, since in (
        ("QuerySet", Owner.QUERYSET, ""),
        # Its type argument says whether the row is optional.
        ("QuerySetSingle", Owner.SINGLE, ""),
        ("ValuesQuery", Owner.VALUES, ""),
        ("ValuesListQuery", Owner.VALUES, ""),
        ("CountQuery", Owner.COUNT, ""),
        ("ExistsQuery", Owner.EXISTS, ""),
        ("ContainsQuery", Owner.EXISTS, "1.1.8"),
        ("UpdateQuery", Owner.UPDATE, ""),
        ("DeleteQuery", Owner.DELETE, ""),
        ("RawSQLQuery", Owner.RAW, ""),
        ("BulkUpdateQuery", Owner.BULK, ""),
        ("BulkCreateQuery", Owner.BULK, "0.18.0"),
        ("UnionQuery", Owner.UNION, "1.1.8"),
        ("UnionCountQuery", Owner.COUNT, "1.1.8"),
        ("AwaitableQuery", None, ""),
        ("FieldSelectQuery", None, ""),
    ):
        yield Class(f"tortoise.queryset.{name}", owner, since=since)


def _expressions() -> Iterator[Class]:
    for name in ("Q", "F", "Subquery", "RawSQL", "Function", "Aggregate"):
        yield Class(f"tortoise.expressions.{name}", None)
    for name in ("Case", "When"):
        yield Class(f"tortoise.expressions.{name}", None, since="0.18.0")
    for name in ("Count", "Sum", "Avg", "Min", "Max"):
        yield Class(f"tortoise.functions.{name}", None)
    yield Class("tortoise.fields.relational.RelationalField", None)


_REGISTERED = ("app", "config", "config_file", "db_url", "modules", "generate_schemas")
_TIME_ZONE = ("use_tz", "timezone")
_FALLBACK = ("_create_db", "_enable_global_fallback")


def _register_classes() -> Iterator[Class]:
    fastapi, owner = "tortoise.contrib.fastapi.RegisterTortoise", Owner.REGISTER
    first = (*_REGISTERED, "add_exception_handlers")
    yield Class(fastapi, owner, first, since="0.21.0", until="0.21.4")
    zoned = (*first, *_TIME_ZONE)
    yield Class(fastapi, owner, zoned, since="0.21.4", until="0.21.5")
    yield Class(fastapi, owner, (*zoned, "_create_db"), since="0.21.5", until="1.0.0")
    yield Class(fastapi, owner, (*zoned, *_FALLBACK), since="1.0.0")
    yield Class(
        "tortoise.contrib.starlette.RegisterTortoise",
        owner,
        (*_REGISTERED, *_TIME_ZONE, *_FALLBACK),
        since="1.1.9",
    )


def _functions() -> Iterator[Function]:
    yield from _transaction_functions()
    yield Function(
        "tortoise.query_api.execute_pypika",
        Returns.PLAIN,
        coroutine=True,
        effect=Effect.WRITE,
        binds=Binds.AWAIT,
        connection=(Keyword(),),
        parameters=("query", "using_db", "schema"),
        since="1.0.0",
    )
    # It runs whatever coroutine it is given.
    yield Function("tortoise.run_async", Returns.NONE, effect=Effect.WRITE, parameters=("coro",))
    yield Function(
        "tortoise.context.tortoise_test_context",
        Returns.CONTEXT,
        effect=Effect.WRITE,
        parameters=(
            "modules", "db_url", "app_label", "connection_label", "use_tz", "timezone", "routers",
        ),
        since="1.0.0",
    )  # fmt: skip
    yield from _init_functions()
    yield from _register_functions()


def _transaction_functions() -> Iterator[Function]:
    named: tuple[How, ...] = (Keyword("connection_name"), Position(0))
    parameters = ("connection_name",)
    yield Function(
        "tortoise.transactions.in_transaction",
        Returns.TRANSACTION,
        binds=Binds.CONSTRUCTION,
        alias=named,
        parameters=parameters,
    )
    yield Function(
        "tortoise.transactions.atomic",
        Returns.DECORATOR,
        binds=Binds.AWAIT,
        alias=named,
        parameters=parameters,
    )
    yield Function(
        "tortoise.transactions.get_connection",
        Returns.CONNECTION,
        binds=Binds.CONSTRUCTION,
        alias=named,
        parameters=parameters,
        until="0.19.0",
    )
    yield Function(
        "tortoise.connection.get_connection",
        Returns.CONNECTION,
        binds=Binds.CONSTRUCTION,
        alias=(Keyword("alias"), Position(0)),
        parameters=("alias",),
        since="1.0.0",
    )
    yield Function("tortoise.connection.get_connections", Returns.CONNECTIONS, since="1.0.0")


def _init_functions() -> Iterator[Function]:
    name = "tortoise.Tortoise.init"
    first = (
        "config", "config_file", "_create_db", "db_url", "modules", "use_tz", "timezone", "routers",
    )  # fmt: skip
    named = (*first, "table_name_generator")
    yield Function(name, Returns.NONE, True, Effect.WRITE, parameters=first, until="0.22.0")
    yield Function(
        name, Returns.NONE, True, Effect.WRITE, parameters=named, since="0.22.0", until="1.0.0"
    )
    last = (*named, "init_connections", "_enable_global_fallback")
    yield Function(name, Returns.CONTEXT, True, Effect.WRITE, parameters=last, since="1.0.0")


def _register_functions() -> Iterator[Function]:
    handled = (*_REGISTERED, "add_exception_handlers")
    fallback = (*_REGISTERED, "_enable_global_fallback")
    for framework, parameters, since, until in (
        ("fastapi", handled, "", ""),
        ("blacksheep", handled, "", ""),
        ("starlette", _REGISTERED, "", ""),
        ("quart", _REGISTERED, "", ""),
        ("aiohttp", _REGISTERED, "", ""),
        ("sanic", _REGISTERED, "", "1.1.0"),
        ("sanic", fallback, "1.1.0", ""),
    ):
        yield Function(
            f"tortoise.contrib.{framework}.register_tortoise",
            Returns.NONE,
            effect=Effect.WRITE,
            parameters=parameters,
            since=since,
            until=until,
        )
    yield Function(
        "tortoise.contrib.fastapi.tortoise_exception_handlers", Returns.PLAIN, since="0.24.1"
    )


FIELDS: tuple[Field, ...] = tuple(_fields())
RELATION_HINTS: tuple[RelationHint, ...] = tuple(_relation_hints())
CLASSES: tuple[Class, ...] = tuple(_classes())
FUNCTIONS: tuple[Function, ...] = tuple(_functions())
OBJECTS: tuple[Object, ...] = (
    Object("tortoise.connection.connections", Returns.CONNECTIONS, since="0.19.0"),
)
