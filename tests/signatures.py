"""Reads the API of published tortoise-orm releases from their wheels, without importing them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

RELEASES = ("0.17.8", "0.20.1", "0.21.7", "0.25.4", "1.0.0", "1.1.9")
_DISTRIBUTION = "tortoise-orm"


@dataclass(frozen=True)
class Signature:
    """One function or method as its source declares it.

    Attributes:
        positional: The parameters that can be passed by position, without ``self`` or ``cls``.
        keyword_only: The parameters that can only be passed by keyword.
        extra: Whether it takes other keywords (``**kwargs``).
        coroutine: Whether it is an ``async def`` that does not yield.
        bound_to_class: Whether it is a class method or a static method.
        is_property: Whether it is read without a call.
        returns: The source of its return annotation, without quotes.
        body: Its node.
    """

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    extra: bool
    coroutine: bool
    bound_to_class: bool
    is_property: bool
    returns: str
    body: ast.FunctionDef | ast.AsyncFunctionDef = field(repr=False, compare=False)

    @property
    def names_called(self) -> set[str]:
        """The last name of everything that its body calls."""
        calls = (node.func for node in ast.walk(self.body) if isinstance(node, ast.Call))
        return {ast.unparse(call).rpartition(".")[2] for call in calls}


class Library:
    """The source of one release.

    Args:
        wheel: The path of its wheel.
    """

    def __init__(self, wheel: Path) -> None:
        self.release = wheel.name.split("-")[1]
        self._sources: dict[str, bytes] = {}
        self._bound: dict[str, dict[str, str | ast.stmt]] = {}
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.startswith("tortoise/") and name.endswith(".py"):
                    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                    self._sources[module] = archive.read(name)

    def modules(self) -> set[str]:
        """The dotted names of all modules."""
        return set(self._sources)

    def bound(self, module: str) -> dict[str, str | ast.stmt]:
        """What the names of a module stand for at run time: a definition, or a dotted origin."""
        if module not in self._bound:
            tree = ast.parse(self._sources.get(module, b""))
            self._bound[module] = _bound_names(tree.body)
        return self._bound[module]

    def resolve(self, dotted: str) -> str | None:
        """The dotted name under which a thing is defined, following imports; None if absent."""
        for _ in range(10):
            module, _, name = dotted.rpartition(".")
            target = self.bound(module).get(name)
            if not isinstance(target, str):
                return dotted if target is not None else None
            dotted = target
        return None

    def definition(self, dotted: str) -> ast.stmt | None:
        """The statement that defines a thing of a module."""
        place = self.resolve(dotted)
        if place is None:
            return None
        module, _, name = place.rpartition(".")
        target = self.bound(module)[name]
        return target if isinstance(target, ast.stmt) else None

    def function(self, dotted: str) -> Signature | None:
        """The signature of a function, or of a method of a class."""
        node = self.definition(dotted)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return _signature(node, method=False)
        owner, _, name = dotted.rpartition(".")
        return self.members(owner).get(name) if self.definition(owner) else None

    def members(self, dotted: str) -> dict[str, Signature]:
        """The methods and properties of a class, with those of its bases; empty if it is absent."""
        node = self.definition(dotted)
        if not isinstance(node, ast.ClassDef):
            return {}
        module = (self.resolve(dotted) or "").rpartition(".")[0]
        found: dict[str, Signature] = {}
        for base in reversed(node.bases):
            head = base.value if isinstance(base, ast.Subscript) else base
            found.update(self.members(f"{module}.{ast.unparse(head)}"))
        found.update(_methods_of(node))
        return found

    def attributes(self, dotted: str) -> set[str]:
        """The names that a class and its bases assign, in their bodies or on ``self``."""
        node = self.definition(dotted)
        if not isinstance(node, ast.ClassDef):
            return set()
        stores = {
            n.attr if isinstance(n, ast.Attribute) else n.id
            for n in ast.walk(node)
            if isinstance(n, ast.Attribute | ast.Name) and isinstance(n.ctx, ast.Store)
        }
        module = (self.resolve(dotted) or "").rpartition(".")[0]
        for base in node.bases:
            head = base.value if isinstance(base, ast.Subscript) else base
            stores |= self.attributes(f"{module}.{ast.unparse(head)}")
        return stores | set(_methods_of(node))


def _bound_names(body: list[ast.stmt]) -> dict[str, str | ast.stmt]:
    names: dict[str, str | ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update({t.id: node for t in targets if isinstance(t, ast.Name)})
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tortoise"):
            names.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
        elif isinstance(node, ast.Try | ast.If) and not _for_checkers(node):
            names.update(_bound_names(node.body))
    return names


def _for_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _methods_of(node: ast.ClassDef) -> dict[str, Signature]:
    found = {}
    for item in node.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {ast.unparse(d).rpartition(".")[2] for d in item.decorator_list}
            if not decorators & {"overload", "setter"}:
                found[item.name] = _signature(item, method=True)
    return found


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> Signature:
    decorators = {ast.unparse(d).rpartition(".")[2] for d in node.decorator_list}
    positional = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    if method and "staticmethod" not in decorators:
        positional = positional[1:]
    yields = any(isinstance(n, ast.Yield) for n in ast.walk(node))
    return Signature(
        tuple(positional),
        tuple(a.arg for a in node.args.kwonlyargs),
        node.args.kwarg is not None,
        isinstance(node, ast.AsyncFunctionDef) and not yields,
        bool(decorators & {"classmethod", "staticmethod"}),
        bool(decorators & {"property", "classproperty"}),
        ast.unparse(node.returns).strip("'\"") if node.returns else "",
        node,
    )


def library(release: str) -> Library:
    """The source of a release; ``"newest"`` asks the index which one that is.

    Raises AssertionError, so that a test fails, where the release cannot be downloaded.
    """
    found = _read(release)
    if isinstance(found, str):
        raise AssertionError(found)
    return found


@cache
def _read(release: str) -> Library | str:
    """The source of a release, or why there is none; either is found out once."""
    folder = _cache_folder() / release
    kept = list(folder.glob("*.whl")) if release != "newest" else []
    requirement = _DISTRIBUTION if release == "newest" else f"{_DISTRIBUTION}=={release}"
    wheel = kept[0] if kept else _download(requirement, folder)
    return Library(wheel) if isinstance(wheel, Path) else wheel


def _download(requirement: str, folder: Path) -> Path | str:
    """The wheel that pip downloads into a folder, or what it says instead."""
    folder.mkdir(parents=True, exist_ok=True)
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps")
    done = subprocess.run(
        (*command, "--only-binary=:all:", "--dest", str(folder), requirement),
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = [wheel for wheel in folder.glob("*.whl") if wheel.name in done.stdout]
    if done.returncode or not wheels:
        reason = done.stderr.strip() or done.stdout.strip()
        return f"pip could not download {requirement}, which this test reads:\n{reason}"
    return wheels[0]


def _cache_folder() -> Path:
    """Where the wheels are kept between runs, outside the repository."""
    chosen = os.environ.get("TORTOISE_FIX_TEST_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "tortoise-fix" / "wheels"
