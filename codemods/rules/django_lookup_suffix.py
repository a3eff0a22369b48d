"""Writes the lookups of Django that Tortoise does not have as those that it has.

What it does
    `filter(name__exact="x")` becomes `filter(name="x")`, and `filter(name__ne="x")` becomes
    `filter(name__not="x")`; also in `Q` objects that are written in the call.

Why
    Tortoise has no lookups of these names: `FieldError: Unknown filter param 'name__exact'`.

Before
    order = await Order.get(number__exact=7)

After
    order = await Order.get(number=7)

When it is safe
    The model is proven, all of its bases are known, and the part before the lookup is a field of
    it, or of a model that a path of known relations leads to: the filter raises each time it runs.

What it leaves alone
    Silently: paths that end in a field called `exact` or `ne`; fields of other kinds, such as those
    of JSON, which have lookups of their own; filters that have the new keyword already; filters
    that are built elsewhere; code that expects the error; other lookups that Tortoise lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ..orm import api
from ..project.field_kinds import kind_of
from ..project.near_models import near_models
from ..project.symbols import External
from ._base import Finding, Rule
from ._lookups import Lookup, is_free, lookups, owner_of
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model
    from ..project.module import Module

_NAMES = {"exact": "", "ne": "not"}
_OTHER = ("JSONField", "ArrayField", "TSVectorField", "BinaryField")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each lookup that is Django's."""
    for lookup in lookups(module):
        *path, name, last = ["", *lookup.parts]
        if last not in _NAMES or not name:
            continue
        model = owner_of(module, lookup.model, path[1:])
        new = "__".join(filter(None, (*path[1:], name, _NAMES[last])))
        usable = model is not None and _is_plain_field(module, model, name)
        if usable and is_free(lookup.call, new) and not _is_meant(module, lookup):
            yield _finding(module, lookup, new)


def _is_plain_field(module: Module, model: Model, name: str) -> bool:
    """Whether a model has a data field of a name, of a class that has no lookups of its own."""
    field = model.fields.get(name)
    if field is None or name in model.relations:
        return name == "pk"
    for owner in model.lineage:
        fact = module.project.class_fact(owner)
        if fact is None or all(one.name != name for one in fact.fields):
            continue
        symbol = module.project.resolve(owner.path, field.factory)
        dotted = api.canonical(symbol.dotted) if isinstance(symbol, External) else ""
        plain = kind_of(module.project, owner.path, field.factory).plain
        return plain and dotted.startswith("tortoise.") and not dotted.endswith(_OTHER)
    return name == model.primary_key


def _is_meant(module: Module, lookup: Lookup) -> bool:
    call = lookup.call
    return is_expected(module, call) or is_handled(module, call, {"FieldError"})


def _finding(module: Module, lookup: Lookup, new: str) -> Finding:
    old = lookup.keyword.arg or ""
    span = module.span(lookup.call)
    message = f"Tortoise has no lookup {old}: this raises FieldError"
    edits = (RenameKeyword(module.path, span, old, new),)
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR227",
    name="django-lookup-suffix",
    summary="writes `__exact` and `__ne`, which are Django's, as Tortoise has them",
    find=find,
    triggers=(b"__exact", b"__ne"),
    modules=near_models,
)
