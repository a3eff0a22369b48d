"""Whether a file spells any of some names, told from its bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: To look for so many names one by one takes less time than to look for them all at once.
_FEW = 8
_PART = re.compile(rb"[\w\x80-\xff]")


class Words:
    """Some names, to be looked for as whole words.

    Args:
        names: The names, one or more.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted(name.encode() for name in names)
        choice = b"|".join(map(re.escape, self._names))
        # What begins with its letters is found many times faster than what begins with a boundary.
        self._ending = re.compile(rb"(?:%s)(?![\w\x80-\xff])" % choice)

    def are_in(self, data: bytes) -> bool:
        """Whether any of the names is a word of these bytes."""
        few = len(self._names) <= _FEW
        if few and not any(name in data for name in self._names):
            return False
        starts = (match.start() for match in self._ending.finditer(data))
        return any(not at or _PART.match(data, at - 1) is None for at in starts)
