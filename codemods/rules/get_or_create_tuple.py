"""Unpacks what `get_or_create` gives: the object, and whether it is new.

What it does
    `order = await Order.get_or_create(...)`, where the name is then used as the object, becomes
    `order, _ = await Order.get_or_create(...)`, likewise for `update_or_create`.

Why
    Both give a tuple. What is then taken of the object fails: `AttributeError: 'tuple' object has
    no attribute 'number'`.

Before
    tag = await Tag.get_or_create(name=name)
    tags.append(tag.id)

After
    tag, _ = await Tag.get_or_create(name=name)
    tags.append(tag.id)

When it is safe
    It is unsafe: with `--unsafe` it is applied where one statement binds the name, and every use of
    it takes an attribute that the model has. It rests on these uses being what is meant.

What it leaves alone
    Silently: names that are also indexed, unpacked, returned or passed on; attributes that tuples
    have, `count` and `index`; functions that use `_` for something else; methods of the project's
    own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.statements import ReplaceStatement
from ..orm import api, scopes
from ..project.facts import FunctionNode
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._queries import ApiCall, api_calls
from ._statements import reads, sole_target, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_RESTS = "it rests on the object being meant by every use of the name"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each tuple that is used as if it were the object."""
    for found in api_calls(module, "get_or_create", "update_or_create"):
        waited = module.parent(found.node)
        statement = module.parent(waited) if isinstance(waited, ast.Await) else None
        name = sole_target(module, statement) if isinstance(statement, ast.Assign) else ""
        if name and isinstance(statement, ast.Assign):
            uses = reads(module, statement, name)
            as_object = uses and all(_is_of_object(module, found, use) for use in uses)
            if as_object and not _uses_underscore(module, statement):
                yield _finding(module, found, statement, name)


def _is_of_object(module: Module, found: ApiCall, use: ast.Name) -> bool:
    """Whether an attribute is taken of a name that the model has and a tuple does not."""
    outer = module.parent(use)
    if not isinstance(outer, ast.Attribute) or hasattr(tuple, outer.attr):
        return False
    model = found.model
    own = (*model.fields, *model.relations, *model.own, "pk")
    return outer.attr in own or bool(api.methods(api.Owner.INSTANCE, outer.attr))


def _uses_underscore(module: Module, statement: ast.Assign) -> bool:
    scope = module.scope(statement)
    bound = isinstance(scope, FunctionNode) and "_" in scopes.bindings_in(module, scope)
    return bound or bool(reads(module, statement, "_"))


def _finding(module: Module, found: ApiCall, statement: ast.Assign, name: str) -> Finding:
    span = module.span(statement)
    message = f"{found.name}() gives a tuple: the object, and whether it is new"
    source = text_of(module, statement).replace(name, f"{name}, _", 1)
    edits = (ReplaceStatement(module.path, span, source),)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


RULE = Rule(
    code="TOR216",
    name="get-or-create-tuple",
    summary="unpacks the tuple that `get_or_create` gives, where it is used as the object",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"get_or_create", b"update_or_create"),
    modules=near_models,
)
