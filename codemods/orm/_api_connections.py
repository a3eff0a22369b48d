"""The methods of connections, and of what sets the ORM up, release by release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._api_entries import lifecycle
from ._api_types import Binds, Effect, Method, Owner, Returns

if TYPE_CHECKING:
    from collections.abc import Iterator


def connection_methods() -> Iterator[Method]:
    """Every method that belongs to connections, or to setting the ORM up."""
    yield from _client_methods()
    yield from _handler_methods()
    yield from _setup_methods()
    yield from _context_methods()
    yield from _register_methods()


def _client_methods() -> Iterator[Method]:
    client, write = Owner.CONNECTION, Effect.WRITE
    for name in ("create_connection", "close"):
        yield lifecycle(client, name)
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
    yield lifecycle(Owner.TRANSACTION, "__aenter__", Returns.CONNECTION)
    yield Method(Owner.TRANSACTION, "__aexit__", Returns.NONE, True, True, write)


def _handler_methods() -> Iterator[Method]:
    handler, since = Owner.CONNECTIONS, "0.19.0"
    yield _current_client(handler, "get", since)
    yield Method(handler, "discard", Returns.OTHER, since=since)
    yield Method(handler, "set", Returns.PLAIN, since=since)
    yield Method(handler, "reset", Returns.NONE, since=since)
    yield Method(handler, "all", Returns.OTHER, since=since)
    yield lifecycle(handler, "close_all", since=since)


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
    yield lifecycle(tortoise, "close_connections")


def _context_methods() -> Iterator[Method]:
    context, since, write = Owner.CONTEXT, "1.0.0", Effect.WRITE
    yield Method(context, "init", Returns.NONE, True, True, write, since=since)
    yield Method(context, "generate_schemas", Returns.NONE, True, True, write, since=since)
    yield lifecycle(context, "close_connections", since=since)
    yield _current_client(context, "db", since)
    yield Method(context, "get_model", Returns.OTHER, since=since)
    yield Method(context, "__enter__", Returns.CONTEXT, since=since, value=context)
    yield Method(context, "__exit__", Returns.NONE, since=since)
    yield lifecycle(context, "__aenter__", Returns.CONTEXT, since=since)
    yield lifecycle(context, "__aexit__", since=since)


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
    yield lifecycle(register, "__aexit__", since=since)
    # Opening the ORM also creates the tables where ``generate_schemas`` was asked for.
    write = Effect.WRITE
    yield Method(
        register, "__await__", Returns.REGISTER, True, effect=write, since="0.21.4", value=register
    )
    yield Method(register, "__aenter__", Returns.REGISTER, True, True, write, since=since)
    init = Method(register, "init_orm", Returns.NONE, True, True, write, since=since)
    yield init._replace(until="1.0.0")
    yield init._replace(returns=Returns.CONTEXT, since="1.0.0")
    yield lifecycle(register, "close_orm", since=since)
