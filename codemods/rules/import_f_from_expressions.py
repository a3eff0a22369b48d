"""Imports `F` from `tortoise.expressions`, where it has been since 0.15.14.

What it does
    `from tortoise.functions import F` and `from tortoise.queryset import F` become `from
    tortoise.expressions import F`. Other names of the import stay where they are.

Why
    The old modules had the name by accident. `tortoise.functions` lost it in 0.18 and
    `tortoise.queryset` in 0.22; since then the import fails with `ImportError: cannot import name
    'F'`.

Before
    from tortoise.functions import Count, F

After
    from tortoise.expressions import F
    from tortoise.functions import Count

When it is safe
    Every release that the project allows is 0.16.0 or newer, which have the class in
    `tortoise.expressions`.

What it leaves alone
    Reported, for a hand: projects whose release is not known.
    Silently: imports in a `try` statement that counts on a missing name, and in branches on a
    version, which are there for several releases; star imports.
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
_HOMES = dict.fromkeys(("tortoise.functions.F", "tortoise.queryset.F"), "tortoise.expressions")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import of ``F`` from where it was by accident."""
    why = "newer releases do not have it here"
    yield from moved(module, RULE.code, _SINCE, _HOMES, why)


RULE = Rule(
    code="TOR003",
    name="import-f-from-expressions",
    summary="imports `F` from `tortoise.expressions`, not from where it was by accident",
    since="0.16.0",
    find=find,
    triggers=(b"tortoise.functions", b"tortoise.queryset"),
)
