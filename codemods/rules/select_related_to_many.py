"""Finds select_related over relations that lead to many rows.

What it does
    Reports `select_related("tags")` where `tags` is a reverse or many-to-many relation, at the
    beginning of the path or further on.

Why
    `select_related` joins, and a join gives one row for each pair: a book with three tags comes
    three times, one without tags once, `len()` and `limit()` count the pairs, `get()` raises
    MultipleObjectsReturned, and `book.tags` is no collection: it is one Tag. Nothing
    says so at run time.

Example
    books = await Book.all().select_related("tags")

Use instead
    books = await Book.all().prefetch_related("tags")

When it is safe
    Never, so it is left for you: code that goes through the rows may count on having one for each
    pair, or may take the doubles out by hand.

What it leaves alone
    Relations to one object, forward or reverse one-to-one; names that are not written out; models
    and relations that are not known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.calls import subject
from ..orm.infer import types_of
from ..orm.types import ApiMethod
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._fetch_paths import hops, literal
from ._provoked import is_expected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Relation
    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each path that leads through a to-many relation."""
    for call in module.nodes(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "select_related":
            continue
        if is_expected(module, call):
            continue
        for argument in call.args if any(map(literal, call.args)) else ():
            relation = _to_many(module, call, argument)
            if relation is not None:
                yield _finding(module, argument, relation)


def _to_many(module: Module, call: ast.Call, argument: ast.expr) -> Relation | None:
    """The first relation to many rows in the path that an argument names."""
    called = types_of(module, module.scope(call)).of(call.func)
    model = subject(called.receiver) if isinstance(called, ApiMethod) else None
    path = literal(argument)
    if model is None or not path:
        return None
    return next((hop for hop in hops(module, model, path) if hop.to_many), None)


def _finding(module: Module, argument: ast.expr, relation: Relation) -> Finding:
    name = relation.target.name if relation.target else "object"
    message = (
        f"select_related({literal(argument)!r}) gives a row for each {name}, "
        f"and .{relation.name} becomes a single one"
    )
    advice = f"fetch it by prefetch_related({literal(argument)!r})"
    span = module.span(argument)
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=advice)


RULE = Rule(
    code="TOR265",
    name="select-related-to-many",
    summary="reports select_related over a to-many relation, which silently gives wrong rows",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"select_related",),
    modules=near_models,
)
