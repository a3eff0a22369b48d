"""What a model can be called where code is added."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..project.facts import imports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope
    from ..project.symbols import Class


def name_at_run_time(module: Module, scope: Scope, model: Class) -> str:
    """What a model is called in a function when it runs; empty where it has no name there.

    An import that only type checkers follow gives none.
    """
    hidden = {name for one in _functions(module, scope) for name in scopes.bindings(one)}
    for name in _names(module, model):
        known = name.partition(".")[0] not in hidden
        if known and module.project.resolve(module.path, name) == model:
            return name
    return ""


def _names(module: Module, model: Class) -> Iterator[str]:
    """What the statements at the top level of a file may call a model."""
    for statement in module.tree.body:
        if isinstance(statement, ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for found in imports_of(statement):
                yield found.name
                yield f"{found.name}.{model.qualname}"


def _functions(module: Module, scope: Scope) -> Iterator[Scope]:
    """A function and those around it."""
    while not isinstance(scope, ast.Module):
        yield scope
        scope = module.scope(scope)
