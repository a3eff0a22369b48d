"""Which attributes code stores on objects from outside of their own methods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

#: An attribute, and what makes a statement store it: a value, an annotation with one, a tuple of
#: targets, a loop. The patterns begin with plain characters, which makes them fast.
_STORED = re.compile(
    rb"\.[ \t]*(\w+)[ \t]*"
    rb"(?:(?:[-+*/%@&|^]|//|\*\*|<<|>>)?(=)(?!=)|(:)[^=\n]+=(?!=)|(,)[^=\n]*=(?!=)|(in)\b)"
)
_ENTERED = re.compile(rb" as [\w.]+\.(\w+)")
_SETS = b"setattr"
_BY_NAME = re.compile(rb"setattr(?:__)?\([^,()]+,\s*[\"'](\w+)[\"']")
_OWN = re.compile(rb"(?<![\w.])(?:self|cls)[ \t]*$")
#: What may stand before the dot, from the beginning of the line on.
_BEFORE = {
    b":": re.compile(rb"[ \t]*[\w.]+$"),
    b",": re.compile(rb"[ \t]*[(\[]*[\w.\[\]\"', \t*]+$"),
    b"in": re.compile(rb".*\bfor[ \t]+[\w., \t]+$"),
}


def stored_outside(project: Project) -> frozenset[str]:
    """The names of attributes that files near models store otherwise than on ``self`` and ``cls``.

    What such an attribute is, the methods of its class do not tell alone.
    """
    if stored_outside not in project.memo:
        contents = (project.read(path) for path in project.relevant)
        found = {name for data in contents if isinstance(data, bytes) for name in _names(data)}
        project.memo[stored_outside] = frozenset(name.decode(errors="replace") for name in found)
    names: frozenset[str] = project.memo[stored_outside]
    return names


def _names(data: bytes) -> Iterator[bytes]:
    for match in _STORED.finditer(data):
        before = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        shape = _BEFORE.get(match[match.lastindex or 0])
        if (shape is None or shape.match(before)) and not _OWN.search(before):
            yield match[1]
    yield from _ENTERED.findall(data)
    if _SETS in data:
        yield from _BY_NAME.findall(data)
