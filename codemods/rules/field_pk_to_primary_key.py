"""Declares the primary key of a model with `primary_key=`, as tortoise-orm calls it since 0.21.

What it does
    `pk=` in the call of a field class becomes `primary_key=`.

Why
    tortoise-orm 0.21 gave the parameter another name. The old one still works, with
    `DeprecationWarning: `pk` is deprecated, please use `primary_key` instead` for each field, each
    time the models are imported.

Before
    class Order(Model):
        id = fields.UUIDField(pk=True)

After
    class Order(Model):
        id = fields.UUIDField(primary_key=True)

When it is safe
    The class that is called is proven to be a field of Tortoise, or a class of the project that
    derives from one and has no constructor of its own. Every release that the project allows is
    0.21.0 or newer: older ones ignore `primary_key=` in silence, and add a key of their own to the
    model.

What it leaves alone
    Reported, for a hand: projects whose release is not known, once for each file; fields that are
    given both keywords.
    Silently: queries, where `pk` stays what it is (`get(pk=1)`, `filter(pk__in=...)`); field
    classes with a constructor of their own, which may read `pk` themselves; dictionaries of
    keywords; branches on a version, and `try` statements that count on a missing name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule
from ._renamed_keyword import renamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each field that is declared with ``pk=``."""
    yield from renamed(module, RULE.code, "pk", "primary_key")


RULE = Rule(
    code="TOR101",
    name="field-pk-to-primary-key",
    summary="declares a primary key with `primary_key=` instead of the deprecated `pk=`",
    since="0.21.0",
    find=find,
    pattern=rb"\bpk\s*=",
)
