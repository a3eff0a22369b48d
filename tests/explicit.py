"""Tells which statements of a transaction were sent through a client that the program passed.

A block gives the program a copy of its client, so that whatever comes through the copy was passed
explicitly, and whatever comes through the client itself was found in the context.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import importlib
import json
import os
import subprocess
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "main"
_EXECUTING = ("execute_insert", "execute_query", "execute_query_dict", "execute_many")
_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)


@dataclass(frozen=True)
class Sent:
    """A statement of a transaction.

    Attributes:
        line: The line of the program that it comes from; 0 where a task of the library sent it.
        sql: The statement.
        explicit: Whether the client was passed.
    """

    line: int
    sql: str
    explicit: bool


def run(project: Path, db_url: str) -> tuple[list[Sent], str]:
    """Run a project; the statements of its transactions, and the ``repr`` of what it returned."""
    command = [sys.executable, "-B", __file__, str(project), db_url]
    # The ORM lists the columns of a table in the order of a set.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"{project} cannot be run:\n{done.stderr}")
    sent, value = json.loads(done.stdout.splitlines()[-1])
    return [Sent(*one) for one in sent], value


class Watch:
    """Notes what goes through the clients of transactions."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str, bool]] = []
        self._given: dict[int, Any] = {}

    def install(self) -> None:
        """Watch all clients and contexts of the drivers that are loaded."""
        from tortoise.backends.base.client import BaseDBAsyncClient, TransactionContext

        for client in _below(BaseDBAsyncClient):
            for name in _EXECUTING:
                if name in vars(client):
                    setattr(client, name, self._watched(vars(client)[name]))
        for context in _below(TransactionContext):
            if "__aenter__" in vars(context):
                context.__aenter__ = self._entered(vars(context)["__aenter__"])

    def _watched(self, method: Any) -> Any:
        @functools.wraps(method)
        async def execute(client: Any, query: str, *rest: Any) -> Any:
            if _INSIDE.get() or not hasattr(client, "_finalized"):
                return await method(client, query, *rest)
            token = _INSIDE.set(True)
            try:
                self.sent.append((_line(), query, id(client) in self._given))
                return await method(client, query, *rest)
            finally:
                _INSIDE.reset(token)

        return execute

    def _entered(self, enter: Any) -> Any:
        async def entered(context: Any) -> Any:
            client = await enter(context)
            caller = sys._getframe(1)
            # The ORM opens transactions of its own, on the connection that it was given.
            given = caller.f_locals.get("using_db") or caller.f_locals.get("db")
            if caller.f_globals["__name__"] != PROGRAM and id(given) not in self._given:
                return client
            handle = copy.copy(client)
            self._given[id(handle)] = handle
            return handle

        return entered


def _line() -> int:
    """The line of the program that awaits what is running."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == PROGRAM:
            return int(frame.f_lineno)
        frame = frame.f_back
    return 0


def _below(kind: Any) -> set[Any]:
    """A class and all that are derived from it."""
    found = {kind}
    for one in kind.__subclasses__():
        found |= _below(one)
    return found


async def _play(db_url: str) -> tuple[list[tuple[int, str, bool]], str]:
    from tortoise import Tortoise

    await Tortoise.init(db_url=db_url, modules={"models": ["models"]})
    await Tortoise.generate_schemas()
    watch = Watch()
    watch.install()
    value = await importlib.import_module(PROGRAM).main()
    await Tortoise.close_connections()
    return watch.sent, repr(value)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print("\n" + json.dumps(asyncio.run(_play(sys.argv[2]))))
