"""Reading settings from the configuration of a project.

A configuration is the table ``[tool.tortoise-fix]`` of a pyproject.toml or the section
``[tool:tortoise-fix]`` of a setup.cfg. Of the folders between the requested paths and the project
root, the nearest one that holds such a table counts, alone. Patterns are read in its folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..source import Fault
from .globs import rooted
from .settings import (
    ALL,
    DEFAULT,
    RejectedError,
    Settings,
    nearest,
    override,
    rule_codes,
    split,
    version_text,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..rules._card import Card
    from .settings import Overrides

_KEYS = ("select", "ignore", "unsafe", "target-version", "exclude", "per-file-ignores")
_FILES = ("pyproject.toml", "setup.cfg")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_Table = Mapping[str, Any]


class _BrokenError(Exception):
    """Why a file cannot be used: a reason, and the line or the word that shows where."""

    def __init__(self, reason: str, word: str = "", line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.word, self.line = reason, word, line


def load(
    root: Path,
    paths: Sequence[Path],
    rules: Sequence[Card],
    config: Path | None = None,
    isolated: bool = False,
) -> Settings | Fault:
    """The settings that the project's configuration holds.

    Args:
        root: The project root; no folder above it is looked into.
        paths: The requested files and folders.
        rules: All rules, to tell known codes and names from unknown ones.
        config: A file to read in place of the nearest one.
        isolated: Whether to read no file at all.

    Returns:
        The settings, the defaults when there is no configuration; a Fault that names file, line
        and reason when the configuration is broken.
    """
    if isolated:
        return Settings()
    if config is not None:
        return _read(config, root, rules, required=True) or Settings()
    for folder in _folders(root, paths):
        for name in _FILES:
            found = _read(folder / name, root, rules, required=False)
            if found is not None:
                return found
    return Settings()


def choose(
    root: Path,
    paths: Sequence[Path],
    rules: Sequence[Card],
    config: Path | None = None,
    isolated: bool = False,
    **overrides: Unpack[Overrides],
) -> Settings | Fault:
    """``load``, with what the command line says in place of what the configuration says."""
    loaded = load(root, paths, rules, config, isolated)
    return loaded if isinstance(loaded, Fault) else override(loaded, rules, **overrides)


def _folders(root: Path, paths: Sequence[Path]) -> list[Path]:
    """The folders to search, from the common parent of the paths up to the root."""
    top = Path(os.path.realpath(root))
    starts = [os.path.realpath(path) for path in paths] or [str(top)]
    folder = Path(os.path.commonpath(starts))
    if not folder.is_dir():
        folder = folder.parent
    chain = [folder, *folder.parents]
    return chain[: chain.index(top) + 1] if top in chain else [top]


def _read(file: Path, root: Path, rules: Sequence[Card], required: bool) -> Settings | Fault | None:
    """The settings of one file; None when it holds none of ours and need not."""
    name, ini = _shown(file), file.suffix in (".cfg", ".ini")
    try:
        data = file.read_bytes()
    except OSError as error:
        absent = isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError)
        return None if absent and not required else Fault(name, 0, f"{error.strerror}")
    if not required and b"tortoise-fix" not in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Fault(name, 0, "is not valid UTF-8")
    try:
        table = _ini_table(text) if ini else _toml_table(text)
        if table is not None:
            return _settings(table, rules, _prefix(file, root), name)
    except _BrokenError as broken:
        return Fault(name, broken.line or _line_of(text, broken.word), broken.reason)
    section = "[tool:tortoise-fix]" if ini else "[tool.tortoise-fix]"
    return Fault(name, 0, f"holds no {section}") if required else None


def _shown(file: Path) -> str:
    path = os.path.relpath(file)
    return str(file) if path.startswith("..") else path


def _prefix(file: Path, root: Path) -> str:
    """The folder of a file relative to the root, with a final slash; empty at or off the root."""
    folder, top = Path(os.path.realpath(file.parent)), Path(os.path.realpath(root))
    if folder == top or top not in folder.parents:
        return ""
    return folder.relative_to(top).as_posix() + "/"


def _toml_table(text: str) -> _Table | None:
    import re
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tool = tomllib.loads(text).get("tool")
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise _BrokenError(f"is not valid TOML: {error}", line=int(at[1]) if at else 0) from None
    table = tool.get("tortoise-fix") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise _BrokenError("tool.tortoise-fix must be a table")
    return table


def _ini_table(text: str) -> _Table | None:
    import configparser

    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", 0) or next(iter(getattr(error, "errors", [(0,)])))[0]
        raise _BrokenError("is not a valid INI file", line=line) from None
    if not parser.has_section("tool:tortoise-fix"):
        return None
    return {key: _ini_value(key, value) for key, value in parser.items("tool:tortoise-fix")}


def _ini_value(key: str, value: str) -> object:
    """The value of a key as TOML would have it; as written where it has no such form."""
    if key in ("select", "ignore", "exclude"):
        return split(value.splitlines())
    if key == "unsafe":
        word = value.strip().lower()
        return word in _TRUE if word in _TRUE + _FALSE else value
    if key != "per-file-ignores":
        return value.strip()
    ignores: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, value.splitlines())):
        glob, colon, codes = line.rpartition(":")
        if not colon:
            raise _BrokenError(f"{key}: expected 'pattern: codes', not {line!r}", line)
        ignores.setdefault(glob.strip(), []).extend(split([codes]))
    return ignores


def _settings(table: _Table, rules: Sequence[Card], prefix: str, name: str) -> Settings:
    for key in table:
        if key not in _KEYS:
            raise _BrokenError(f"unknown key {key!r}{nearest(key, _KEYS)}", key)
    ignores = _ignores(table.get("per-file-ignores", {}))
    return Settings(
        select=_codes("select", table, rules, ALL, DEFAULT),
        ignore=_codes("ignore", table, rules, ALL),
        unsafe=_boolean("unsafe", table),
        target_version=_target("target-version", table),
        exclude=tuple(rooted(glob, prefix) for glob in _strings("exclude", table)),
        per_file_ignores=tuple(
            (rooted(glob, prefix), _codes(glob, ignores, rules, ALL)) for glob in ignores
        ),
        source=name,
    )


def _strings(key: str, table: _Table) -> list[str]:
    value = table.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise _BrokenError(f"{key} must be a list of strings", key)


def _codes(key: str, table: _Table, rules: Sequence[Card], *words: str) -> tuple[str, ...]:
    try:
        return rule_codes(_strings(key, table), rules, words)
    except RejectedError as rejected:
        raise _BrokenError(f"{key}: {rejected}", key) from None


def _boolean(key: str, table: _Table) -> bool:
    value = table.get(key, False)
    if isinstance(value, bool):
        return value
    raise _BrokenError(f"{key} must be true or false", key)


def _target(key: str, table: _Table) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _BrokenError(f'{key} must be a string such as "1.1"', key)
    try:
        return version_text(value) if key in table else ""
    except RejectedError as rejected:
        raise _BrokenError(f"{key}: {rejected}", key) from None


def _ignores(value: object) -> _Table:
    if isinstance(value, dict):
        return value
    raise _BrokenError("per-file-ignores must be a table of patterns and lists of rules", _KEYS[-1])


def _line_of(text: str, word: str) -> int:
    """The line on which our table has a word first; that of its header, or 0, where it has not."""
    import re

    lines = text.splitlines()
    header = re.compile(r"\s*\[\s*tool\s*[.:]\s*[\"']?tortoise-fix\b")
    start = next((n for n, line in enumerate(lines, 1) if header.match(line)), 0)
    if not start or not word:
        return start
    begins = re.compile(rf"\s*[\"']?{re.escape(word)}(?![\w-])")
    return next((n for n, line in enumerate(lines, 1) if n > start and begins.match(line)), start)
