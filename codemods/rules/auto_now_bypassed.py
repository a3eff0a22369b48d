"""Finds writes that leave a field with `auto_now` at its old time.

What it does
    Reports `update(...)` of a query, `save(update_fields=[...])` and `bulk_update(..., [...])`
    of a model that has a field with `auto_now=True`, where the field is not among those written.

Why
    `auto_now` is a matter of `save()`: it sets the time when the field is written with the row. An
    `update()` never does, and the others write only the fields that they are told, so the row
    changes and its time stays as it was.

Example
    await Book.filter(id=1).update(title="Emma")

Use instead
    await Book.filter(id=1).update(title="Emma", changed_at=timezone.now())

When it is safe
    Never, so it is left for you: the time may be meant to stay. It is opt-in for that reason.

What it leaves alone
    Silently: calls that are given their fields by a variable or with `**`; models with a base that
    is not known; `save()` without `update_fields`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._queries import ApiCall, api_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

#: The argument that lists the fields, and where it stands, by method.
_LISTED = {"save": ("update_fields", 1), "bulk_update": ("fields", 1)}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each write that leaves such a field out."""
    for call in api_calls(module, "update", *_LISTED):
        fields = _automatic(call)
        written = _written(call) if fields else None
        if written and fields.isdisjoint(written):
            yield _finding(module, call, sorted(fields))


def _automatic(call: ApiCall) -> set[str]:
    fields = call.model.fields
    return {name for name, field in fields.items() if field.keywords.get("auto_now") is True}


def _written(call: ApiCall) -> set[str] | None:
    """The fields that a call writes; None where it does not say so itself."""
    given = {one.arg: one.value for one in call.node.keywords}
    if call.name == "update":
        return None if None in given else {name for name in given if name}
    name, at = _LISTED[call.name]
    listed = given.get(name, call.node.args[at] if len(call.node.args) > at else None)
    if not isinstance(listed, ast.List | ast.Tuple | ast.Set):
        return None
    names = [one.value if isinstance(one, ast.Constant) else None for one in listed.elts]
    return {name for name in names if isinstance(name, str)} if None not in names else None


def _finding(module: Module, call: ApiCall, fields: list[str]) -> Finding:
    names = ", ".join(fields)
    message = f"{call.name}() leaves {call.model.symbol.name}.{names} at the time it has"
    value = f"{fields[0]}=timezone.now()"
    advice = f"pass {value}" if call.name == "update" else f"write {names} as well"
    span = module.span(call.node)
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=advice)


RULE = Rule(
    code="TOR239",
    name="auto-now-bypassed",
    summary="reports writes that leave a field with `auto_now` at its old time",
    safety=Safety.MANUAL,
    default=False,
    find=find,
    triggers=(b"update",),
    modules=near_models,
)
