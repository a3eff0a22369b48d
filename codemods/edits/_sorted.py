"""The orders that people keep their imports in, and where a new one goes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Key = tuple[int, str, str]


def slot(names: Sequence[str], name: str) -> int:
    """The index at which a name joins others: by their order if they have one, else the end."""
    for key in (_by_kind, _by_letters, _by_code):
        if in_order(names, key):
            return sum(key(have) <= key(name) for have in names)
    return len(names)


def in_order(names: Sequence[str], key: Callable[[str], Key]) -> bool:
    """Whether names are sorted by a key."""
    keys = [key(name) for name in names]
    return all(a <= b for a, b in itertools.pairwise(keys))


def _by_kind(name: str) -> Key:
    """Constants, then classes, then the rest, as isort and ruff do by default."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold(), name


def _by_letters(name: str) -> Key:
    return 0, name.casefold(), name


def _by_code(name: str) -> Key:
    return 0, name, name
