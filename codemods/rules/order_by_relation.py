"""Orders by the column of a foreign key: `order_by("team_id")`.

What it does
    `order_by("team")`, where `team` is a foreign key or a one-to-one field of the model, becomes
    `order_by("team_id")`, likewise `"-team"`.

Why
    Rows can be ordered by columns. A relation is none, and fails: `FieldError: Filtering by
    relation is not possible. Filter by nested field of related model`.

Before
    heroes = await Hero.all().order_by("team", "name")

After
    heroes = await Hero.all().order_by("team_id", "name")

When it is safe
    It is unsafe: the code raises as it is, but the order by a field of the related row may be what
    is wanted, `"team__name"`. With `--unsafe` it is applied where the model and the relation are
    proven.

What it leaves alone
    Silently: relations from the other side and to many; names that are not literal; queries with an
    annotation of the name; code that expects the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._columns import by_column, by_relation, is_meant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_RESTS = "it rests on the key being what to order by, not a field of the related row"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each forward relation that rows are ordered by."""
    for call, given, name in by_relation(module, "order_by"):
        if not is_meant(module, call, "FieldError"):
            message = f"rows cannot be ordered by the relation {name}: this raises FieldError"
            yield by_column(module, RULE.code, given, name, message, _RESTS)


RULE = Rule(
    code="TOR225",
    name="order-by-relation",
    summary='orders by the column of a foreign key: `order_by("team_id")`',
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"order_by(",),
    modules=near_models,
)
