"""Which files spell a name, searched once for each name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project

Spelling = tuple[str, bool]  #: a path, and whether the file means something of its own by the name


def spelled_in(project: Project, name: str) -> tuple[Spelling, ...]:
    """The files that spell a name as a word, in order."""
    key = (spelled_in, name)
    if key not in project.memo:
        project.memo[key] = tuple(_search(project, name))
    found: tuple[Spelling, ...] = project.memo[key]
    return found


def _search(project: Project, name: str) -> Iterator[Spelling]:
    word = name.encode()
    spelled = re.compile(rf"\b{re.escape(name)}\b".encode())
    member = re.compile(rf"\.\s*{re.escape(name)}\b".encode())
    for path in project.files:
        data = project.read(path)
        # To look for the bytes alone is much faster, and mostly there is nothing to find.
        if isinstance(data, Fault) or word not in data or not spelled.search(data):
            continue
        yield path, not member.search(data) and _has_own(project, path, name)


def _has_own(project: Project, path: str, name: str) -> bool:
    """Whether a file means a variable of its own by the name, wherever it says it."""
    facts = project.facts(path)
    if facts is None or facts.stars or name in facts.imports:
        return False
    return name in facts.bindings
