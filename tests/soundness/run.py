"""Runs an instrumented program on SQLite in memory and says what contradicted inference."""

from __future__ import annotations

import asyncio
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import re
import signal
import sqlite3
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise_fix.codemods.orm.types import UNKNOWN
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module

from .compare import Comparison
from .instrument import ENTER, FETCHED, LEAVE, ROWS, SEE, TAG, Sight, instrument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from types import CodeType, ModuleType

    from tortoise_fix.codemods.project.symbols import Class
    from tortoise_fix.codemods.source import Fault

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLAC", "CREATE", "DROP T", "ALTER "})
#: The table that a statement writes rows of.
_TABLE = re.compile(
    r"\s*(?:(?:INSERT|REPLACE)\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)",
    re.IGNORECASE,
)

SECONDS = 10  #: after which a program is stopped


@dataclass(frozen=True)
class Contradiction:
    """A value that is not what inference says, or a write that it does not allow."""

    sight: Sight
    value: str

    def __str__(self) -> str:
        line, column = self.sight.where[:2]
        written = ", ".join(sorted(one.qualname for one in self.sight.written))
        allowed = f"no write but of {written}" if written else "no write"
        what = allowed if self.sight.said == UNKNOWN else str(self.sight.said)
        where = f"{self.sight.path}:{line}:{column}"
        return f"{where}: {self.sight.text}\n    said: {what}\n    is:   {self.value}"


@dataclass
class Result:
    """What one run showed.

    Attributes:
        contradictions: All that were seen, each place once.
        expressions: The expressions of the program, without literals and annotations.
        decided: Those among them of which inference says something.
        checked: The places whose value was compared at least once.
        values: How many values were compared.
        regions: How many times a region was left that is said not to write, or which tables.
        writing: How many of these are said to write some.
        error: What ended the program early, or an empty string.
    """

    contradictions: list[Contradiction] = field(default_factory=list)
    expressions: int = 0
    decided: int = 0
    checked: int = 0
    values: int = 0
    regions: int = 0
    writing: int = 0
    error: str = ""


class _TooLongError(BaseException):
    """A program runs without end. No ``Exception``: programs catch those, and go on."""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Within the block, raise ``_TooLongError`` when the time is over."""

    def stop(number: int, frame: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    # More than once: what is raised in a callback of the database's driver is lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Database:
    """Collects the tables that statements write, on whatever connection.

    A statement that changes the tables themselves counts as a write of a table without a name.
    """

    def __init__(self) -> None:
        self.writes: list[str] = []

    def __call__(self, statement: str) -> None:
        if statement.lstrip()[:6].upper() in _WRITES:
            table = _TABLE.match(statement)
            self.writes.append(table[1] if table else "")


class _Observer:
    """What the instrumented program calls."""

    def __init__(self, sights: list[Sight], database: _Database) -> None:
        self._sights = sights
        self._database = database
        self._comparison = Comparison(module_name, self._tagged)
        self._tags: dict[int, tuple[object, set[object]]] = {}
        self._found: dict[int, Contradiction] = {}
        self.seen: set[int] = set()
        self.result = Result()

    def names(self) -> dict[str, Any]:
        """The names under which a program's modules know this object."""
        tags = {TAG: self.tag, ROWS: self.rows, FETCHED: self.fetched}
        return {SEE: self.see, ENTER: self.enter, LEAVE: self.leave, **tags}

    def see(self, number: int, value: Any) -> Any:
        """Compare a value, and give it back."""
        sight = self._sights[number]
        if sight.origin is not None:
            self.tag(number, value)
        self.seen.add(number)
        self.result.values += 1
        if not self._comparison.holds(value, sight.said, sight.path):
            self._contradict(number, _short(value))
        return value

    def tag(self, number: int, value: Any) -> None:
        """Remember where rows, or a connection, come from."""
        sight = self._sights[number]
        if isinstance(value, list | tuple):
            for element in value:
                self.tag(number, element)
        elif value is not None:
            _, places = self._tags.setdefault(id(value), (value, set()))
            places.add((sight.path, sight.origin))

    async def rows(self, number: int, rows: Any) -> AsyncIterator[Any]:
        """The rows of an ``async for``, each with the memory of where it came from."""
        async for row in rows:
            self.tag(number, row)
            yield row

    def fetched(self, number: int, rows: Any) -> Iterator[Any]:
        """The rows of a ``for`` over a relation, each with the memory of where it came from."""
        for row in rows:
            self.tag(number, row)
            yield row

    def enter(self, number: int) -> int | None:
        """How much has been written; None where others run at the same time."""
        return len(self._database.writes) if len(asyncio.all_tasks()) == 1 else None

    def leave(self, number: int, before: int | None, value: Any) -> Any:
        """Compare with what has been written by now, and give the value back."""
        if before is not None:
            written = self._sights[number].written
            self.result.regions += 1
            self.result.writing += bool(written)
            wrong = set(self._database.writes[before:]) - self._tables(written)
            if wrong:
                self._contradict(number, f"writes of {sorted(wrong)}")
        return value

    def _tables(self, models: Iterable[Class]) -> set[str]:
        """The tables of models, and those that link them to others."""
        tables = set()
        for symbol in models:
            meta = self._comparison.resolve(symbol)._meta
            tables.add(meta.db_table)
            tables |= {meta.fields_map[name].through for name in meta.m2m_fields}
        return tables

    def _tagged(self, value: object, path: str, places: Iterable[object]) -> bool:
        _, known = self._tags.get(id(value), (None, set()))
        return any((path, one) in known for one in places)

    def _contradict(self, number: int, value: str) -> None:
        self._found.setdefault(number, Contradiction(self._sights[number], value))

    def finish(self) -> Result:
        """The result of the run."""
        self.result.contradictions = list(self._found.values())
        self.result.checked = len(self.seen)
        return self.result


class _Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules of one program from memory.

    Args:
        code: By module name.
        packages: The names that are packages.
        names: What every module knows from the start.
    """

    def __init__(
        self, code: Mapping[str, CodeType], packages: frozenset[str], names: Mapping[str, Any]
    ) -> None:
        self._code = code
        self._packages = packages
        self._names = names

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._code:
            return None
        is_package = fullname in self._packages
        return importlib.util.spec_from_loader(fullname, self, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self._names)
        exec(self._code[module.__name__], vars(module))

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within the block, the program can be imported."""
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            for name in self._code:
                sys.modules.pop(name, None)


def module_name(path: str) -> str:
    """The name under which a file of a program is imported."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def project_of(files: Mapping[str, str], target: str = "1.1.9") -> Project:
    """The index over a program that is not on disk."""

    def read(path: str) -> bytes | Fault:
        return files[path].encode()

    return Project(Path("/nonexistent"), files, read, target)


def run(
    files: Mapping[str, str],
    apps: Mapping[str, list[str]],
    start: str,
    project: Project | None = None,
    silent: frozenset[str] = frozenset(),
) -> Result:
    """Run ``async def main()`` of a program, with everything it does compared.

    Args:
        files: Source by POSIX path; a package needs its ``__init__.py``.
        apps: The names of the modules with models, by app.
        start: The name of the module that has ``main``.
        project: What is known of the program; by default the index over its files.
        silent: Paths whose expressions are not looked at.
    """
    project = project or project_of(files)
    sights: list[Sight] = []
    database = _Database()
    observer = _Observer(sights, database)
    code = {}
    for path in sorted(files):
        module = project.module(path)
        if not isinstance(module, Module):
            raise SyntaxError(f"{path}: {module}")
        if path in silent:
            code[module_name(path)] = compile(module.tree, path, "exec")
            continue
        instrumented = instrument(module, sights)
        observer.result.expressions += instrumented.expressions
        code[module_name(path)] = compile(instrumented.tree, path, "exec")
    observer.result.decided = sum(sight.said != UNKNOWN for sight in sights)
    packages = frozenset(module_name(p) for p in files if p.endswith("__init__.py"))
    with _Importer(code, packages, observer.names()).installed(), _listening(database):
        try:
            with _limited(SECONDS):
                observer.result.error = asyncio.run(_play(apps, start))
        except _TooLongError:
            observer.result.error = "it ran too long"
    return observer.finish()


async def _play(apps: Mapping[str, list[str]], start: str) -> str:
    """What ended the program early, or an empty string."""
    config = {
        "connections": {"default": "sqlite://:memory:"},
        "apps": {app: {"models": models} for app, models in apps.items()},
    }
    client = None
    EXECUTOR_CACHE.clear()  # it keeps the statements of a table by name, also of the last program
    try:
        await Tortoise.init(config=config)
        client = Tortoise.get_connection("default")
        await Tortoise.generate_schemas()
        await importlib.import_module(start).main()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        # Where a program was left in the middle of a transaction, the library closes only that.
        with suppress(Exception):
            await Tortoise.close_connections()
        if client is not None:
            await client.close()
    return ""


@contextmanager
def _listening(database: _Database) -> Iterator[None]:
    """Within the block, every statement of every connection is counted."""
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(database)
        return connection

    logging.getLogger("tortoise").setLevel(logging.ERROR)
    sqlite3.connect = traced  # type: ignore[assignment]
    try:
        yield
    finally:
        sqlite3.connect = connect


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # a row that was never saved has no name to show
        text = "..."
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    return f"{kind} {text if len(text) < 120 else text[:117] + '...'}"
