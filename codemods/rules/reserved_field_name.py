"""Reports fields with a name that a model has for itself, which 1.0 refuses.

What it does
    Reports fields called `filter`, `get`, `delete`, `update_or_create`, `pk` and so on.

Why
    Until 0.25 the field took the place of the method, or the method that of the field. Since 1.0
    the module cannot be imported:

        ConfigurationError: Model Rule has field name(s) that conflict with default Model
        attributes: filter

Before
    class Rule(Model):
        filter = fields.TextField()

Use instead
    Another name, with that of the column: `condition = fields.TextField(source_field="filter")`.
    All queries, `values()`, pydantic classes and keyword arguments have to follow.

What it leaves alone
    Projects on releases before 1.0. Fields of classes that no model is derived from; properties
    and methods; the names of the other sides of relations.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.declarations import refused_names
from ..project.field_kinds import OTHER, UNKNOWN, kind_of
from ..project.symbols import Class
from ._base import Finding, Rule, Safety
from ._migration import is_older
from ._model_classes import declaration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_RENAME = 'give it another name, with source_field="{0}" for the column'

_UNKNOWN = "; older releases accept it, and the release of the project is not known"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each field whose name is taken."""
    for node in module.tree.body:
        fact = module.facts.classes.get(node.name) if isinstance(node, ast.ClassDef) else None
        for field in fact.fields if fact else ():
            since = refused_names().get(field.name, "")
            if since and isinstance(node, ast.ClassDef) and not is_older(module, since):
                kind = kind_of(module.project, module.path, field.factory)
                if kind.name not in (OTHER, UNKNOWN) and _is_of_model(module, node, field.name):
                    yield _finding(module, node, field.name, since)


def _is_of_model(module: Module, node: ast.ClassDef, name: str) -> bool:
    """Whether a model has the field that a class declares: the class, or one derived from it."""
    if module.facts.bindings.get(node.name) != 1:
        return False
    below = module.project.models.descendants(Class(module.path, node.name))
    return any(name in model.fields for model in below)


def _finding(module: Module, node: ast.ClassDef, name: str, since: str) -> Finding:
    span = module.span(declaration(node, name) or node)
    message = f"no field may be called {name} since {since}: a model has that for itself"
    advice = _RENAME.format(name)
    if module.project.versions_of(module.path).at_least("tortoise-orm", since) is None:
        advice += _UNKNOWN
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


RULE = Rule(
    code="TOR114",
    name="reserved-field-name",
    summary="reports fields with a name that a model has for itself, which 1.0 refuses",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    triggers=(b"Field",),
)
