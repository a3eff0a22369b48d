"""Reports keywords that a field ignores, and makes a description of `help_text=`.

What it does
    Reports keywords in the call of a field class that the class does not have, such as `blank=`,
    `choices=` or `max_length=` of an `IntField`. `help_text=` and `verbose_name=`, which are those
    of Django, become `description=`.

Why
    A field takes every keyword, and drops in silence what it does not know. What was meant does
    not happen: there is no check of the choices, and `nullable=True` is no `null=True`.

Before
    size = fields.IntField(help_text="in centimetres", choices=SIZES)

After
    size = fields.IntField(description="in centimetres", choices=SIZES)

When it is safe
    Never: the database gets the description as the comment of the column, with the next migration.
    The class that is called is proven to be a field of Tortoise, and the text to be a string.

What it leaves alone
    Reported, for a hand: all other keywords. `primary_key=` and `db_index=` in projects on releases
    before 0.21, and `db_default=` before 1.1, which ignore them.
    Silently: field classes of the project; dictionaries of keywords; code that is there for
    several releases.
"""

from __future__ import annotations

import ast
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ..orm.declarations import all_field_keywords, field_keywords
from ._base import Finding, Rule, Safety
from ._field_calls import field_class, keyword_of
from ._migration import is_older, is_shim

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..project.module import Module

_DESCRIPTION = "description"
_TEXTS = ("help_text", "verbose_name")
_RESTS = "it rests on the text being right as the comment of the column in the database"
_LIKENESS = 0.8
_VALIDATOR = "validators= takes what checks a value, such as MaxLengthValidator(50)"
_INSTEAD = {
    "auto_increment": "a key of whole numbers counts by itself, unless generated=False",
    "blank": "null= says whether there may be no value, a validator what it may be",
    "choices": "CharEnumField and IntEnumField take the values of an Enum",
    "comment": "write description=",
    "db_column": "write source_field=",
    **dict.fromkeys(_TEXTS, "description= is the comment of the column"),
    "default_factory": "default= takes a function as well",
    **dict.fromkeys(("ge", "gt", "le", "lt", "max_length", "min_length"), _VALIDATOR),
    "nullable": "write null=",
    "server_default": "db_default= is that of the database, since 1.1",
}
_OTHERWISE = "take it out, or find out what was meant"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each keyword that a field drops."""
    for call in module.nodes(ast.Call):
        if not _may_declare(module, call):
            continue
        name = field_class(module, call)
        if name and not is_shim(module, call):
            for given in call.keywords:
                yield from _found(module, call, name, given)


def _may_declare(module: Module, call: ast.Call) -> bool:
    """Whether it is worth asking what is called: a field stands in the body of a class."""
    statement = module.parent(call)
    return (
        bool(call.keywords)
        and isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(module.parent(statement), ast.ClassDef)
    )


def _found(module: Module, call: ast.Call, name: str, given: ast.keyword) -> Iterator[Finding]:
    known, keyword, field = field_keywords(name), given.arg or "", name.rpartition(".")[2]
    if not keyword or (keyword in known and not known[keyword]):
        return
    span = module.span(given.value)
    if keyword in known:
        if is_older(module, known[keyword]):
            message = f"{field} takes {keyword}= since {known[keyword]}; this release ignores it"
            advice = _former(keyword)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
        return
    message = f"{field} has no parameter {keyword}=, and ignores it"
    if _is_text(call, given):
        edits = (RenameKeyword(module.path, module.span(call), keyword, _DESCRIPTION),)
        yield Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)
    else:
        advice = _advice(keyword, known.keys())
        yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _is_text(call: ast.Call, given: ast.keyword) -> bool:
    """Whether a keyword is the only one of its call that can become a description."""
    others = (_DESCRIPTION, *(one for one in _TEXTS if one != given.arg))
    text = isinstance(given.value, ast.Constant) and isinstance(given.value.value, str)
    whole = all(one.arg for one in call.keywords)
    return given.arg in _TEXTS and text and whole and not any(keyword_of(call, o) for o in others)


def _former(keyword: str) -> str:
    former = {"primary_key": "pk", "db_index": "index"}.get(keyword, "")
    return f"write {former}= until the release is a newer one" if former else "see the release"


def _advice(keyword: str, known: Iterable[str]) -> str:
    if keyword in _INSTEAD:
        return _INSTEAD[keyword]
    near = get_close_matches(keyword, sorted(known), 1, _LIKENESS)
    if near:
        return f"{near[0]}= may have been meant"
    return "another kind of field has it" if keyword in all_field_keywords() else _OTHERWISE


RULE = Rule(
    code="TOR116",
    name="unknown-field-kwarg",
    summary="reports keywords that a field ignores, and makes a description of `help_text=`",
    safety=Safety.UNSAFE,
    find=find,
    pattern=rb"Field\s*(?:\[[^\]]*\]\s*)?\(",
)
