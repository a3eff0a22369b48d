"""What a program says to its databases: every statement, transactions included, by connection.

Needs the standard library and the driver alone, so that it works with any release of the ORM.
"""

from __future__ import annotations

import importlib
import sqlite3
from typing import Any

#: The number of the connection, and the statement with the values that it is given.
Event = tuple[int, str]


class Trace:
    """Collects statements in the order in which they are executed.

    Attributes:
        events: What was executed since the last ``clear``.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._numbers: dict[int, int] = {}
        self._kept: list[object] = []

    def clear(self) -> None:
        """Forget all statements, and number connections anew."""
        self.events.clear()
        self._numbers.clear()
        self._kept.clear()

    def say(self, connection: object, statement: str, values: object = None) -> None:
        """Note one statement of a connection."""
        if id(connection) not in self._numbers:
            self._numbers[id(connection)] = len(self._numbers)
            self._kept.append(connection)  # or its id could be that of a later one
        text = f"{statement} -- {values!r}" if values else statement
        self.events.append((self._numbers[id(connection)], text))

    def listen(self, db_url: str) -> None:
        """From now on, note the statements of every new connection of a driver."""
        kind = db_url.partition(":")[0]
        {"sqlite": self._sqlite, "postgres": self._asyncpg, "mysql": self._asyncmy}[kind]()

    def _sqlite(self) -> None:
        connect = sqlite3.connect

        def traced(*given: Any, **named: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*given, **named)
            token = object()
            connection.set_trace_callback(lambda statement: self.say(token, statement))
            return connection

        sqlite3.connect = traced  # type: ignore[assignment]

    def _asyncpg(self) -> None:
        from tortoise.backends.asyncpg.client import AsyncpgDBClient

        say = self.say

        driver: Any = importlib.import_module("asyncpg")

        class Traced(driver.Connection):  # type: ignore[misc]
            async def execute(self, query: str, *values: Any, **named: Any) -> Any:
                # With values it comes to _execute; and a pool resets what is given back to it.
                if not values and "pg_advisory_unlock_all" not in query:
                    say(self, query)
                return await super().execute(query, *values, **named)

            async def _execute(self, query: str, values: Any, *rest: Any, **named: Any) -> Any:
                say(self, query, list(values))
                return await super()._execute(query, values, *rest, **named)

            async def _executemany(self, query: str, values: Any, *rest: Any) -> Any:
                values = list(values)
                say(self, query, values)
                return await super()._executemany(query, values, *rest)

        AsyncpgDBClient.connection_class = Traced

    def _asyncmy(self) -> None:
        connection_class: Any = importlib.import_module("asyncmy.connection").Connection

        def heard(name: str, text: str) -> None:
            method = getattr(connection_class, name)

            async def traced(connection: Any, *given: Any, **named: Any) -> Any:
                said = text or given[0]
                self.say(connection, said.decode() if isinstance(said, bytes) else said)
                return await method(connection, *given, **named)

            setattr(connection_class, name, traced)

        for name, text in (("query", ""), *((n, n.upper()) for n in ("begin", "commit"))):
            heard(name, text)
        heard("rollback", "ROLLBACK")
