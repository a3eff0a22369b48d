"""Attributes of rows for several choices of the objects that one relation leads to."""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..edits._base import expression
from ..orm import api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model
    from ..project.module import Module
    from ._n_plus_one_case import Site, Source

_GUARDS = frozenset({"__setattr__", "__slots__"})


def with_attributes(module: Module, source: Source, sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """The sites, each with an attribute of its own where its relation is asked for several choices.

    As they are where one of a relation's choices is all of it, or a row takes no attributes.
    """
    named: dict[tuple[str, str], str] = {}
    for path in dict.fromkeys(site.path for site in sites):
        ours = [site for site in sites if site.path == path]
        choices = dict.fromkeys(site.refined for site in ours)
        if len(choices) > 1 and "" not in choices and not _is_guarded(module, source.model):
            for choice in choices:
                asking = [site for site in ours if site.refined == choice]
                name = _name(module, source.model, asking, set(named.values()))
                named[path, choice] = name
    return tuple(replace(s, kept=named.get((s.path, s.refined), "")) for s in sites)


def _is_guarded(module: Module, model: Model) -> bool:
    """Whether a model says itself what attributes its rows take."""
    return not _GUARDS.isdisjoint(_bound(module, model))


def _bound(module: Module, model: Model) -> set[str]:
    """All names that a model and those that derive from it bind in their bodies."""
    below = (one.symbol for one in module.project.models.descendants(model.symbol))
    facts = (module.project.class_fact(symbol) for symbol in (*model.lineage, *below))
    return {name for fact in facts if fact for name in (*fact.names, *fact.methods)}


def _name(module: Module, model: Model, sites: list[Site], given: set[str]) -> str:
    """A name for what some sites read: that of its variable, or one made of the condition."""
    taken = {*given, *model.fields, *model.relations, *_bound(module, model), *api.method_names()}
    for name in _candidates(module, sites):
        free = name not in taken and name.isidentifier() and not keyword.iskeyword(name)
        if free and not name.startswith("_") and not _is_read(module, name):
            return name
    relation, number = sites[0].relation.name, 1
    while f"{relation}_{number}" in taken or _is_read(module, f"{relation}_{number}"):
        number += 1
    return f"{relation}_{number}"


def _is_read(module: Module, name: str) -> bool:
    """Whether an attribute of that name, of whatever object, is used in the file."""
    return re.search(rf"\.\s*{name}\b", module.source.text) is not None


def _candidates(module: Module, sites: list[Site]) -> Iterator[str]:
    for site in sites:
        outer = module.parent(site.node)
        target = outer.targets[0] if isinstance(outer, ast.Assign) else None
        if isinstance(target, ast.Name) and len(target.id) > 2:  # others say too little of a row
            yield target.id
    yield from _described(sites[0].refined, sites[0].relation.name)


def _described(query: str, relation: str) -> Iterator[str]:
    """Names made of the first condition: ``sold_books``, ``books_by_title``."""
    calls = [n for n in ast.walk(expression(query)) if isinstance(n, ast.Call) and n.keywords]
    for given in calls[-1].keywords if calls else ():
        value = given.value.value if isinstance(given.value, ast.Constant) else None
        if value is True and given.arg:
            yield f"{given.arg}_{relation}"
        elif isinstance(value, str) and value.isidentifier():
            yield f"{value.lower()}_{relation}"
        yield f"{relation}_by_{(given.arg or '').replace('__', '_')}"
    if not calls:
        yield f"sorted_{relation}"
