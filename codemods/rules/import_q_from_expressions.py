"""Imports `Q` from `tortoise.expressions`, where it is since 0.18.

What it does
    `from tortoise.query_utils import Q`, and the same from `tortoise.functions`, becomes `from
    tortoise.expressions import Q`. Other names of the import, such as `Prefetch`, stay where they
    are.

Why
    tortoise-orm 0.18 moved the class. The old import fails with `ImportError: cannot import name
    'Q' from 'tortoise.query_utils'`.

Before
    from tortoise.query_utils import Prefetch, Q

After
    from tortoise.expressions import Q
    from tortoise.query_utils import Prefetch

When it is safe
    Every release that the project allows is 0.18.0 or newer; before, `tortoise.expressions` has no
    `Q`.

What it leaves alone
    Reported, for a hand: projects whose release is not known.
    Silently: imports in a `try` statement that counts on a missing name, and in branches on a
    version, which are there for several releases; star imports; `tortoise.queryset.Q` and
    `tortoise.models.Q`, which still work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Rule
from ._moved_import import moved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from ._base import Finding

_SINCE = "0.18.0"
_HOMES = dict.fromkeys(("tortoise.query_utils.Q", "tortoise.functions.Q"), "tortoise.expressions")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import of ``Q`` that fails since 0.18."""
    why = f"it is there since {_SINCE}, and this import fails"
    yield from moved(module, RULE.code, _SINCE, _HOMES, why)


RULE = Rule(
    code="TOR001",
    name="import-q-from-expressions",
    summary="imports `Q` from `tortoise.expressions`, where 0.18 moved it",
    since="0.18.0",
    find=find,
    triggers=(b"tortoise.query_utils", b"tortoise.functions"),
)
