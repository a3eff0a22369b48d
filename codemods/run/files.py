"""Which files a run looks at, and which of them the user asked for.

A run indexes every Python file below the project root, whatever part of it the user names: models
and configurations live elsewhere. Git says what belongs to the project where there is git, else the
``.gitignore`` files do.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..source import Fault
from . import git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_BYTES = 2_000_000  #: a larger file is generated, or data

_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py")
_INSTALLED = frozenset({"site-packages", "dist-packages", "node_modules"})
_NEVER = {
    **dict.fromkeys(_INSTALLED, "installed packages"),
    **dict.fromkeys(("build", "dist", ".eggs", "__pypackages__"), "build output"),
    **dict.fromkeys((".tox", ".nox"), "virtual environments"),
}
# Of these nobody wants to hear that they were left out.
_SILENTLY = frozenset(
    {".git", ".hg", ".svn", ".jj", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
    | {".hypothesis", ".ipynb_checkpoints", ".pytype", ".pyre"}
)
_VENV_NAMES = frozenset({".venv", "venv", ".env", "env", ".virtualenv", "virtualenv"})
_VENV_CONTENT = ("bin/activate", "Scripts/activate", "bin/python", "lib/site-packages", "lib64")
_AERICH_NAME = re.compile(r"\d+_\d{14}_.*\.py\Z")
_MIGRATION_CLASS = re.compile(rb"^class Migration\(", re.MULTILINE)


class Skipped(NamedTuple):
    """A file or a folder that a run leaves out, with a reason that completes "skipped: ..."."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The Python files of a project, as POSIX paths relative to its root, sorted.

    A byte of a file name that is not UTF-8 appears as a lone surrogate, as in ``os.fsdecode``.

    Attributes:
        root: The project root, absolute and without symbolic links.
        files: Everything that the index is built from.
        large: Files above ``MAX_BYTES``, which are not read.
        skipped: What was left out for another reason than being ignored, excluded or a cache.
        faults: Folders that could not be listed.
    """

    root: Path
    files: tuple[str, ...]
    large: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    faults: tuple[Fault, ...] = ()


def find_root(paths: Sequence[Path]) -> Path:
    """The root of the project that the paths, which need not exist, belong to.

    It is the nearest folder above all of them with a ``.git``, else the nearest with a file that
    declares a project, else their common folder. The search does not leave a virtual environment
    or a folder of installed packages: these are no part of the project around them.
    """
    start = Path(os.path.commonpath([os.path.realpath(path) for path in paths or (Path(),)]))
    if not start.is_dir():
        start = start.parent
    above = _within_environment([start, *start.parents])
    for markers in ((".git",), _MARKERS):
        for folder in above:
            if _has_any(str(folder), markers):
                return folder
    return start


def _within_environment(above: list[Path]) -> list[Path]:
    """A folder and those above it, nearest first, cut off where installed packages begin."""
    for number, folder in enumerate(above):
        if folder.name in _INSTALLED or _has_any(str(folder), ("pyvenv.cfg",)):
            own_project = number == 0 or _has_any(str(folder), (".git", *_MARKERS))
            return above[: number + own_project]
    return above


def _has_any(folder: str, names: Iterable[str]) -> bool:
    return any(os.path.lexists(f"{folder}/{name}") for name in names)


def select(root: Path, exclude: Sequence[str] = (), named: Sequence[Path] = ()) -> Selection:
    """All Python files below a root.

    Left out are what git ignores, virtual environments, installed packages, build output, caches,
    migrations of aerich or Tortoise, symbolic links, and what matches a pattern of ``exclude``,
    read as in a ``.gitignore`` at the root. A link to a file inside the root adds nothing: the
    file is there by its own path.

    Args:
        root: The project root.
        exclude: Patterns of paths to leave out.
        named: What the user named. A file among them is taken even if it is ignored or excluded,
            whatever its name ends with, unless it is a migration; a folder is looked into even if
            it is one of those that are left out.
    """
    top = os.path.realpath(root)
    sorter = _Sorter(top, exclude)
    folders, taken = _named(top, named)
    sorter.folders.update(dict.fromkeys(folders, ""))
    listed = git.listed(top) or set(sorter.walk(""))
    for folder in folders:
        if folder and not any(path.startswith(f"{folder}/") for path in listed):
            listed.update(sorter.walk(folder))
    return sorter.sort(listed, taken)


def _named(top: str, named: Iterable[Path]) -> tuple[set[str], set[str]]:
    """The folders and the files among what the user named, as paths relative to the root."""
    folders, files = {""}, set()
    for path in named:
        relative = _relative(top, path)
        if relative is None:
            continue
        if path.is_dir():
            folders.add(relative)
        elif path.is_file():
            files.add(relative)
    return folders, files


def _relative(top: str, path: Path) -> str | None:
    """The path below the root, with links resolved; empty for the root, None outside of it."""
    real = os.path.realpath(path)
    if real == top:
        return ""
    prefix = top.rstrip(os.sep) + os.sep
    return real[len(prefix) :].replace(os.sep, "/") if real.startswith(prefix) else None


class _Sorter:
    """Decides about each path that was listed, with the decisions about folders remembered."""

    def __init__(self, top: str, exclude: Sequence[str]) -> None:
        from .globs import pattern

        self.top = top.rstrip("/")
        self.exclude = [pattern(glob) for glob in exclude]
        self.folders: dict[str, str] = {"": ""}  # folder -> why it is left out, or nothing
        self.skipped: list[Skipped] = []
        self.faults: list[Fault] = []
        self._migrations: dict[str, bool] = {}

    def sort(self, listed: set[str], taken: set[str]) -> Selection:
        """What to do with each of the paths; those in ``taken`` were named by the user."""
        files: list[str] = []
        large: list[str] = []
        for path in sorted(listed | taken):
            if path not in taken and (self.why(path.rpartition("/")[0]) or self._excluded(path)):
                continue
            try:
                status = os.lstat(f"{self.top}/{path}")
            except (FileNotFoundError, NotADirectoryError):
                continue  # in git's index, but deleted
            except OSError as error:
                self.faults.append(Fault(path, 0, f"cannot be read: {error.strerror}"))
                continue
            if stat.S_ISLNK(status.st_mode):
                self._skip_link(path, listed)
            elif not stat.S_ISREG(status.st_mode):
                continue
            elif status.st_size > MAX_BYTES:
                large.append(path)
            elif reason := self._migration(path):
                self.skipped.append(Skipped(path, reason))
            else:
                files.append(path)
        skipped = tuple(sorted(self.skipped))
        return Selection(
            Path(self.top or "/"), tuple(files), tuple(large), skipped, tuple(self.faults)
        )

    def walk(self, folder: str) -> Iterator[str]:
        """The Python files in and below a folder, without what its ``.gitignore`` files ignore."""
        from .gitignore import walk

        return walk(self.top, folder, lambda below: not self.why(below), self.faults)

    def why(self, folder: str) -> str:
        """Why a folder is left out; empty when it is not."""
        known = self.folders.get(folder)
        if known is None:
            parent, _, name = folder.rpartition("/")
            known = self.why(parent)
            if not known:
                known = self._own_reason(folder, name)
                if known and name not in _SILENTLY:
                    self.skipped.append(Skipped(folder, known))
            self.folders[folder] = known
        return known

    def _own_reason(self, folder: str, name: str) -> str:
        full = f"{self.top}/{folder}"
        if name in _SILENTLY:
            return "no source"
        if name in _NEVER or name.endswith(".egg-info"):
            return _NEVER.get(name, "build output")
        if os.path.islink(full):  # noqa: PTH114
            return "a symbolic link to a folder"
        if _has_any(full, ("pyvenv.cfg", "conda-meta")):
            return "a virtual environment"
        if name in _VENV_NAMES and _has_any(full, _VENV_CONTENT):
            return "a virtual environment"
        return ""

    def _excluded(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self.exclude)

    def _skip_link(self, path: str, listed: set[str]) -> None:
        try:
            target = os.path.realpath(f"{self.top}/{path}", strict=True)
        except OSError:
            self.skipped.append(Skipped(path, "a symbolic link that leads nowhere or in a circle"))
            return
        if not target.startswith(f"{self.top}/"):
            self.skipped.append(Skipped(path, "a symbolic link out of the project"))
        elif target[len(self.top) + 1 :] not in listed:
            self.skipped.append(Skipped(path, "a symbolic link to what is not looked at"))

    def _migration(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        if _AERICH_NAME.match(name):
            return "a migration of aerich"
        below = self._migrations.get(folder)
        if below is None:
            below = self._migrations[folder] = "migrations" in folder.split("/")
        if below and _declares_migration(f"{self.top}/{path}"):
            return "a migration of Tortoise"
        return ""


def _declares_migration(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except OSError:
        return False  # whoever reads the file next says so
    return bool(_MIGRATION_CLASS.search(data)) and b"tortoise" in data


def requested(selection: Selection, paths: Sequence[Path]) -> frozenset[str] | Fault:
    """The files of a selection that the user asked for by naming these files and folders.

    The selection must have been made with the same ``named`` paths. Returns a Fault for the first
    path that does not exist, lies outside the root, or is a file too large to be read. A named
    file that was skipped is not in the result; ``selection.skipped`` says why.
    """
    top = str(selection.root)
    files = frozenset(selection.files)
    wanted: set[str] = set()
    for path in paths:
        relative = _relative(top, path)
        if not path.exists():
            return Fault(str(path), 0, "does not exist")
        if relative is None:
            return Fault(str(path), 0, f"lies outside of the project root {top}")
        if relative in selection.large:
            return Fault(str(path), 0, f"is larger than {MAX_BYTES // 1_000_000} MB")
        if relative in files:
            wanted.add(relative)
        elif path.is_dir():
            prefix = f"{relative}/" if relative else ""
            wanted.update(file for file in files if file.startswith(prefix))
    return frozenset(wanted)
