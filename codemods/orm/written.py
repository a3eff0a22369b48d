"""Which models a writing method of the query API writes the rows of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..project.facts import OPAQUE
from . import api
from ._effect_kinds import union
from .calls import subject
from .types import Manager, ModelClass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.models import Model, Relation
    from ..project.module import Module
    from ..project.symbols import Class
    from .types import ApiMethod

#: What the library calls of a model while it writes.
_HOOKS = frozenset({"_pre_save", "_post_save", "_pre_delete", "_post_delete"})
_SIGNALS = re.compile(rb"\b(?:pre|post)_(?:save|delete)\b|\bregister_listener\b")
_DEFAULT = re.compile(rb"\bdefault\s*=\s*(?:\w+\s*\.\s*)*(\w+)")
_COROUTINE = re.compile(rb"\basync\s+def\s+(\w+)")


def written_models(module: Module, called: ApiMethod) -> frozenset[Class] | None:
    """The models whose rows a method writes; None where it may write others, too.

    Code of the project that the library calls while it writes (a ``save`` of its own, a manager,
    a signal, an asynchronous default) may write anything.
    """
    project, receiver, model = module.project, called.receiver, subject(called.receiver)
    if model is None or _runs_code(project):
        return None
    exact = isinstance(receiver, ModelClass) and receiver.exact
    models = _and_derived(project, model, exact)
    if models is None:
        return None
    rows = api.written_rows(called.name)
    if rows is api.Rows.LINKS and isinstance(receiver, Manager):
        return _linked(project, receiver.relation, models)
    if rows is api.Rows.OWN:
        return models
    return _deleted(project, models) if rows is api.Rows.WITH_REFERENCES else None


def _and_derived(project: Project, symbol: Class, exact: bool) -> frozenset[Class] | None:
    """A model with those that are derived from it; None where writing one may run other code."""
    known = project.models.get(symbol)
    models = [known] if exact else list(project.models.descendants(symbol))
    if known is None or not all(model is not None and _is_plain(model) for model in models):
        return None
    return frozenset(model.symbol for model in models if model is not None)


def _is_plain(model: Model) -> bool:
    """Whether the library alone writes the rows of a model."""
    overridden = any(
        name in _HOOKS or api.worst_effect(api.Owner.INSTANCE, name) is api.Effect.WRITE
        for name in model.own
    )
    return model.closed and not overridden and "manager" not in model.meta


def _linked(
    project: Project, relation: Relation, models: frozenset[Class]
) -> frozenset[Class] | None:
    """The models that linking rows changes: both sides, and one whose table holds the links."""
    owners = _and_derived(project, relation.owner, exact=False)
    both = union((owners, models))
    if both is None or relation.kind != "m2m":
        return both
    tables = {through for symbol in both for through in _through(project, symbol)}
    if OPAQUE in tables:
        return None
    every = project.models.all()
    return both | {symbol for symbol, model in every.items() if model.table in tables}


def _through(project: Project, symbol: Class) -> Iterator[str]:
    """The tables that many-to-many fields of a model name; ``OPAQUE`` for what is not known."""
    model = project.models.get(symbol)
    for field in model.fields.values() if model else ():
        named = field.keywords.get("through", "")
        yield named if isinstance(named, str) and field.complete else OPAQUE


def _deleted(project: Project, models: frozenset[Class]) -> frozenset[Class] | None:
    """The models whose rows may go, or lose a reference, with rows of these models."""
    found = dict.fromkeys(models)
    queue = list(models)
    for symbol in queue:
        for model in project.models.all().values():
            if model.abstract or model.symbol in found:
                continue
            targets = {one.target for one in model.relations.values() if one.name in model.fields}
            if None in targets or not model.closed:
                return None
            if symbol in targets:
                found[model.symbol] = None
                queue.append(model.symbol)
    return frozenset(found)


def _runs_code(project: Project) -> bool:
    """Whether the library may run code of the project when it writes a row of any model.

    That is a signal, a listener, or a coroutine function that is the default of a field.
    """
    if _runs_code not in project.memo:
        near = [data for data in map(project.read, project.relevant) if isinstance(data, bytes)]
        defaults = {name for data in near for name in _DEFAULT.findall(data)}
        every = (data for data in map(project.read, project.files) if isinstance(data, bytes))
        project.memo[_runs_code] = any(map(_SIGNALS.search, near)) or any(
            not defaults.isdisjoint(_COROUTINE.findall(data)) for data in every
        )
    return bool(project.memo[_runs_code])
