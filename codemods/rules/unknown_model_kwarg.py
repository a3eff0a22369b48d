"""Finds values that a model is given by a name that it has no field for.

What it does
    Reports `Book(titel="Emma")` and `Book.create(titel="Emma")`, where the model has no field
    `titel`; likewise the keys of a dictionary that is written in `defaults=` of `get_or_create` and
    `update_or_create`, or in `update_from_dict`. Where a field is close to it, the report says so.

Why
    Tortoise takes any name and drops what is no field, without a word: the row is saved with the
    default, or with nothing. `pk` is dropped as well: the key goes by the name of its field.

Example
    book = await Book.create(titel="Emma")

Use instead
    book = await Book.create(title="Emma")

When it is safe
    Never, so it is left for you: the name that was meant is not certain, and a value that was
    dropped so far would be saved.

What it leaves alone
    Silently: models with a base that is not known, with an `__init__` of their own, or with fields
    that are put in later; names that the class binds to something else, such as a property;
    relations, since Tortoise itself refuses those that cannot be given; dictionaries that are not
    written in the call.
"""

from __future__ import annotations

import ast
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..orm.types import ModelClass
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._model_members import members
from ._provoked import is_expected
from ._queries import api_call, connection_keywords, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model
    from ..project.module import Module

_CREATE, _DEFAULTS, _UPDATE = "create", "defaults", "update_from_dict"
_WITH_DEFAULTS = ("get_or_create", "update_or_create")
#: What decides about the values before Tortoise does.
_OWN = frozenset({"__init__", "__new__", "_set_kwargs", "_init_lazy_fkm2m", "__setattr__"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each value that is dropped."""
    for call in module.nodes(ast.Call):
        model, exact, given = _given(module, call)
        if model is None or not given or not _OWN.isdisjoint(model.own):
            continue
        known = members(module.project, model, exact)
        for name, node in given:
            if known is not None and name not in known and not is_expected(module, call):
                yield _finding(module, model, name, node)


def _given(module: Module, call: ast.Call) -> tuple[Model | None, bool, list[tuple[str, ast.expr]]]:
    """The model that a call gives values, whether it is certain, and the values by name."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in (_CREATE, _UPDATE, *_WITH_DEFAULTS):
        found = api_call(module, call)
        if found is None:
            return None, False, []
        receiver = found.method.receiver
        exact = isinstance(receiver, ModelClass) and receiver.exact
        if name == _CREATE:
            return found.model, exact, _keywords(call, connection_keywords(found))
        return found.model, exact, _entries(call, name)
    called = type_of(module, call.func) if call.keywords and _may_be_model(module, call) else None
    if not isinstance(called, ModelClass):
        return None, False, []
    model = module.project.models.get(called.model)
    closed = model is not None and model.closed
    return (model if closed else None), called.exact, _keywords(call, frozenset())


def _may_be_model(module: Module, call: ast.Call) -> bool:
    """Whether what is called has the name of a model, or one for any: types cost far more."""
    project = module.project
    if _may_be_model not in project.memo:
        project.memo[_may_be_model] = frozenset({*project.models.names(), "cls", "model"})
    names: frozenset[str] = project.memo[_may_be_model]
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return name in names or (isinstance(call.func, ast.Name) and call.func.id in names)


def _keywords(call: ast.Call, other: frozenset[str]) -> list[tuple[str, ast.expr]]:
    return [(one.arg, one.value) for one in call.keywords if one.arg and one.arg not in other]


def _entries(call: ast.Call, name: str) -> list[tuple[str, ast.expr]]:
    """The entries of the dictionary that a call is given."""
    given = {one.arg: one.value for one in call.keywords}
    first = call.args[0] if call.args else None
    display = given.get(_DEFAULTS, first) if name in _WITH_DEFAULTS else first
    if not isinstance(display, ast.Dict):
        return []
    keys = ((key.value if isinstance(key, ast.Constant) else None) for key in display.keys)
    pairs = zip(keys, display.values, strict=True)
    return [(key, value) for key, value in pairs if isinstance(key, str)]


def _finding(module: Module, model: Model, name: str, node: ast.expr) -> Finding:
    message = f"{model.symbol.name} has no field {name!r}: the value is dropped without a word"
    close = get_close_matches(name, sorted(model.fields), n=1, cutoff=0.7)
    advice = f"did you mean {close[0]}?" if close else "name a field, or take the value out"
    if name == "pk" and model.primary_key:
        advice = f"name the key: {model.primary_key}"
    span = module.span(node)
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=advice)


RULE = Rule(
    code="TOR241",
    name="unknown-model-kwarg",
    summary="reports values that are dropped, since the model has no field of the name",
    safety=Safety.MANUAL,
    find=find,
    modules=near_models,
)
