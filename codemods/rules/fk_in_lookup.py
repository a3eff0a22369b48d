"""Compares a foreign key with several values by its column: `team_id__in`.

What it does
    `filter(team__in=ids)`, where `team` is a foreign key or a one-to-one field of the model,
    becomes `filter(team_id__in=ids)`, likewise `team__not_in`; also in `Q` objects that are written
    in the call.

Why
    Lookups such as `__in` exist for columns. For a forward relation they fail: `FieldError: Unknown
    filter param 'in'`.

Before
    heroes = await Hero.filter(team__in=team_ids)

After
    heroes = await Hero.filter(team_id__in=team_ids)

When it is safe
    It is unsafe: the filter raises as it is, but the column takes keys, not objects, and what the
    values are is not always known. With `--unsafe` it is applied where the model and its relation
    are proven.

What it leaves alone
    Reported, for a hand: values that are proven to be objects, whose keys have to be taken, and
    queries.
    Silently: relations from the other side and to many; filters that are built elsewhere; code that
    expects the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ..orm.types import Instance, ListOf, Query
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._lookups import Lookup, forward, is_free, lookups, owner_of
from ._provoked import is_expected, is_handled
from ._queries import type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_LOOKUPS = ("in", "not_in")
_KEYS = "it rests on the values being keys, not objects"
_OBJECTS = "pass the keys: [row.pk for row in ...], as {}"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each filter that compares a forward relation with several values."""
    for lookup in lookups(module):
        *path, name, last = ["", *lookup.parts]
        if last not in _LOOKUPS or not name:
            continue
        relation = forward(owner_of(module, lookup.model, path[1:]), name)
        new = "__".join((*path[1:], f"{name}_id", last))
        if relation is not None and is_free(lookup.call, new) and not _is_meant(module, lookup):
            yield _finding(module, lookup, new)


def _is_meant(module: Module, lookup: Lookup) -> bool:
    call = lookup.call
    return is_expected(module, call) or is_handled(module, call, {"FieldError"})


def _finding(module: Module, lookup: Lookup, new: str) -> Finding:
    old, span = lookup.keyword.arg or "", module.span(lookup.call)
    message = f"{old}= is no filter, since the relation is no column: this raises FieldError"
    value = type_of(module, lookup.keyword.value)
    rows = isinstance(value, ListOf) and isinstance(value.element, Instance)
    if rows or isinstance(value, Query):
        advice = _OBJECTS.format(new)
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    edits = (RenameKeyword(module.path, span, old, new),)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _KEYS)


RULE = Rule(
    code="TOR223",
    name="fk-in-lookup",
    summary="compares a foreign key with several keys by its column: `team_id__in`",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"__in", b"__not_in"),
    modules=near_models,
)
