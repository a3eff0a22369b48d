"""Takes `index=` and `unique=` from a primary key, which is indexed and unique as it is.

What it does
    `IntField(pk=True, index=True, unique=True)` becomes `IntField(pk=True)`, likewise with
    `primary_key=` and `db_index=`.

Why
    Tortoise sets both for every primary key, whatever is passed: the keywords say nothing, and
    `unique=False` beside `primary_key=True` is not even true.

Before
    id = fields.UUIDField(primary_key=True, db_index=True, unique=True)

After
    id = fields.UUIDField(primary_key=True)

When it is safe
    The class that is called is proven to be a field of Tortoise, or a class of the project that
    derives from one and has no constructor of its own. The field is the same object afterwards,
    so that the tables and the migrations stay as they are, on every release.

What it leaves alone
    Silently: `primary_key=` where a release before 0.21 may be used, which ignores it, so that the
    others count; values other than True and False; fields that can have no index, see
    non-indexable-field-index; relations; calls with `**`; field classes with a constructor of
    their own; code that is there for several releases.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import RemoveKeyword
from ..orm.declarations import is_indexable
from ._base import Finding, Rule
from ._key_calls import key_calls
from ._relation_calls import is_relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_IMPLIED = ("index", "db_index", "unique")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each primary key that is declared to be indexed or unique."""
    for call, name, key in key_calls(module):
        found = [given.arg for given in call.keywords if given.arg and _is_idle(given)]
        if found and is_indexable(name) and not is_relation(module, call):
            span, said = module.span(call), " and ".join(f"{one}=" for one in found)
            message = f"{said} beside {key}=True: a primary key is indexed and unique anyway"
            edits = tuple(RemoveKeyword(module.path, span, one) for one in found)
            yield Finding(RULE.code, module.path, span, message, edits=edits)


def _is_idle(given: ast.keyword) -> bool:
    value = given.value
    constant = isinstance(value, ast.Constant) and isinstance(value.value, bool)
    return constant and given.arg in _IMPLIED


RULE = Rule(
    code="TOR112",
    name="redundant-pk-index-unique",
    summary="takes `index=` and `unique=` from a primary key, which is both as it is",
    find=find,
    pattern=rb"\b(?:pk|primary_key)\s*=\s*True\b",
)
