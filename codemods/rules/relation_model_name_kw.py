"""Names the related model by position, which works in every release.

What it does
    `ForeignKeyField(model_name="models.Author", ...)` becomes
    `ForeignKeyField("models.Author", ...)`, likewise for `OneToOneField` and `ManyToManyField`.

Why
    tortoise-orm 1.0 renamed the parameter to `to`. The old keyword fails when the models are
    imported: `TypeError: ForeignKeyField() missing 1 required positional argument: 'to'`. The new
    keyword fails in the same way in 0.25 and older; by position the model can be given in all.

Before
    author = fields.ForeignKeyField(model_name="models.Author", related_name="books")

After
    author = fields.ForeignKeyField("models.Author", related_name="books")

When it is safe
    The function that is called is proven to be Tortoise's, and what is passed is a literal or a
    name. The parameter is the first one in every release.

What it leaves alone
    Reported, for a hand: arguments that would have to move away from a comment beside them.
    Silently: functions and classes of the project that take `model_name`; calls with arguments by
    position; projects that allow only releases before 1.0, where nothing is wrong with it;
    branches on a version, and `try` statements that count on a missing name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.positional import PassFirst
from ._base import Finding, Rule
from ._field_calls import field_calls, keyword_of
from ._migration import is_older, is_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_KEYWORD = "model_name"
_SINCE = "1.0.0"
_FIELDS = frozenset(
    f"tortoise.fields.{name}" for name in ("ForeignKeyField", "OneToOneField", "ManyToManyField")
)
_PLAIN = (ast.Constant, ast.Name, ast.Attribute)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each relation that names its model with ``model_name=``."""
    if is_older(module, _SINCE):
        return
    for call, name in field_calls(module, _KEYWORD):
        given = keyword_of(call, _KEYWORD)
        if name not in _FIELDS or given is None or call.args or is_shim(module, call):
            continue
        if isinstance(given.value, _PLAIN) and all(one.arg for one in call.keywords):
            span = module.span(call)
            message = f"{_KEYWORD}= is called to= since {_SINCE}: this raises TypeError"
            edits = (PassFirst(module.path, span, _KEYWORD),)
            yield Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR103",
    name="relation-model-name-kw",
    summary="names a related model by position; 1.0 renamed the keyword `model_name=`",
    since="1.0.0",
    find=find,
    triggers=(b"model_name",),
)
