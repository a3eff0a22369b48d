"""Declares the index of a field with `db_index=`, as tortoise-orm calls it since 0.21.

What it does
    `index=` in the call of a field class becomes `db_index=`.

Why
    tortoise-orm 0.21 gave the parameter another name. The old one still works, with
    `DeprecationWarning: `index` is deprecated, please use `db_index` instead` for each field, each
    time the models are imported.

Before
    class Order(Model):
        number = fields.CharField(max_length=20, index=True)

After
    class Order(Model):
        number = fields.CharField(max_length=20, db_index=True)

When it is safe
    The class that is called is proven to be a field of Tortoise, or a class of the project that
    derives from one and has no constructor of its own. Every release that the project allows is
    0.21.0 or newer: older ones ignore `db_index=` in silence, and create no index.

What it leaves alone
    Reported, for a hand: projects whose release is not known, once for each file; fields that are
    given both keywords.
    Silently: `indexes` of a `class Meta`, and `Index(...)`; field classes with a constructor of
    their own, which may read `index` themselves; dictionaries of keywords; branches on a version,
    and `try` statements that count on a missing name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule
from ._renamed_keyword import renamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each field that is declared with ``index=``."""
    yield from renamed(module, RULE.code, "index", "db_index")


RULE = Rule(
    code="TOR102",
    name="field-index-to-db-index",
    summary="declares an index with `db_index=` instead of the deprecated `index=`",
    since="0.21.0",
    find=find,
    pattern=rb"\bindex\s*=",
)
