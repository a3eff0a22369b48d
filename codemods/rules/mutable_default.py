"""Gives a JSON field a function that makes its default, not one list or dictionary for all rows.

What it does
    `default={}` of a `JSONField` becomes `default=dict`, and `default=[]` becomes `default=list`.

Why
    Until tortoise-orm 0.17 every new object got the same list or dictionary, so that a change of
    one was seen in all. Since 0.18 each gets a copy. A function says what is meant, on every
    release.

Before
    settings = fields.JSONField(default={})

After
    settings = fields.JSONField(default=dict)

When it is safe
    The literal is empty, so that the function makes the same value. The class that is called is
    proven to be Tortoise's `JSONField`, which never has a default in the database. Tortoise's own
    migrations can write both functions into a file. It is unsafe where the project makes pydantic
    classes of models and may use 0.20 or newer: the field is required in them then, since only a
    value becomes their default.

What it leaves alone
    Reported, for a hand, where a release before 0.18 may be used: lists and dictionaries that are
    not empty. Write a function at module level that makes them.
    Silently: those in newer releases, which copy them; names of lists; other fields, whose default
    may be that of the column as well.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ._base import Finding, Rule, Safety
from ._bound_names import may_be_bound
from ._field_calls import field_calls, keyword_of
from ._migration import is_older
from ._pydantic import doubt_of_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_FIELD = "tortoise.fields.JSONField"
_COPIED = "0.18.0"
_NAMES = {ast.List: "list", ast.Dict: "dict"}
_OWN = "write a function at module level that makes it, and pass that"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each default that is a list or a dictionary."""
    for call, name in field_calls(module, "default"):
        given = keyword_of(call, "default") if name == _FIELD else None
        value = given.value if given else None
        if isinstance(value, ast.List | ast.Dict):
            yield from _found(module, value)


def _found(module: Module, value: ast.List | ast.Dict) -> Iterator[Finding]:
    span, name = module.span(value), _NAMES[type(value)]
    message = f"default={module.text(value)} is one {name} for all rows"
    if value.elts if isinstance(value, ast.List) else value.keys:
        if is_older(module, _COPIED):
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _OWN)
    elif not may_be_bound(module, name):
        edits, doubt = (ReplaceExpression(module.path, span, name),), doubt_of_function(module)
        safety = Safety.UNSAFE if doubt else Safety.SAFE
        yield Finding(RULE.code, module.path, span, message, safety, edits, doubt)


RULE = Rule(
    code="TOR122",
    name="mutable-default",
    summary="gives a JSON field the function `dict` or `list`, not one `{}` or `[]`",
    find=find,
    pattern=rb"\bdefault\s*=\s*[\[{]",
)
