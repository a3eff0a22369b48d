"""Listing a folder as its ``.gitignore`` files ask for, where there is no git to do it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pathspec import GitIgnoreSpec

_Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]


def walk(top: str, start: str, enters: Callable[[str], bool], faults: list[Fault]) -> Iterator[str]:
    """The Python files in and below a folder that no ``.gitignore`` at or below it ignores.

    Args:
        top: The root, to which all paths are relative.
        start: The folder; empty for the root.
        enters: Whether a folder further down is looked into.
        faults: Gets the folders that cannot be listed.
    """
    pending: list[tuple[str, _Rules]] = [(start, ())]
    while pending:
        folder, rules = pending.pop()
        entries = _entries(top, folder)
        if isinstance(entries, Fault):
            faults.append(entries)
            continue
        prefix = f"{folder}/" if folder else ""
        if any(entry.name == ".gitignore" for entry in entries):
            rules = _with_rules(rules, top, prefix)
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if enters(path) and not _ignored(f"{path}/", rules):
                    pending.append((path, rules))
            elif entry.name.endswith(".py") and not _ignored(path, rules):
                yield path


def ignores(top: str, path: str) -> bool:
    """Whether the ``.gitignore`` files at and above a file, up to the root, ignore it."""
    rules: _Rules = ()
    parts = path.split("/")
    for depth in range(len(parts)):
        prefix = "".join(f"{part}/" for part in parts[:depth])
        if _ignored(prefix, rules):
            return True
        rules = _with_rules(rules, top, prefix)
    return _ignored(path, rules)


def _entries(top: str, folder: str) -> list[os.DirEntry[str]] | Fault:
    try:
        with os.scandir(f"{top}/{folder}") as found:
            return list(found)
    except OSError as error:
        return Fault(folder or ".", 0, f"cannot be listed: {error.strerror}")


def _with_rules(rules: _Rules, top: str, prefix: str) -> _Rules:
    """The rules with those of the ``.gitignore`` in a folder; lines that git rejects are void."""
    from pathspec import GitIgnoreSpec

    try:
        text = Path(f"{top}/{prefix}.gitignore").read_text("utf-8", "surrogateescape")
    except OSError:
        return rules
    lines = text.splitlines()
    try:
        return (*rules, (prefix, GitIgnoreSpec.from_lines(lines)))
    except ValueError:
        return (*rules, (prefix, GitIgnoreSpec.from_lines(filter(_is_pattern, lines))))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _ignored(path: str, rules: _Rules) -> bool:
    """Whether the rules ignore a path; the nearest ``.gitignore`` that speaks of it decides."""
    for prefix, spec in reversed(rules):
        ignored = spec.check_file(path[len(prefix) :]).include
        if ignored is not None:
            return ignored
    return False
