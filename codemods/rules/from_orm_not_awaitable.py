"""Fetches the relations of an object before it becomes a pydantic one.

What it does
    `User_Pydantic.from_orm(user)` and `User_Pydantic.model_validate(user)`, where `user` is an
    object of a model, become `await User_Pydantic.from_tortoise_orm(user)`.

Why
    Relations that have not been fetched are no lists yet: `ValidationError: Input should be a valid
    list`. `from_tortoise_orm` fetches what the class needs.

Before
    return User_Pydantic.from_orm(user)

After
    return await User_Pydantic.from_tortoise_orm(user)

When it is safe
    It is unsafe: without relations both give the same, and with them the new one runs queries. With
    `--unsafe` it is applied where the class and the object are proven, and `await` is allowed.

What it leaves alone
    Reported, for a hand: functions that are not `async`.
    Silently: objects whose type is not proven; other arguments; classes of pydantic that were not
    made of a model.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.awaiting import AwaitExpression
from ..edits.expressions import RenameAttribute
from ..orm.types import Instance
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._pydantic import is_schema
from ._queries import can_await, takes_bare_await, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_NAMES = ("from_orm", "model_validate")
_NEW = "from_tortoise_orm"
_RESTS = (
    "it rests on the relations being wanted: queries of their own fetch them, in the place of what"
    " was prefetched"
)
_NO_AWAIT = f"await is not possible here: make the function async, and await {_NEW}()"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each object that is validated with its relations unfetched."""
    for call in module.nodes(ast.Call):
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in _NAMES and len(call.args) == 1:
            row = type_of(module, call.args[0])
            known = isinstance(row, Instance) and not row.optional and not call.keywords
            if known and is_schema(module, func.value, _NEW):
                yield _finding(module, call, func)


def _finding(module: Module, call: ast.Call, func: ast.Attribute) -> Finding:
    span = module.span(call)
    message = f"{func.attr}() does not fetch the relations of the object"
    if not can_await(module, call):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _NO_AWAIT)
    edits = (
        RenameAttribute(module.path, module.span(func), _NEW),
        AwaitExpression(module.path, span, takes_bare_await(module, call)),
    )
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


RULE = Rule(
    code="TOR606",
    name="from-orm-not-awaitable",
    summary="fetches the relations of an object before it becomes a pydantic one",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b".from_orm(", b".model_validate("),
    modules=near_models,
)
