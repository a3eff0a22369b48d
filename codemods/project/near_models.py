"""Which files can hold objects, queries or classes of models, told without parsing any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..source import Fault
from .words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project

_FROM = re.compile(
    rb"from[\s\\]*([.\w\x80-\xff]+?)[\s\\]*import\b[ \t\\]*(\([^)]*|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)"
)
_IMPORT = re.compile(rb"import[ \t]+([^\n]*)")
_MOST = 200  #: files that one file may lead to and still be looked at more closely
_WORD = re.compile(rb"[\w\x80-\xff]+")
_DOTTED = re.compile(rb"[.\w\x80-\xff]+")


def near_models(project: Project) -> frozenset[str]:
    """The files that name a model, and of the relevant ones those that may lead to one by imports.

    Whatever else a file holds comes from elsewhere: nothing in it is known to be about a model.
    """
    if near_models not in project.memo:
        near, clear = set(_naming(project)), set[str]()
        for path in sorted(project.naming - near) if near else ():
            reached = _reached(project, path, near, clear)
            if reached is None:
                near.add(path)
            else:
                clear |= reached
        project.memo[near_models] = frozenset(near)
    found: frozenset[str] = project.memo[near_models]
    return found


def _naming(project: Project) -> Iterator[str]:
    names = {symbol.name for symbol in project.models.all()}
    if not names:
        return
    words = Words(names)
    for path in project.naming:
        data = project.read(path)
        if not isinstance(data, Fault) and words.are_in(data):
            yield path


def _reached(project: Project, start: str, near: set[str], clear: set[str]) -> set[str] | None:
    """All that a file leads to, beside what is clear; None where that is near, or too much to tell.

    A folder stands for the package, all of whose modules are reached through its name.
    """
    seen = {start}
    queue = [start]
    for path in queue:
        for target in _targets(project, path):
            if target in near or len(seen) > _MOST:
                return None
            if target not in seen and target not in clear:
                seen.add(target)
                queue.append(target)
    return seen


def _targets(project: Project, path: str) -> tuple[str, ...]:
    """What a file, or a folder, leads to directly."""
    key = (_targets, path)
    if key not in project.memo:
        inside = _imported if path.endswith(".py") else _below
        project.memo[key] = tuple(dict.fromkeys(inside(project, path)))
    found: tuple[str, ...] = project.memo[key]
    return found


def _below(project: Project, folder: str) -> Iterator[str]:
    inside = f"{folder}/" if folder else ""
    return (path for path in project.files if path.startswith(inside))


def _imported(project: Project, path: str) -> Iterator[str]:
    """The files and packages that the import statements of a file may lead to."""
    data = project.read(path)
    if isinstance(data, Fault):
        return
    for found in _FROM.finditer(data):
        dots = len(found[1]) - len(found[1].lstrip(b"."))
        module = found[1].lstrip(b".").decode(errors="replace")
        target = project.modules.find(module, dots, path)
        if target is not None:
            yield target
            for word in set(_WORD.findall(found[2])):
                inner = project.modules.child(target, word.decode(errors="replace"))
                yield from () if inner is None else _with_package(inner)
    for found in _IMPORT.finditer(data):
        for dotted in set(_DOTTED.findall(found[1])):
            name = dotted.decode(errors="replace")
            for part in (name, name.partition(".")[0]):
                target = project.modules.find(part, 0, path) if part else None
                yield from () if target is None else _with_package(target)


def _with_package(path: str) -> Iterator[str]:
    """A module; where it is a package, its folder as well."""
    yield path
    if path.endswith("__init__.py"):
        yield path.removesuffix("/__init__.py") if "/" in path else ""
