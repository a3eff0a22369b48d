"""Declares the unique index of a many-to-many relation with `unique=`, its name since 0.24.2.

What it does
    `create_unique_index=` in the call of `ManyToManyField` becomes `unique=`.

Why
    tortoise-orm 0.24.2 gave the parameter another name. The old one still works, with
    `DeprecationWarning: Parameter `create_unique_index` is deprecated! Use `unique` instead.`

Before
    tags = fields.ManyToManyField("models.Tag", create_unique_index=False)

After
    tags = fields.ManyToManyField("models.Tag", unique=False)

When it is safe
    The function that is called is proven to be Tortoise's. Every release that the project allows is
    0.24.2 or newer: older ones ignore `unique=` in silence.

What it leaves alone
    Reported, for a hand: projects whose release is not known, once for each file; relations that
    are given both keywords.
    Silently: dictionaries of keywords; branches on a version, and `try` statements that count on a
    missing name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule
from ._renamed_keyword import renamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each relation that is declared with ``create_unique_index=``."""
    yield from renamed(module, RULE.code, "create_unique_index", "unique", "0.24.2")


RULE = Rule(
    code="TOR104",
    name="m2m-create-unique-index",
    summary="declares the index of a relation with `unique=`, not `create_unique_index=`",
    since="0.24.2",
    find=find,
    triggers=(b"create_unique_index",),
)
