"""Finds names in queries that the model has no field or relation for.

What it does
    Reports `filter(titel="Emma")`, where the model has no field `titel`; likewise the names in
    `exclude`, `get`, `get_or_create`, `update`, `order_by`, `values`, `only`, `prefetch_related`,
    `select_related` and others, in `Q` objects that are written in the call, and further on in a
    path such as `author__nmae`. Where a name of the model is close to it, the report says so.

Why
    The query fails when it runs, and only then: `FieldError: Unknown filter param 'titel'. Allowed
    base values are [...]`.

Example
    books = await Book.filter(titel="Emma")

Use instead
    books = await Book.filter(title="Emma")

When it is safe
    Never, so it is left for you: the name that was meant is not certain.

What it leaves alone
    Silently: names of annotations; queries that other code has built or begun; models with a base
    that is not known, a manager of their own, or fields that are put in later; relations whose
    other side may have the name; what follows a field, such as a lookup or a key of JSON; code that
    expects the error.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..orm.lookups import LOOKUPS
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._model_members import members
from ._named_parts import METHODS, Part, parts
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model
    from ..project.module import Module

_ERRORS = frozenset({"FieldError", "OperationalError", "AttributeError", "KeyError"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each name that leads nowhere."""
    for part in parts(module):
        found = _unknown(module, part)
        if found is not None and not _is_meant(module, part):
            yield _finding(module, part, *found)


def _unknown(module: Module, part: Part) -> tuple[Model, str, frozenset[str]] | None:
    """The first name of a path that a model does not have, with what it has."""
    project, model, exact = module.project, part.call.model, part.exact
    names = part.path.split("__")
    for index, name in enumerate(names):
        known = members(project, model, exact)
        if known is None or not name or any("__" in one for one in known):
            return None
        relation = model.relations.get(name)
        if name not in known:
            asked = index and index == len(names) - 1 and name in LOOKUPS
            is_key = name == "pk" and (part.filters or part.call.name == "order_by")
            return None if asked or is_key else (model, name, known)
        after = project.models.get(relation.target) if relation and relation.target else None
        if after is None or not after.closed or (relation and relation.kind == "unclear"):
            return None
        model, exact = after, True
    return None


def _is_meant(module: Module, part: Part) -> bool:
    node = part.call.node
    return is_expected(module, node) or is_handled(module, node, _ERRORS)


def _finding(module: Module, part: Part, model: Model, name: str, known: frozenset[str]) -> Finding:
    what = "relation" if part.relation else "field or relation"
    path = f" of {part.path!r}" if name != part.path else ""
    message = f"{model.symbol.name} has no {what} {name!r}{path}: {part.call.name}() fails"
    return Finding(
        RULE.code,
        module.path,
        module.span(part.node),
        message,
        Safety.MANUAL,
        advice=_advice(model, name, known),
    )


def _advice(model: Model, name: str, known: frozenset[str]) -> str:
    """What may have been meant."""
    if name == "pk" and model.primary_key:
        return f"name the key: {model.primary_key}"
    public = sorted({*model.fields, *model.relations} & known)
    close = get_close_matches(name, public, n=1, cutoff=0.7)
    if close:
        return f"did you mean {close[0]}?"
    return f"name one of {', '.join(public)}"


RULE = Rule(
    code="TOR242",
    name="unknown-filter-field",
    summary="reports names in queries that the model has no field or relation for",
    safety=Safety.MANUAL,
    find=find,
    triggers=tuple(name.encode() for name in METHODS),
    modules=near_models,
)
