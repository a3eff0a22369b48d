"""Makes a tuple of one name, where parentheses alone make none.

What it does
    `pydantic_model_creator(User, exclude=("password"))` becomes
    `pydantic_model_creator(User, exclude=("password",))`, likewise for `include` and `optional`.

Why
    Without the comma it is a string, which is gone through letter by letter. `exclude=("password")`
    excludes nothing, so that the password is sent to everybody; `include=("name")` makes a class
    without fields.

Before
    User_Pydantic = pydantic_model_creator(User, name="User", exclude=("password"))

After
    User_Pydantic = pydantic_model_creator(User, name="User", exclude=("password",))

When it is safe
    The function is proven to be Tortoise's. No field is called by a single letter of the string, so
    that as it is the parameter does not do what it says.

What it leaves alone
    Silently: names of one letter, which are read as meant; values that are not literal; other
    functions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ._base import Finding, Rule
from ._pydantic import creator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_NAMES = ("include", "exclude", "optional")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each string that stands where a tuple of names belongs."""
    for call in module.nodes(ast.Call):
        strings = [given for given in call.keywords if _is_string(given)]
        if strings and creator(module, call):
            for given in strings:
                span, text = module.span(given.value), module.text(given.value)
                edits = (ReplaceExpression(module.path, span, f"({text},)"),)
                message = f"{given.arg}= gets a string, not a tuple: {text} is not looked at"
                yield Finding(RULE.code, module.path, span, message, edits=edits)


def _is_string(given: ast.keyword) -> bool:
    value = given.value.value if isinstance(given.value, ast.Constant) else None
    return (
        given.arg in _NAMES and isinstance(value, str) and value.isidentifier() and len(value) > 1
    )


RULE = Rule(
    code="TOR609",
    name="creator-string-tuple",
    summary='makes a tuple of `exclude=("password")`, which excludes nothing',
    find=find,
    pattern=rb"(?:include|exclude|optional)\s*=\s*\(",
)
