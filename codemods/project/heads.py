"""Which classes may have a class among their bases, told from the bytes of all files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project

# Each begins with a fixed letter or sign, which is found many times faster than a boundary is.
_CLASS = re.compile(rb"class[ \t]+([^\s(:]+)\s*\(([^:]*):")
_AS = re.compile(rb" as[ \t]+(\w+)[ \t]*(?=[,)\r\n#;\\]|\Z)")
_ASSIGNED = re.compile(rb"=[ \t]*(?:\w+\.)*([A-Z_]\w*)[ \t]*(?=[\r\n#;]|\Z)")
_TARGET = re.compile(rb"[ \t]*(\w+)[ \t]*")
_WORD = re.compile(rb"[\w\x80-\xff]+")
_NO_WORD = re.compile(rb"\W")
_LONGEST = 100  #: bytes before an ``as`` in which the name that it is for is looked for

Named = tuple[str, str]  #: a file, and a name in it
Spelled = dict[bytes, list[Named]]


def heads_with(project: Project, name: str) -> list[Named]:
    """The classes whose heads spell a name."""
    return _heads(project).get(name.encode(), [])


def renamings(project: Project, name: str) -> list[Named]:
    """The other names that imports and assignments give to a class of this name."""
    return _renamed(project).get(name.encode(), [])


def _heads(project: Project) -> Spelled:
    """By each word in the head of a class, that class; searched once."""
    if _heads not in project.memo:
        found: Spelled = {}
        for path, data in _contents(project):
            for match in _CLASS.finditer(data):
                own = (path, match[1].decode(errors="replace"))
                for word in set(_WORD.findall(match[2])):
                    found.setdefault(word, []).append(own)
        project.memo[_heads] = found
    heads: Spelled = project.memo[_heads]
    return heads


def _renamed(project: Project) -> Spelled:
    """By what may be the name of a class, the other names that it is given; searched once."""
    if _renamed not in project.memo:
        found: Spelled = {}
        for path, data in _contents(project):
            for old, new in sorted(set(_other_names(data))):
                if old != new:
                    found.setdefault(old, []).append((path, new.decode()))
        project.memo[_renamed] = found
    renamed: Spelled = project.memo[_renamed]
    return renamed


def _other_names(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What may be another name for a class: the name first, the other one second."""
    for match in _AS.finditer(data):
        before = data[max(0, match.start() - _LONGEST) : match.start()].rstrip(b" \t")
        yield _NO_WORD.split(before)[-1], match[1]
    for match in _ASSIGNED.finditer(data):
        line = data.rfind(b"\n", 0, match.start()) + 1
        target = _TARGET.fullmatch(data, line, match.start())
        if target:
            yield match[1], target[1]


def _contents(project: Project) -> Iterator[tuple[str, bytes]]:
    for path in project.files:
        data = project.read(path)
        if not isinstance(data, Fault):
            yield path, data
