"""Calls the settings in `PydanticMeta` `model_config`, which is what 0.20 looks for.

What it does
    `config_class = Settings` in the class `PydanticMeta` of a model, or a class `config_class`
    there, becomes `model_config = {...}` with what the class sets.

Why
    tortoise-orm 0.20 went over to pydantic 2, whose settings are a dictionary. It ignores the old
    name without a word.

Before
    class PydanticMeta:
        config_class = Settings

After
    class PydanticMeta:
        model_config = {"title": "A book"}

When it is safe
    It is unsafe: settings that were ignored begin to have an effect, and they do not do in pydantic
    2 exactly what they did in pydantic 1. Every release that the project allows is 0.20.0 or newer,
    and the class sets nothing but literals for what both versions have.

What it leaves alone
    Reported, for a hand: classes with bases, methods, comments, or settings that pydantic 2 does
    not have.
    Silently: projects on older releases, or on one that is not known; classes of that name outside
    of models; a `PydanticMeta` that has `model_config` as well.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import RenameName, ReplaceExpression
from ..edits.imports import DropImport
from ..edits.statements import ReplaceStatement
from ..project.symbols import Class
from ._base import Finding, Rule, Safety
from ._config_class import as_dictionary, of_class
from ._migration import gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "0.20.0"
_OPTIONS = "PydanticMeta"
_OLD, _NEW = "config_class", "model_config"
_RESTS = "it rests on settings that are ignored until then being meant for pydantic 2 as they are"
_WRITE = "set model_config to a dictionary of the settings, under their names in pydantic 2"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each class of settings."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for node in module.nodes(ast.ClassDef):
        if node.name != _OPTIONS or not _is_of_model(module, node):
            continue
        names = [_name(statement) for statement in node.body]
        if names.count(_OLD) == 1 and _NEW not in names:
            statement = node.body[names.index(_OLD)]
            edits = tuple(_edits(module, statement))
            message = f"{_OPTIONS}.{_OLD} is ignored since {_SINCE}: it is called {_NEW}"
            span, safety = module.span(statement), Safety.UNSAFE if edits else Safety.MANUAL
            advice = _RESTS if edits else _WRITE
            yield Finding(RULE.code, module.path, span, message, safety, edits, advice)


def _is_of_model(module: Module, node: ast.ClassDef) -> bool:
    """Whether a class stands in the body of a model that stands at the level of the module."""
    outer = module.parent(node)
    if not isinstance(outer, ast.ClassDef) or outer not in module.tree.body:
        return False
    return module.project.models.get(Class(module.path, outer.name)) is not None


def _name(statement: ast.stmt) -> str:
    """What a statement of a class body binds; empty for all but a plain name and a class."""
    if isinstance(statement, ast.ClassDef):
        return statement.name
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _edits(module: Module, statement: ast.stmt) -> Iterator[Edit]:
    """What sets a dictionary instead; nothing where the settings are not all known."""
    span = module.span(statement)
    if isinstance(statement, ast.ClassDef):
        text = of_class(module, statement) if "#" not in module.text(statement) else ""
        if text:
            yield ReplaceStatement(module.path, span, f"{_NEW} = {text}")
    elif isinstance(statement, ast.Assign):
        value = statement.value
        text = as_dictionary(module, value)
        if text:
            yield RenameName(module.path, module.span(statement.targets[0]), _NEW)
            yield ReplaceExpression(module.path, module.span(value), text)
            for one in module.facts.imports.get(getattr(value, "id", ""), ()):
                yield DropImport(module.path, "." * one.level + one.module, one.attr)


RULE = Rule(
    code="TOR602",
    name="pydanticmeta-config-class",
    summary="calls the settings in `PydanticMeta` `model_config`, not `config_class`",
    safety=Safety.UNSAFE,
    since="0.20.0",
    find=find,
    triggers=(b"config_class",),
)
