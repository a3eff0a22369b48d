"""Random programs: models, rows, helper functions, and functions that the tool has to judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import schema
from .blocks import statement
from .parts import parts
from .writer import Shared, Writer

if TYPE_CHECKING:
    from random import Random

    from .schema import Spec


@dataclass(frozen=True)
class Program:
    """A program, with the marks of its flaws; see ``flaws``.

    Attributes:
        files: Source by path.
        apps: The modules with models.
        seed: The statements that fill the tables.
        connections: How many connections it has.
        through: The tables of many-to-many relations, each with those that it connects.
        unsafe: Whether unsafe repairs are applied to it; it then has nothing that they rest on
            not being there.
        start: The module that has ``main``.
    """

    files: dict[str, str]
    apps: list[str]
    seed: list[str]
    connections: int = 1
    through: dict[str, frozenset[str]] = field(default_factory=dict)
    unsafe: bool = False
    start: str = "app.main"

    def __str__(self) -> str:
        parts = [f"# {path}\n{text}" for path, text in self.files.items() if text]
        return "\n".join((*parts, "# seed", *self.seed))


@dataclass(frozen=True)
class Weights:
    """What kind of programs there shall be.

    Attributes:
        ordered: Whether every model has an order, for a database that gives rows in any.
        loops: Whether nearly everything is a loop over rows and their relations.
        unsafe: The share of programs to which unsafe repairs are applied.
    """

    ordered: bool = False
    loops: bool = False
    unsafe: float = 0.0


def program(random: Random, weights: Weights = Weights()) -> Program:
    """A random program."""
    unsafe, ordered = random.random() < weights.unsafe, weights.ordered
    found = schema.specs(random, ordered or unsafe)
    files = {"app/__init__.py": "", **schema.model_files(found)}
    connections = 2 if not ordered and random.random() < 0.12 else 1
    aliases, imports = _imports(random, found)
    shared = Shared(random, found, aliases, connections, weights.loops, unsafe)
    names, functions = [], []
    functions += parts(shared)
    for number in range(random.choice((1, 1, 2))):
        names.append(f"f{number}")
        functions.append(_function(shared, names[-1]))
    files["app/helpers.py"] = _HELPERS
    files["app/services.py"] = "\n".join((_IMPORTS, imports, "", "", *functions))
    files["app/main.py"] = _MAIN.replace("FUNCTIONS", ", ".join(f"services.{n}" for n in names))
    files["app/config.py"] = _config(connections, found)
    apps = sorted({spec.module.removesuffix(".py").replace("/", ".") for spec in found})
    through = {
        table: frozenset((spec.table, target.table))
        for spec in found
        for table, _, _, target in spec.through
    }
    return Program(files, apps, schema.rows(random, found), connections, through, unsafe)


def _function(shared: Shared, name: str) -> str:
    at = Writer(shared)
    atomic = shared.connections == 1 and at.chance(0.07)
    for _ in range(at.pick((1, 2, 2, 3, 3))):
        statement(at)
    head = f"async def {name}(out, kept):"
    lines = ["@atomic()" if atomic else "", head, *at.lines, "    return out"]
    return "\n".join(line for line in lines if line) + "\n\n"


_IMPORTS = """\
import asyncio
import logging

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.query_utils import Prefetch
from tortoise.transactions import atomic, in_transaction

from app import helpers"""
_HELPERS = """\
import logging


def label(row):
    return f"{row.name}:{row.size}" if row else "-"


async def read(row, name):
    return [one.id for one in await getattr(row, name).all()]


async def one(row, name):
    return await getattr(row, name)


async def size_of(row):
    return row.size


async def names(row):
    return [one.name for one in await type(row).all().order_by("id")]


async def store(row):
    row.size = 4
    await row.save()


async def count_all(model):
    return await model.all().count()
"""
_MAIN = """\
from app import services


async def main():
    results = []
    for function in (FUNCTIONS,):
        out, kept = [], []
        try:
            await function(out, kept)
        except Exception as error:
            out.append(f"{type(error).__name__}: {error}")
        results.append((out, kept))
    return results
"""


def _config(connections: int, found: list[Spec]) -> str:
    second = ', "second": "sqlite://:memory:"' if connections > 1 else ""
    modules = sorted({spec.module.removesuffix(".py").replace("/", ".") for spec in found})
    return (
        "TORTOISE_ORM = {\n"
        f'    "connections": {{"default": "sqlite://:memory:"{second}}},\n'
        f'    "apps": {{"models": {{"models": {modules!r}, "default_connection": "default"}}}},\n'
        "}\n"
    )


_STYLES = (
    "{N}|from app.{m} import {N}", "{N}|from app.{m} import {N}", "{N}|from .{m} import {N}",
    "{N}_|from .{m} import {N} as {N}_", "{m}.{N}|from app import {m}", "{m}.{N}|from . import {m}",
    "m_{m}.{N}|import app.{m} as m_{m}",
)  # fmt: skip


def _imports(random: Random, found: list[Spec]) -> tuple[dict[int, str], str]:
    """How the functions name each model, and the imports that this takes."""
    aliases, lines = {}, {"log = logging.getLogger('program')"}
    for spec in found:
        module = spec.module.removesuffix(".py").rpartition("/")[2]
        style = random.choice(_STYLES).replace("{N}", spec.name).replace("{m}", module)
        aliases[id(spec)], _, line = style.partition("|")
        lines.add(line)
    return aliases, "\n".join(sorted(lines, key=lambda line: (line.startswith("log"), line)))
