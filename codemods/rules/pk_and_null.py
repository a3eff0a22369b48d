"""Takes `null=True` from a primary key, which no release since 0.16.9 accepts.

What it does
    `IntField(pk=True, null=True)` becomes `IntField(pk=True)`, likewise with `primary_key=`.

Why
    A primary key has a value in every row. The module cannot be imported:

        ConfigurationError: IntField can't be both null=True and pk=True

Before
    code = fields.CharField(max_length=8, primary_key=True, null=True)

After
    code = fields.CharField(max_length=8, primary_key=True)

When it is safe
    The module cannot be imported as it is. The class that is called is proven to be a field of
    Tortoise, or a class of the project that derives from one and has no constructor of its own.

What it leaves alone
    Silently: projects on releases before 0.16.9; `primary_key=` where a release before 0.21 may be
    used, which ignores it; calls with `**`; field classes with a constructor of their own; what
    asks for the error or handles it, and code that is there for several releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.arguments import RemoveKeyword
from ._base import Finding, Rule
from ._field_calls import keyword_of
from ._key_calls import is_true, key_calls
from ._migration import is_older
from ._provoked import is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.16.9"
_ERRORS = frozenset({"ConfigurationError"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each primary key that is declared to be nullable."""
    if is_older(module, _SINCE):
        return
    for call, _, key in key_calls(module):
        given = keyword_of(call, "null")
        handled = is_handled(module, call, _ERRORS)
        if given is not None and is_true(given.value) and not handled:
            field = module.text(call.func).rpartition(".")[2]
            message = f"{field} can't be both null=True and {key}=True: the import fails"
            span = module.span(call)
            edits = (RemoveKeyword(module.path, span, "null"),)
            yield Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR111",
    name="pk-and-null",
    summary="takes `null=True` from a primary key, which the import fails with",
    since="0.16.9",
    find=find,
    pattern=rb"\bnull\s*=\s*True\b",
)
