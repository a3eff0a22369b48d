"""Runs ``async def main()`` of a small project's ``main.py`` on a database; says what it did.

The project's models live in its module ``models``. They are run in a process of their own, since a
second project of the same module names could not be imported into this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import json
import logging
import os
import sqlite3
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Outcome:
    """What came of one run.

    Attributes:
        value: The ``repr`` of what ``main`` returned; rows appear as their model and key.
        printed: What it wrote to standard output.
        statements: What was executed while it ran. On SQLite that is all of it, transactions and
            values included; on other databases what the ORM logs, which lacks transactions.
        rows: The final rows of every table, by table, sorted.
        exception: The type and message of what ``main`` raised, or an empty string.
    """

    value: str = ""
    printed: str = ""
    statements: list[str] = field(default_factory=list)
    rows: dict[str, list[str]] = field(default_factory=dict)
    exception: str = ""


def run(
    project: Path,
    db_url: str = "sqlite://:memory:",
    python: str = sys.executable,
    limit: float = 60,
) -> Outcome:
    """Run a project on an empty database, with the tortoise-orm of an interpreter.

    After ``limit`` seconds ``main`` is cancelled, and its exception is a TimeoutError.
    """
    command = [python, __file__, str(project), db_url, str(limit)]
    # The ORM lists the columns of a table in the order of a set.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"{project} cannot be run:\n{done.stderr}")
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))


class _Kept(logging.Handler):
    """Keeps what the ORM logs."""

    def __init__(self, statements: list[str]) -> None:
        logging.Handler.__init__(self)
        self.statements = statements

    def emit(self, record: logging.LogRecord) -> None:
        self.statements.append(record.getMessage())


def _listen(db_url: str, statements: list[str]) -> None:
    """From now on, add every statement to the list."""
    if not db_url.startswith("sqlite"):
        logger = logging.getLogger("tortoise.db_client")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(_Kept(statements))
        return
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(statements.append)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]


async def _play(db_url: str, limit: float) -> Outcome:
    from tortoise import Tortoise

    outcome, printed = Outcome(), io.StringIO()
    statements: list[str] = []
    _listen(db_url, statements)
    await Tortoise.init(db_url=db_url, modules={"models": ["models"]})
    await Tortoise.generate_schemas()
    statements.clear()
    try:
        with contextlib.redirect_stdout(printed):
            # In a context of its own, so that a transaction that it leaves open is not ours.
            main = asyncio.create_task(importlib.import_module("main").main())
            outcome.value = repr(_plain(await asyncio.wait_for(main, limit)))
    except asyncio.TimeoutError:  # a class of its own before Python 3.11
        outcome.exception = "TimeoutError: "
    except Exception as error:
        outcome.exception = f"{type(error).__name__}: {error}"
    outcome.statements, outcome.printed = list(statements), printed.getvalue()
    outcome.rows = await _rows()
    await Tortoise.close_connections()
    return outcome


def _plain(value: Any) -> Any:
    """A value without addresses of objects."""
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    return (type(value).__name__, value.pk) if hasattr(value, "_meta") else value


async def _rows() -> dict[str, list[str]]:
    from tortoise import Tortoise

    models = Tortoise.apps["models"].values()
    tables = {model._meta.db_table for model in models}
    for model in models:
        fields = model._meta.fields_map
        tables |= {fields[name].through for name in model._meta.m2m_fields}
    client = Tortoise.get_connection("default")
    quote = "`" if "mysql" in type(client).__module__ else '"'
    rows = {}
    for table in sorted(tables):
        found = await client.execute_query_dict(f"SELECT * FROM {quote}{table}{quote}")
        rows[table] = sorted(repr(dict(row)) for row in found)
    return rows


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.path.insert(0, sys.argv[1])
    print("\n" + json.dumps(asdict(asyncio.run(_play(sys.argv[2], float(sys.argv[3]))))))
