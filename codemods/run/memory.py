"""How Python looks for garbage while syntax trees are made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECTS = 500_000  #: new containers between two looks for cycles; Python's own number is 700


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for reference cycles rarely.

    A syntax tree is some thousand small objects without a cycle. At Python's own pace a quarter of
    a run goes into looking for cycles in them and finding none.
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
