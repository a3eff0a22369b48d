"""Reports an index of a field that can have none, such as a TextField.

What it does
    Reports `index=True`, `db_index=True` and `unique=True` of a `TextField`, a `JSONField` and a
    `BinaryField`.

Why
    Since 0.16 the module cannot be imported; older releases let a part of them pass:

        ConfigurationError: TextField can't be indexed, consider CharField

Before
    name = fields.TextField(unique=True)

Use instead
    `CharField(max_length=...)` for text that is short enough, with a migration of the column. For
    JSON in PostgreSQL `indexes = [GinIndex(fields=["data"])]` in `class Meta`. Or no index.

What it leaves alone
    Projects on releases before 0.16; `db_index=` where a release before 0.21 may be used, which
    ignores it; field classes of the project; tests that want the error, and code that is there for
    several releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.declarations import is_indexable
from ._base import Finding, Rule, Safety
from ._field_calls import field_calls, keyword_of
from ._key_calls import is_true
from ._migration import gate, is_older, is_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.16.0"
_NAMED = "0.21.0"
_INSTEAD = {
    "TextField": "use CharField with a max_length, or take the index away",
    "JSONField": "take it away; PostgreSQL has GinIndex in Meta.indexes for this",
}
_WITHOUT = "take it away"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each index that is asked for and cannot be."""
    if is_older(module, _SINCE):
        return
    for keyword in ("index", "db_index", "unique"):
        if keyword == "db_index" and gate(module, _NAMED) is not Safety.SAFE:
            continue
        for call, name in field_calls(module, keyword):
            given = keyword_of(call, keyword)
            if given is None or not is_true(given.value) or is_indexable(name):
                continue
            if not is_shim(module, call):
                field, span = name.rpartition(".")[2], module.span(given.value)
                message = f"{field} can have no index: the import fails because of {keyword}=True"
                advice = _INSTEAD.get(field, _WITHOUT)
                yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


RULE = Rule(
    code="TOR110",
    name="non-indexable-field-index",
    summary="reports an index of a field that can have none, such as a TextField",
    safety=Safety.MANUAL,
    since="0.16.0",
    find=find,
    pattern=rb"\b(?:index|db_index|unique)\s*=\s*True\b",
)
