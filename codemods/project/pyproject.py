"""What pyproject.toml says: the standard tables, and those of Poetry, PDM, uv and Rye."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .mentions import (
    PACKAGES,
    Mention,
    Trust,
    garbled,
    is_production,
    line_of,
    normalised,
    requirement,
)
from .version_range import Range, from_pep440, from_poetry, hull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .texts import Texts


def read_pyproject(texts: Texts, path: str) -> list[Mention]:
    """The packages that matter, and Python, as any of the tables declares them."""
    data = texts.toml(path)
    if data is None:
        return garbled(path, texts.read(path) or texts.salvage(path), Trust.PYPROJECT)
    return list(_Tables(path, texts.read(path) or "", data).mentions())


class _Tables:
    """The tables of one pyproject.toml, and the text to find their lines in."""

    def __init__(self, path: str, text: str, data: dict[str, Any]) -> None:
        self.path = path
        self.text = text
        self.data = data

    def mentions(self) -> Iterator[Mention]:
        yield from self._list(("project", "dependencies"), True)
        for table in (("project", "optional-dependencies"), ("dependency-groups",)):
            yield from self._groups(table)
        yield from self._groups(("tool", "pdm", "dev-dependencies"))
        for tool in ("uv", "rye"):
            yield from self._list(("tool", tool, "dev-dependencies"), False)
        yield from self._overriding()
        yield from self._poetry()
        yield from self._python()

    def _overriding(self) -> Iterator[Mention]:
        """What uv is told to install whatever else is required; other tools do not know of it."""
        for table in ("override-dependencies", "constraint-dependencies"):
            for one in self._list(("tool", "uv", table), True):
                yield replace(one, trust=Trust.PINNED)

    def _poetry(self) -> Iterator[Mention]:
        poetry = ("tool", "poetry")
        yield from self._constraints((*poetry, "dependencies"), True)
        yield from self._constraints((*poetry, "dev-dependencies"), False)
        for group in _keys(self._at((*poetry, "group"))):
            table = (*poetry, "group", group, "dependencies")
            yield from self._constraints(table, is_production(group))

    def _groups(self, table: tuple[str, ...]) -> Iterator[Mention]:
        for group in _keys(self._at(table)):
            yield from self._list((*table, group), is_production(group))

    def _list(self, keys: tuple[str, ...], runtime: bool) -> Iterator[Mention]:
        """The PEP 508 requirements of the array at ``keys``."""
        entries = self._at(keys)
        for entry in entries if isinstance(entries, list) else ():
            one = requirement(entry) if isinstance(entry, str) else None
            if one:
                line = self._line(keys, entry) or self._line(keys, one.name)
                always = runtime and one.always
                yield Mention(one.name, one.allowed, self.path, line, Trust.PYPROJECT, always)

    def _constraints(self, keys: tuple[str, ...], runtime: bool) -> Iterator[Mention]:
        """The entries of a table of Poetry's own form."""
        table = self._at(keys)
        for name in _keys(table):
            entry = table[name]
            allowed = _poetry_range(entry)
            if normalised(name) in PACKAGES and allowed is not None:
                optional = isinstance(entry, dict) and bool(entry.get("optional"))
                line = self._line(keys, name)
                always = runtime and not optional
                yield Mention(normalised(name), allowed, self.path, line, Trust.PYPROJECT, always)

    def _python(self) -> Iterator[Mention]:
        standard = self._at(("project", "requires-python"))
        keys = ("tool", "poetry", "dependencies")
        poetry = self._at((*keys, "python"))
        if isinstance(standard, str):
            line = self._line(("project",), "requires-python")
            yield Mention("python", from_pep440(standard), self.path, line, Trust.PYPROJECT)
        elif isinstance(poetry, str):
            line = self._line(keys, "python")
            yield Mention("python", from_poetry(poetry), self.path, line, Trust.PYPROJECT)

    def _at(self, keys: tuple[str, ...]) -> Any:
        value: Any = self.data
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _line(self, keys: tuple[str, ...], needle: str) -> int:
        """The line of ``needle`` in the table or array at ``keys``; 0 when it is not found."""
        return line_of(self.text, needle, self._start(keys)) or line_of(self.text, needle)

    def _start(self, keys: tuple[str, ...]) -> int:
        """The offset of the header of the innermost table of ``keys``, or of the key in it."""
        for count in range(len(keys), 0, -1):
            header = r"\s*\.\s*".join(_key(key) for key in keys[:count])
            match = re.search(rf"^[ \t]*\[\s*{header}\s*\]", self.text, re.MULTILINE)
            if match:
                break
        else:
            return 0
        offset = match.start()
        for key in keys[count:]:
            inner = re.compile(rf"^[ \t]*{_key(key)}\s*[=.]", re.MULTILINE).search(
                self.text, offset
            )
            offset = inner.start() if inner else offset
        return offset


def _poetry_range(entry: object) -> Range | None:
    """The versions of one entry; None when it only adds to what another table declares."""
    if isinstance(entry, str):
        return from_poetry(entry)
    if isinstance(entry, list):
        return hull(_poetry_range(part) or Range() for part in entry)
    if not isinstance(entry, dict):
        return Range()
    if isinstance(entry.get("version"), str):
        return from_poetry(entry["version"])
    return Range() if {"git", "path", "url", "file"} & entry.keys() else None


def _keys(table: object) -> list[str]:
    return list(table) if isinstance(table, dict) else []


def _key(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"
