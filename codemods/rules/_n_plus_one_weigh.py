"""What stands against fetching the relations with the rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.control import region_of
from ..orm.effects import effects_of
from ._n_plus_one_edits import split, weigh_text
from ._n_plus_one_objects import weigh_changes, weigh_leaks, weigh_sharing
from ._n_plus_one_query import weigh_lost
from ._n_plus_one_way import weigh_path, weigh_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.rows import Rows
    from ..project.facts import ClassFact
    from ..project.models import Model, Relation
    from ..project.module import Module
    from ..project.symbols import Class
    from ._n_plus_one_case import Case

_GROWING = frozenset({"append", "extend", "insert", "__setitem__", "__iadd__"})
#: What a relation that is not fetched, or is fetched with the rows, begins its query with.
_CHOOSING = frozenset({"all", "filter"})


def weigh(case: Case) -> None:
    """Add to the verdict all that stands against a rewrite."""
    for site in case.sites:
        weigh_relation(case, site.relation)
    region = region_of(case.module, case.rows)
    if region is None:
        case.verdict.against.append("the query and the loop lie in different branches")
    else:
        weigh_effects(case, region)
        weigh_changes(case, region)
        weigh_sharing(case, region)
        weigh_way(case, region)
    for rows in (case.rows, *case.inner):
        weigh_other_uses(case, rows)
        weigh_leaks(case, rows)
    for site in case.sites:
        weigh_path(case, site)
        weigh_text(case, site)
    _weigh_none(case)
    weigh_lost(case, split(case)[1])


def weigh_relation(case: Case, relation: Relation) -> None:
    """Whether the model behind a relation is known, and read as the query reads its own."""
    models = case.module.project.models
    target = models.get(relation.target) if relation.target else None
    owner = models.get(relation.owner) or case.source.model
    if target is None:
        case.verdict.against.append(f"the model behind {relation.name} is not known")
        return
    for one in (owner, target):
        if any("manager" in fact.meta for fact in _classes(case.module, one)):
            case.verdict.against.append(f"{one.symbol.name} has a manager of its own")
        if any(not _CHOOSING.isdisjoint(fact.methods) for fact in _classes(case.module, one)):
            case.verdict.against.append(f"{one.symbol.name} chooses its rows in a way of its own")
    if _unconstrained(owner, target, relation):
        case.verdict.doubts.append(f"{relation.name} may lead to another database")


def _classes(module: Module, model: Model) -> Iterator[ClassFact]:
    facts = (module.project.class_fact(symbol) for symbol in model.lineage)
    return (fact for fact in facts if fact is not None)


def _unconstrained(model: Model, target: Model, relation: Relation) -> bool:
    """Whether the relation is declared without a constraint, so that it may leave the database."""
    for field in (*model.fields.values(), *target.fields.values()):
        names = (field.name, field.keywords.get("related_name"))
        if relation.name in names and field.keywords.get("db_constraint", True) is not True:
            return True
    return False


def weigh_effects(case: Case, region: list[ast.stmt]) -> None:
    """What is fetched early does not show what is written between then and the lazy read."""
    effects = effects_of(case.module, region)
    for write in effects.writes:
        if write.models is None or not _is_apart(case, write.models):
            case.verdict.against.append(f"{write.where} writes to the database")
            break
    if effects.unknown:
        case.verdict.doubts.append(f"{effects.unknown} may write to the database")


def _is_apart(case: Case, written: frozenset[Class]) -> bool:
    """Whether rows of these models are none that the query or its relations read."""
    models = case.module.project.models
    read = {case.source.model.symbol}
    for site in case.sites:
        read |= {site.relation.owner, *filter(None, (site.relation.target,))}
        if site.relation.kind == "m2m" and _has_own_table(case, site.relation):
            return False
    tables = {model.table for symbol in read if (model := models.get(symbol))}
    mine = {model.table for symbol in written if (model := models.get(symbol))}
    return not read & written and not tables & mine and "" not in tables | mine


def _has_own_table(case: Case, relation: Relation) -> bool:
    """Whether a many-to-many relation may be kept in the table of a model."""
    models = case.module.project.models
    sides = (models.get(relation.owner), models.get(relation.target) if relation.target else None)
    fields = [field for side in sides if side for field in side.fields.values()]
    return any("through" in field.keywords or not field.complete for field in fields)


def weigh_other_uses(case: Case, rows: Rows) -> None:
    """Uses of the variable that holds the rows, other than the loops."""
    for use in rows.others:
        line = getattr(use, "lineno", rows.statement.lineno)
        if grows(case.module, use):
            case.verdict.against.append(f"the list of rows is changed (line {line})")
        case.verdict.escape(f"the rows are used elsewhere too (line {line})")


def grows(module: Module, use: ast.AST) -> bool:
    """Whether rows of another origin may get into the list."""
    parent = module.parent(use)
    if isinstance(parent, ast.Attribute):
        return parent.attr in _GROWING
    return isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)


def _weigh_none(case: Case) -> None:
    """A fetched relation without an object is None, which code out of sight would await."""
    for site in case.sites if case.verdict.escapes else ():
        if site.relation.nullable and not site.relation.to_many:
            why = f"{site.relation.name} can be None, and {case.verdict.escapes[0]}"
            case.verdict.against.append(why)
