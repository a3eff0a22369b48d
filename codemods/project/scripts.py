"""Scripts, recipes, manifests and notebooks, which may name something of a project's Python."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .index import Project

#: Folders of such files that need hold no Python.
_FOLDERS = frozenset(
    {"bin", "scripts", "script", "tools", "ci", ".github", "workflows", "docker", "deploy"}
    | {"compose", "notebooks", ".vscode"}
)
#: Names without an extension, as of recipes, and those of scripts, settings and notebooks.
_NAMES = re.compile(
    r"[^.]+|\.justfile|(?:.*\.)?[Dd]ockerfile.*|(?:Makefile|Containerfile|Procfile)\..*"
    r"|.*\.(?:sh|bash|zsh|fish|ps1|bat|cmd|mk|just|ya?ml|toml|cfg|ini|conf|service|ipynb)"
    r"|package\.json|launch\.json|tasks\.json"
)
#: What every tool writes, and no person.
_LOCKS = re.compile(r".*[-.]lock(?:\.json)?|.*lock\.(?:ya?ml|toml)")
_MAX_BYTES = 5_000_000


class Script(NamedTuple):
    """One such file: its path, its size in bytes and when it changed, in nanoseconds."""

    path: str
    size: int
    changed: int


def scripts(root: Path, files: Iterable[str]) -> Iterator[Script]:
    """Such files in and above the folders of the Python files of a project, in order of folder.

    Args:
        root: The directory that all paths are relative to.
        files: POSIX paths of the Python files.
    """
    folders = _with_those_above(files)
    for folder in sorted(folders):
        yield from _listed(root, folder, folders)


def _with_those_above(files: Iterable[str]) -> set[str]:
    folders = {""}
    for path in files:
        folder = posixpath.dirname(path)
        while folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    return folders


def _listed(root: Path, folder: str, known: set[str]) -> Iterator[Script]:
    """The files of a folder, and of those in it that hold such files and no Python."""
    try:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = posixpath.join(folder, entry.name)
        if entry.name in _FOLDERS and path not in known:
            yield from _listed(root, path, known)
        elif _NAMES.fullmatch(entry.name) and not _LOCKS.fullmatch(entry.name):
            yield from _known(entry, path)


def _known(entry: os.DirEntry[str], path: str) -> Iterator[Script]:
    try:
        status = entry.stat()
    except OSError:
        return
    if stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_BYTES:
        yield Script(path, status.st_size, status.st_mtime_ns)


def named_in(project: Project, path: str, name: str) -> Iterator[str]:
    """The places, as ``path:line``, of such files that name something of a module.

    They import it, or have its name after that of the module, as in ``shop.db:connect``.
    """
    stem = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
    owner, wanted = re.escape(stem), re.escape(name)
    found = rf"\b{owner}[.:]{wanted}\b|\b{owner}[ ]+import\b[^\n]*\b{wanted}\b"
    pattern, word = re.compile(found.encode()), name.encode()
    for script, data in _contents(project):
        match = pattern.search(data) if word in data else None
        if match:
            line = data.count(b"\n", 0, match.start()) + 1
            yield f"{script}:{line}"


def _contents(project: Project) -> list[tuple[str, bytes]]:
    """All such files of a project with their bytes, read once."""
    if named_in not in project.memo:
        found = scripts(project.root, project.files)
        read = ((script.path, project.read(script.path)) for script in found)
        project.memo[named_in] = [(p, d) for p, d in read if isinstance(d, bytes)]
    known: list[tuple[str, bytes]] = project.memo[named_in]
    return known
