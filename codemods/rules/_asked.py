"""Queries of a row's relation: from the relation itself, or by the key of the row."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..orm.infer import place
from ..orm.types import Instance, Manager, ModelClass

if TYPE_CHECKING:
    from ..orm.chains import Chain, Link
    from ..orm.infer import Types
    from ..orm.types import Place
    from ..project.models import Model, Relation
    from ..project.module import Module

_REVERSE = {"fk": "reverse", "o2o": "reverse_o2o", "m2m": "m2m"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of the objects that a relation of a row leads to, or of some of them.

    Attributes:
        inner: ``row.relation``, or what stands for the row in the condition: its key or itself.
        owner: The row.
        relation: The relation.
        links: The calls that choose among the objects or order them; none where it gives them all.
        key: The keyword that names the row in the first of them; empty where there is none.
    """

    inner: ast.expr
    owner: ast.expr
    relation: Relation
    links: tuple[Link, ...] = ()
    key: str = ""


def asked_by(module: Module, types: Types, chain: Chain, query: ast.expr) -> Asked | None:
    """The relation that a chain of calls queries, as far as that is proven.

    ``query`` gives the rows; other objects may stand in the conditions as well.
    """
    links = tuple(link for link in chain.links if not _is_idle(link))
    if isinstance(chain.start, Manager):
        root = chain.root
        if not isinstance(root, ast.Attribute) or not chain.links:
            return None
        return Asked(root, root.value, chain.start.relation, links)
    if not isinstance(chain.start, ModelClass) or not chain.start.exact or not links:
        return None
    return _by_key(module, types, chain.start, links, place(query))


def _is_idle(link: Link) -> bool:
    return link.method.name == "all" and not link.call.args and not link.call.keywords


def _by_key(
    module: Module, types: Types, start: ModelClass, links: tuple[Link, ...], origin: Place
) -> Asked | None:
    """``Model.filter(relation=row)``, where the row's model has the other side of the relation."""
    if links[0].method.name not in ("filter", "get", "get_or_none") or links[0].call.args:
        return None
    found = [
        (keyword, relation)
        for keyword in links[0].call.keywords
        if (relation := _other_side(module, types, start, keyword, origin)) is not None
    ]
    if len(found) != 1:
        return None
    keyword, relation = found[0]
    value = keyword.value
    owner = value.value if isinstance(value, ast.Attribute) else value
    return Asked(value, owner, relation, links, keyword.arg or "")


def _other_side(
    module: Module, types: Types, start: ModelClass, keyword: ast.keyword, origin: Place
) -> Relation | None:
    """The relation of a row that leads to the objects that lead to that row."""
    models, value = module.project.models, keyword.value
    model = models.get(start.model)
    row = types.of(value.value if isinstance(value, ast.Attribute) else value)
    known = isinstance(row, Instance) and origin in row.origins
    target = models.get(row.model) if isinstance(row, Instance) and known else None
    if model is None or target is None:
        return None
    by_key = isinstance(value, ast.Attribute)
    if isinstance(value, ast.Attribute) and value.attr not in ("pk", target.primary_key):
        return None
    forward = _named(model, target, keyword.arg or "", by_key)
    known = forward is not None and forward.target == target.symbol
    return reverse_of(model, forward, target) if forward and known else None


def _named(model: Model, target: Model, name: str, by_key: bool) -> Relation | None:
    """The relation that a condition names: ``author``, or its key, ``author_id``."""
    head, _, rest = name.partition("__")
    if rest and not (by_key and rest in ("pk", target.primary_key)):
        return None
    short = head.removesuffix("_id")
    if by_key and short != head and head not in model.fields and not rest:
        return model.relations.get(short)
    return model.relations.get(head) if head in model.fields else None


def reverse_of(model: Model, forward: Relation, target: Model) -> Relation | None:
    """The other side of a relation by primary keys; None where it cannot be told which it is.

    Args:
        model: The model that declares the relation.
        forward: The relation.
        target: The model that it leads to.
    """
    field = model.fields.get(forward.name)
    if field is None or not field.complete or "to_field" in field.keywords:
        return None
    kind, named = _REVERSE.get(forward.kind), field.keywords.get("related_name")
    sides = [
        one
        for one in target.relations.values()
        if one.kind == kind and one.target == model.symbol and one.owner == target.symbol
    ]
    if isinstance(named, str) and named:
        return next((one for one in sides if one.name == named), None)
    twins = [one for one in model.relations.values() if one.target == target.symbol]
    return sides[0] if len(sides) == 1 and twins == [forward] else None
