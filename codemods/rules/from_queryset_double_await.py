"""Gives `from_queryset` the query, not the rows.

What it does
    `User_Pydantic.from_queryset(await User.all())` becomes
    `User_Pydantic.from_queryset(User.all())`, likewise `from_queryset_single(await
    User.get(id=1))`.

Why
    Both take a query, add what they have to fetch, and await it. Given rows they fail:
    `AttributeError: 'list' object has no attribute 'prefetch_related'`.

Before
    return await User_Pydantic.from_queryset(await User.filter(active=True))

After
    return await User_Pydantic.from_queryset(User.filter(active=True))

When it is safe
    The class is proven to be made by `pydantic_model_creator`, and what is awaited to be a query of
    the kind that the method takes, so that the code fails each time it runs.

What it leaves alone
    Silently: rows that have a name; classes and functions that are not proven; code that expects
    the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import KeepInner
from ..project.near_models import near_models
from ._base import Finding, Rule
from ._provoked import is_expected, is_handled
from ._pydantic import is_schema
from ._queries import is_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_OWNERS = {
    "from_queryset": ("queryset",),
    "from_queryset_single": ("single", "single_optional"),
}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query that is awaited too early."""
    for call in module.nodes(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _OWNERS:
            continue
        waited = call.args[0] if len(call.args) == 1 and not call.keywords else None
        if not isinstance(waited, ast.Await) or not is_schema(module, func.value, func.attr):
            continue
        known = is_query(module, waited.value, *_OWNERS[func.attr])
        if known and not is_expected(module, call) and not _is_handled(module, call):
            span = module.span(waited)
            edits = (KeepInner(module.path, span, module.span(waited.value)),)
            message = f"{func.attr}() takes a query and gets its result: this raises AttributeError"
            yield Finding(RULE.code, module.path, span, message, edits=edits)


def _is_handled(module: Module, call: ast.Call) -> bool:
    return is_handled(module, call, {"AttributeError"})


RULE = Rule(
    code="TOR607",
    name="from-queryset-double-await",
    summary="gives `from_queryset` the query, where it is awaited too early",
    find=find,
    triggers=(b"from_queryset",),
    modules=near_models,
)
