"""Takes the column of a foreign key: `values_list("team_id")`.

What it does
    `values_list("team")`, where `team` is a foreign key or a one-to-one field of the model, becomes
    `values_list("team_id")`. `values("team")` is reported.

Why
    Columns can be selected. A relation is none, and fails: `ValueError: Selecting relation "team"
    is not possible, select concrete field on related model`.

Before
    teams = await Hero.all().values_list("team", flat=True)

After
    teams = await Hero.all().values_list("team_id", flat=True)

When it is safe
    It is unsafe: the code raises as it is, but a field of the related row may be what is wanted,
    `"team__name"`. With `--unsafe` it is applied where the model and the relation are proven.

What it leaves alone
    Reported, for a hand: `values("team")`, whose key would get another name.
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

_RESTS = "it rests on the key being what is wanted, not a field of the related row"
_BY_HAND = 'name the column, and keep the key of the result: values({0}="{0}_id")'


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each forward relation that is selected as if it were a column."""
    for call, given, name in by_relation(module, "values", "values_list"):
        if is_meant(module, call, "ValueError"):
            continue
        message = f"the relation {name} cannot be selected: this raises ValueError"
        if call.name == "values":
            span, advice = module.span(given), _BY_HAND.format(name)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
        else:
            yield by_column(module, RULE.code, given, name, message, _RESTS)


RULE = Rule(
    code="TOR226",
    name="values-relation",
    summary='takes the column of a foreign key: `values_list("team_id")`',
    safety=Safety.UNSAFE,
    find=find,
    pattern=rb"\.values(?:_list)?\(",
    modules=near_models,
)
