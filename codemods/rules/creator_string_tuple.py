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
    The function is proven to be Tortoise's, and the fields of the model are known. None is called
    by a single letter of the string, so that as it is the parameter does not do what it says.
    Unsafe, applied with --unsafe only: a model that is not known, or with such a field.

What it leaves alone
    Silently: names of one letter, which are read as meant; values that are not literal; other
    functions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..project.symbols import Class
from ._base import Finding, Rule, Safety
from ._migration import symbol_of
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
                doubt = _doubt(module, call, given)
                safety = Safety.UNSAFE if doubt else Safety.SAFE
                yield Finding(RULE.code, module.path, span, message, safety, edits, doubt)


def _doubt(module: Module, call: ast.Call, given: ast.keyword) -> str:
    """What the repair rests on: that no field is called by a letter; empty where that is proven."""
    model = call.args[0] if call.args else None
    symbol = symbol_of(module, model) if model is not None else None
    known = module.project.models.get(symbol) if isinstance(symbol, Class) else None
    letters = set(str(getattr(given.value, "value", "")))
    if known is None or not known.closed:
        return "no field of the model is called by a single letter of the string"
    named = sorted(letters & {*known.fields, *known.relations})
    return f"the field {named[0]}, a letter of the string, is named as it is" if named else ""


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
