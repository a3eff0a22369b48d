"""What a model is known to have, and whether it may have more than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.facts import OPAQUE
from ..project.field_kinds import MANY_TO_MANY, ONE_TO_ONE, RELATIONS, kind_of
from ..project.symbols import Class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.facts import FieldFact
    from ..project.index import Project
    from ..project.models import Model, Relation

#: What gives models fields that no class body has.
_DYNAMIC = (b".add_field(", b".fields_map[", b"_meta.fields_map.")
_TABLE_NAMES = b"table_name_generator"
_ANY = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The other sides of relations of which the end or the name is not known.

    Attributes:
        names: Reverse names by the name of the model that they may be on; by "" those on any.
        models: The names of models that may have relations of unknown names; "" for any.
    """

    names: dict[str, frozenset[str]]
    models: frozenset[str]


def members(project: Project, model: Model, exact: bool = True) -> frozenset[str] | None:
    """All names by which queries may call what a model has; None where there may be others.

    Args:
        project: The project.
        model: The model.
        exact: Whether no model that derives from it is meant.
    """
    if _holds(project, _DYNAMIC) or "manager" in model.meta or model.abstract:
        return None  # what derives from an abstract model may be in another project
    below = (model,) if exact else tuple(project.models.descendants(model.symbol))
    found: set[str] = set()
    unclear = _unclear(project)
    for one in below:
        called = {_ANY, *(symbol.name for symbol in one.lineage)}
        if not one.closed or not called.isdisjoint(unclear.models):
            return None
        found |= {*one.fields, *one.relations, *one.own}
        found |= {f"{name}_id" for name in one.relations if name in one.fields}
        for name in called:
            found |= unclear.names.get(name, frozenset())
    return frozenset(found)


def _holds(project: Project, words: tuple[bytes, ...]) -> bool:
    """Whether a file that names the framework has one of some words."""
    key = (_holds, words)
    if key not in project.memo:
        contents = map(project.read, project.relevant)
        project.memo[key] = any(
            isinstance(data, bytes) and any(word in data for word in words) for data in contents
        )
    return bool(project.memo[key])


def _unclear(project: Project) -> Unclear:
    """The other sides of relations that the index of models does not have."""
    if _unclear not in project.memo:
        names: dict[str, set[str]] = {}
        models: set[str] = set()
        for target, name in (*_of_models(project), *_of_other_classes(project)):
            if name:
                names.setdefault(target, set()).add(name)
            else:
                models.add(target)
        frozen = {target: frozenset(found) for target, found in names.items()}
        project.memo[_unclear] = Unclear(frozen, frozenset(models))
    found: Unclear = project.memo[_unclear]
    return found


def _of_models(project: Project) -> Iterator[tuple[str, str]]:
    """The name of the model where a relation of a model may end, and the name it has there."""
    for model in project.models.all().values():
        for name, relation in model.relations.items():
            field = model.fields.get(name)
            if field is None or model.abstract:
                continue
            target = project.models.get(relation.target) if relation.target else None
            for other in _other_sides(project, model, relation, field):
                if target is None or other not in (*target.relations, *target.fields):
                    yield _named(relation, field), other


def _other_sides(
    project: Project, model: Model, relation: Relation, field: FieldFact
) -> tuple[str, ...]:
    """The names that the other side of a relation may have; an empty one where any is possible.

    The index of models has one of them, if the release and the target are known.
    """
    given = field.keywords.get("related_name")
    if not field.complete or given == OPAQUE or not model.table:
        return (_ANY,)
    if isinstance(given, str) and given:
        return (given,)
    if given is False and relation.kind != MANY_TO_MANY:
        return ()
    if not model.meta.get("table") and _holds(project, (_TABLE_NAMES,)):
        return (_ANY,)
    return (f"{model.table}s", model.table) if relation.kind == ONE_TO_ONE else (f"{model.table}s",)


def _named(relation: Relation, field: FieldFact) -> str:
    """The name of the model that a relation leads to; empty where it is not known."""
    if relation.target:
        return relation.target.name
    return (field.target or field.target_name).rpartition(".")[2]


def _of_other_classes(project: Project) -> Iterator[tuple[str, str]]:
    """The same of classes with relations that are not known to be models."""
    models = project.models.all()
    for path in project.relevant:
        facts = project.facts(path)
        for qualname, fact in facts.classes.items() if facts else ():
            if Class(path, qualname) in models:
                continue
            for field in fact.fields:
                if kind_of(project, path, field.factory).name in RELATIONS:
                    given = field.keywords.get("related_name")
                    plain = isinstance(given, str) and given != OPAQUE and field.complete
                    target = (field.target or field.target_name).rpartition(".")[2]
                    yield target, str(given) if plain else ""
