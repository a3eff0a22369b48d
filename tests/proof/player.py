"""Runs programs one after the other, each on empty tables, and says what each did.

``python -m proof.player URL...`` reads a program a line from standard input and answers with an
outcome a line, as JSON. It needs tortoise-orm and nothing of this project, so that another
environment with another release of it can run it. The first URL is that of the connection
``default``, the next that of ``second``.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import logging
import os
import re
import signal
import sys
import warnings
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from .trace import Event, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType, FrameType, ModuleType

#: Seconds after which a program that cannot be stopped ends its process.
PATIENCE = 120
_NAMES = ("default", "second")
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "asyncpg": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    "mysql": "SHOW TABLES",
}


@dataclass
class Job:
    """A program that can be run.

    Attributes:
        files: Source by POSIX path.
        apps: The modules with models.
        start: The module that has ``async def main()``; where it is served, the ASGI application,
            as ``module:name``.
        seed: The statements that fill the tables.
        connections: How many connections to make.
        limit: Seconds after which ``main`` is cancelled.
        requests: What it is asked where it is served: ``GET /items``, ``POST /items {"size": 1}``.
    """

    files: Mapping[str, str]
    apps: list[str]
    start: str
    seed: list[str]
    connections: int = 1
    limit: float = 3.0
    requests: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """What one run showed.

    Attributes:
        value: The ``repr`` of what ``main`` returned; rows appear as their model and key.
        printed: What it wrote to standard output.
        logged: What it logged.
        exception: The type and message of what it raised, or an empty string.
        rows: The final rows of every table, by connection and table.
        events: The statements that were executed, each with its connection.
        broken: Why the program could not be run at all, or an empty string.
    """

    value: str = ""
    printed: str = ""
    logged: list[str] = field(default_factory=list)
    exception: str = ""
    rows: dict[str, list[str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    broken: str = ""


class _TooLongError(BaseException):
    """A program runs without end. No ``Exception``: programs catch those, and go on."""


class Memory(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules of a program that is not on disk."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.packages = {_module(path) for path in files if path.endswith("__init__.py")}
        self.code: dict[str, CodeType] = {
            _module(path): compile(text, path, "exec") for path, text in files.items()
        }

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.code:
            return None
        package = fullname in self.packages
        return importlib.util.spec_from_loader(fullname, self, is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code[module.__name__], vars(module))

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Within the block, the program can be imported."""
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            for name in self.code:
                sys.modules.pop(name, None)


class _Log(logging.Handler):
    """Keeps what a program logs; not what the ORM does."""

    def __init__(self, kept: list[str]) -> None:
        logging.Handler.__init__(self)
        self.kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("tortoise", "asyncio", "aiosqlite", "asyncmy")):
            self.kept.append(f"{record.levelname}: {record.getMessage()}")


class Player:
    """Runs programs in this process."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        self.trace = Trace()
        self.trace.listen(urls[0])

    def play(self, job: Job) -> Outcome:
        """Run one program."""
        outcome, printed = Outcome(), io.StringIO()
        handler = _Log(outcome.logged)
        logging.getLogger().addHandler(handler)
        try:
            with Memory(job.files).installed(), _limited(job.limit * 2 + 4):
                asyncio.run(self._play(job, outcome, printed))
        except SyntaxError as error:
            outcome.broken = f"SyntaxError: {error}"
        except _TooLongError:
            outcome.exception = "TimeoutError: "
        finally:
            logging.getLogger().removeHandler(handler)
        outcome.printed = printed.getvalue()
        return outcome

    async def _play(self, job: Job, outcome: Outcome, printed: io.StringIO) -> None:
        from tortoise import Tortoise

        _forget()
        clients: list[Any] = []
        names = _NAMES[: job.connections]
        try:
            await Tortoise.init(config=self._config(job))
            clients = [client_of(name) for name in names]
            await _fill(clients, job)
            self.trace.clear()
            with contextlib.redirect_stdout(printed):
                await self._main(job, outcome)
            outcome.events = list(self.trace.events)
            for name, client in zip(names, clients, strict=True):
                await read_rows(name, client, outcome)
        except Exception as error:
            outcome.broken = f"{type(error).__name__}: {error}"
        finally:
            # Where a program was left in the middle of a transaction, the library closes only that.
            with contextlib.suppress(Exception):
                await Tortoise.close_connections()
            for client in clients:
                with contextlib.suppress(Exception):
                    await client.close()

    async def _main(self, job: Job, outcome: Outcome) -> None:
        try:
            main = importlib.import_module(job.start).main()
            outcome.value = repr(plain(await asyncio.wait_for(main, job.limit)))
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            outcome.exception = "TimeoutError: "
        except Exception as error:
            outcome.exception = f"{type(error).__name__}: {error}"

    def _config(self, job: Job) -> dict[str, Any]:
        return {
            "connections": dict(zip(_NAMES[: job.connections], self.urls, strict=False)),
            "apps": {"models": {"models": job.apps, "default_connection": "default"}},
        }


def plain(value: Any) -> Any:
    """A value without addresses of objects."""
    if isinstance(value, tuple | list):
        return type(value)(map(plain, value))
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items()}
    return (type(value).__name__, value.pk) if hasattr(value, "_meta") else value


def client_of(name: str) -> Any:
    """The client of a connection."""
    from tortoise import connections

    return connections.get(name)


async def _fill(clients: list[Any], job: Job) -> None:
    """Make the tables of all models on every connection, and fill them."""
    from tortoise.utils import get_schema_sql

    schema = get_schema_sql(clients[0], False)
    for client in clients:
        await empty(client)
        for statement in (schema, *job.seed):
            await client.execute_script(statement)


async def empty(client: Any) -> None:
    """Drop all tables of a database; one in memory has none."""
    kind = type(client).__module__
    if "asyncpg" in kind:
        await client.execute_script("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    elif "mysql" in kind:
        found = await client.execute_query_dict(_TABLES["mysql"])
        names = ", ".join(f"`{name}`" for row in found for name in row.values())
        if names:
            await client.execute_script("SET FOREIGN_KEY_CHECKS = 0")
            await client.execute_script(f"DROP TABLE {names}")


async def read_rows(name: str, client: Any, outcome: Outcome) -> None:
    """Note the final rows of every table of a connection."""
    kind = type(client).__module__
    quote = "`" if "mysql" in kind else '"'
    listed = next(text for part, text in _TABLES.items() if part in kind)
    tables = await client.execute_query_dict(listed)
    for table in sorted(str(next(iter(dict(row).values()))) for row in tables):
        found = await client.execute_query_dict(f"SELECT * FROM {quote}{table}{quote}")
        rows = sorted(repr(sorted(dict(row).items())) for row in found)
        outcome.rows[f"{name}.{table}"] = rows


def _forget() -> None:
    """The ORM keeps statements by table and, before 1.0, connections: those of the last program."""
    from tortoise import connections
    from tortoise.backends.base.executor import EXECUTOR_CACHE

    EXECUTOR_CACHE.clear()
    with contextlib.suppress(Exception):  # of 1.x, which has none before it is initialized
        connections._db_config.clear()


def _module(path: str) -> str:
    return re.sub(r"(/__init__)?\.py\Z", "", path).replace("/", ".")


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Within the block, raise ``_TooLongError`` when the time is over."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    # More than once: what is raised in a callback of the database's driver is lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main(urls: list[str]) -> None:
    """Answer programs until there are no more."""
    warnings.simplefilter("ignore")  # programs leave coroutines that nobody awaits
    logging.getLogger("tortoise").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    player, answers = Player(urls), sys.stdout
    for line in sys.stdin:
        # Whatever holds a program up, the others come to their turn.
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        answers.write(json.dumps(asdict(player.play(Job(**json.loads(line))))) + "\n")
        answers.flush()
        faulthandler.cancel_dump_traceback_later()
    # A program that was stopped may have left a thread that never ends.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
