"""Random programs: what their models are, what their functions do, and how they name things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .body import Body, Helper
from .models import Spec, model_files, specs
from .repositories import repositories

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Program:
    """A program that ``run`` can run.

    Attributes:
        files: Source by path.
        apps: The modules with models, by app.
        start: The module that has ``main``.
        silent: The files of which nothing is to be learnt.
    """

    files: dict[str, str]
    apps: dict[str, list[str]]
    start: str = "app.main"
    silent: frozenset[str] = frozenset({"app/main.py"})

    def __str__(self) -> str:
        return "\n".join(f"# {path}\n{text}" for path, text in self.files.items() if text)


def program(random: Random) -> Program:
    """A random program; it mostly runs without an error."""
    found = specs(random)
    files = {"app/__init__.py": "", **model_files(random, found)}
    aliases, imports = _imports(random, found, files)
    body = Body(random, found, aliases)
    shared = _module_level(random, body)
    if random.random() < 0.5:
        shared = f"{shared}\n{repositories(body)}"
    helpers = [body.function(f"f{n}") for n in range(random.randint(2, 3))]
    services = [_SERVICES, imports, shared, _LOGGED.replace("{M}", body.alias(body.specs[0]))]
    services += [helper.source for helper in helpers]
    files["app/services.py"] = "\n".join(services)
    files["app/main.py"] = _main(random, found, helpers)
    apps: dict[str, list[str]] = {}
    for spec in found:
        name = spec.module.removesuffix(".py").replace("/", ".")
        if name not in apps.setdefault(spec.app, []):
            apps[spec.app].append(name)
    return Program(files, apps)


_SERVICES = """\
import asyncio
import itertools
from contextlib import suppress
from tortoise.transactions import atomic, in_transaction
FLIPS = itertools.cycle([True, False, False, True, True, True, False])
def flip():
    return next(FLIPS)
def same(value):
    return value
class Holder:
    kept = None
    def __init__(self, value):
        self.value = value
        self.kept = 1
    @property
    def both(self):
        return [self.value]
    def get(self):
        return self.value
    def put(self, value):
        self.value = value
        return self
"""


_LOGGED = """\
def logged(function):
    async def inner(*given, **named):
        with suppress(Exception):
            await {M}.create(name="logged")
        return await function(*given, **named)
    return inner
async def stream():
    async for row in {M}.all():
        yield row
"""


def _module_level(random: Random, body: Body) -> str:
    """Names that the functions share."""
    lines = []
    if random.random() < 0.5:
        spec = random.choice(body.specs)
        lines.append(f"SHARED = {body.alias(spec)}")
        body.globals.append(("SHARED", "model", spec))
    if random.random() < 0.3:
        lines.append("counter = 0")
    return "\n".join(lines)


def _imports(
    random: Random, found: list[Spec], files: dict[str, str]
) -> tuple[dict[int, str], str]:
    """How the functions name each model, and the imports that this takes."""
    aliases: dict[int, str] = {}
    lines: list[str] = []
    for spec in found:
        module = spec.module.removesuffix(".py").rpartition("/")[2]
        taken = list(aliases.values())
        style = random.choice(_STYLES)
        alias, line = style(spec.name, module, files)
        if alias in taken:
            alias, line = f"{spec.name}As", f"from app.{module} import {spec.name} as {spec.name}As"
        aliases[id(spec)] = alias
        lines.append(line)
    # A star import first: what is imported by name afterwards wins over it.
    return aliases, "\n".join(sorted(sorted(set(lines)), key=lambda line: "*" not in line))


_Style = Callable[[str, str, dict[str, str]], tuple[str, str]]


def _reexported(name: str, module: str, files: dict[str, str]) -> tuple[str, str]:
    line = f"from .{module} import {name}\n"
    others = [x for x in files["app/__init__.py"].splitlines() if x.endswith(f" {name}")]
    if not others:
        files["app/__init__.py"] += line
    if others and others[0] != line.strip():
        return name, f"from app.{module} import {name}"
    return name, f"from app import {name}"


_STYLES: tuple[_Style, ...] = (
    lambda name, module, files: (name, f"from app.{module} import {name}"),
    lambda name, module, files: (name, f"from .{module} import {name}"),
    lambda name, module, files: (f"{name}_", f"from .{module} import {name} as {name}_"),
    lambda name, module, files: (f"{module}.{name}", f"from . import {module}"),
    lambda name, module, files: (f"{module}.{name}", f"from app import {module}"),
    lambda name, module, files: (f"app.{module}.{name}", f"import app.{module}"),
    lambda name, module, files: (f"m_{module}.{name}", f"import app.{module} as m_{module}"),
    _reexported,
)


def _main(random: Random, found: list[Spec], helpers: list[Helper]) -> str:
    """Rows for every model, then every function a few times."""
    lines = ["from contextlib import suppress", "from app import services", "async def main():"]
    for index, spec in enumerate(found):
        module = spec.module.removesuffix(".py").replace("/", ".")
        lines.insert(0, f"from {module} import {spec.name} as M{index}")
        for number in range(random.choice((1, 2, 2, 3))):
            keys = _keys(found, spec)
            create = f'await M{index}.create(name="r{number}", size={number}{keys})'
            lines.append(f"    with suppress(Exception):\n        {create}")
        lines += [
            f"    for row in await M{index}.all():\n        await row.{many}.add(*await"
            f" M{_index(found, target)}.all())"
            for many, target in spec.many.items()
            if many.startswith("m2m")
        ]
    for _ in range(2):
        for helper in helpers:
            arguments = ", ".join(
                kind if spec is None else f"await M{_index(found, spec)}.all().{kind}"
                for kind, spec in helper.arguments
            )
            wait = "await " if helper.is_async else ""
            call = f"{wait}services.{helper.name}({arguments})"
            lines.append(f"    with suppress(Exception):\n        {call}")
    return "\n".join(lines) + "\n"


def _keys(found: list[Spec], spec: Spec) -> str:
    parts = []
    for name, target in spec.keyed.items():
        place = f"await M{_index(found, target)}"
        free = f"filter({_unused(spec, name)}=None).first()"
        unused = free if name.startswith("o2o") else "first()"
        parts.append(f", {name}={place}.{unused}")
    return "".join(parts)


def _unused(spec: Spec, name: str) -> str:
    return f"back{name.removeprefix('o2o')}"


def _index(found: list[Spec], spec: Spec) -> int:
    return next(index for index, other in enumerate(found) if other is spec)
