"""What a requirements file pins of the packages that another of its requirements needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..project.mentions import Mention, Trust, normalised
from ..project.version_range import from_pep440
from ..source import Source, decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..project.index import Project

_CLAUSE = r"(?:===?|[<>!~]=|<|>)\s*[\w.*+!-]+"
_LINE = re.compile(
    rf"\s*([A-Za-z0-9][\w.-]*?)\s*({_CLAUSE}(?:\s*,\s*{_CLAUSE})*)\s*(?:[;#\\].*|--.*)?"
)


def pinned_beside(project: Project, mention: Mention, names: Collection[str]) -> Iterator[Mention]:
    """The lines for packages of these names, in the requirements file of a mention."""
    data = project.read(mention.path) if mention.path.endswith(".txt") else b""
    text = decode(mention.path, data) if isinstance(data, bytes) else None
    lines = text.text.splitlines() if isinstance(text, Source) else []
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found and normalised(found[1]) in names:
            allowed, name = from_pep440(found[2]), normalised(found[1])
            yield Mention(name, allowed, mention.path, number, Trust.REQUIREMENTS)
