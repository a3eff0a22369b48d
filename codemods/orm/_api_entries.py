"""How the entries of the API table are written down."""

from __future__ import annotations

from ._api_types import Binds, Chain, Effect, How, Keyword, Method, Owner, Position, Returns

CHAIN = (Chain(),)
KEYWORD = (Keyword(),)


def passed(index: int, since: str = "") -> tuple[How, ...]:
    """The connection is an ordinary parameter: by keyword or by position."""
    return (Keyword(since=since), Position(index, since=since))


def query(
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


def coroutine(
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


def lifecycle(
    owner: Owner, name: str, returns: Returns = Returns.NONE, *, since: str = "", until: str = ""
) -> Method:
    """An ``async def`` that opens or closes things and runs no query."""
    return Method(owner, name, returns, True, True, since=since, until=until)
