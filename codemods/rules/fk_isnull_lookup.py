"""Asks whether a foreign key is null by its column: `team_id__isnull`.

What it does
    `filter(team__isnull=True)`, where `team` is a foreign key or a one-to-one field of the model,
    becomes `filter(team_id__isnull=True)`, likewise `team__not_isnull`; also in `Q` objects that
    are written in the call, and at the end of a path through other relations.

Why
    Lookups such as `__isnull` exist for columns. For a forward relation they fail: `FieldError:
    Unknown filter param 'isnull'. Allowed base values are [...]`. For a relation from the
    other side, `heroes__isnull`, they work.

Before
    free = await Hero.filter(team__isnull=True)

After
    free = await Hero.filter(team_id__isnull=True)

When it is safe
    The model is proven, all of its bases are known, and the relation is declared as a foreign key
    or one-to-one field of Tortoise, so that the filter raises each time it runs.

What it leaves alone
    Silently: relations from the other side and to many; models that have a field or an annotation
    of the name; filters that are built elsewhere; code that expects the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ..project.near_models import near_models
from ._base import Finding, Rule
from ._lookups import Lookup, forward, is_free, lookups, owner_of
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_LOOKUPS = ("isnull", "not_isnull")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each filter that asks a forward relation whether it is null."""
    for lookup in lookups(module):
        *path, name, last = ["", *lookup.parts]
        path = path[1:]
        if last not in _LOOKUPS or not name:
            continue
        relation = forward(owner_of(module, lookup.model, path), name)
        new = "__".join((*path, f"{name}_id", last))
        if relation is not None and is_free(lookup.call, new) and not _is_meant(module, lookup):
            yield _finding(module, lookup, new)


def _is_meant(module: Module, lookup: Lookup) -> bool:
    call = lookup.call
    return is_expected(module, call) or is_handled(module, call, {"FieldError"})


def _finding(module: Module, lookup: Lookup, new: str) -> Finding:
    old = lookup.keyword.arg or ""
    span = module.span(lookup.call)
    message = f"{old}= is no filter, since the relation is no column: this raises FieldError"
    edits = (RenameKeyword(module.path, span, old, new),)
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR222",
    name="fk-isnull-lookup",
    summary="asks whether a foreign key is null by its column: `team_id__isnull`",
    find=find,
    triggers=(b"isnull",),
    modules=near_models,
)
