"""Imports aggregates from `tortoise.functions`; 0.16 removed `tortoise.aggregation`.

What it does
    `from tortoise.aggregation import Count, Sum` becomes `from tortoise.functions import Count,
    Sum`, likewise for `Avg`, `Min`, `Max` and `Aggregate`.

Why
    tortoise-orm 0.14 deprecated the module and 0.16 removed it: `ModuleNotFoundError: No module
    named 'tortoise.aggregation'`.

Before
    from tortoise.aggregation import Count

After
    from tortoise.functions import Count

When it is safe
    Every release that the project allows is 0.16.0 or newer, so that the old import fails.

What it leaves alone
    Reported, for a hand: projects whose release is not known.
    Silently: imports in a `try` statement that counts on a missing name, and in branches on a
    version; star imports; other names, which may be private.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Rule
from ._moved_import import moved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from ._base import Finding

_SINCE = "0.16.0"
_NAMES = ("Aggregate", "Avg", "Count", "Max", "Min", "Sum")
_HOMES = {f"tortoise.aggregation.{name}": "tortoise.functions" for name in _NAMES}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import from ``tortoise.aggregation``."""
    why = f"tortoise.aggregation does not exist since {_SINCE}"
    yield from moved(module, RULE.code, _SINCE, _HOMES, why)


RULE = Rule(
    code="TOR004",
    name="aggregation-module",
    summary="imports aggregates from `tortoise.functions`; `tortoise.aggregation` is gone",
    since="0.16.0",
    find=find,
    triggers=(b"tortoise.aggregation",),
)
