"""Whether an expression is an application of a framework."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .apps import apps, assigned, meaning, scopes_around
from .facts import FunctionNode
from .frameworks import framework_named, framework_of
from .module import Module
from .names import local_names
from .symbols import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator


def framework_at(module: Module, node: ast.expr) -> str:
    """The framework that an expression is an application of; empty where that is not certain."""
    symbol = meaning(module, node)
    if isinstance(symbol, Variable):
        home = module.project.module(symbol.path)
        if not isinstance(home, Module):
            return ""
        found = [app for app in apps(home) if app.name == symbol.name]
        return found[0].framework if len(found) == 1 else ""
    if not isinstance(node, ast.Name):
        return ""
    scope = next((s for s in scopes_around(module, node) if node.id in local_names(s)), None)
    if not isinstance(scope, FunctionNode):
        return ""
    frameworks = set(_bound(module, scope, node.id))
    return frameworks.pop() if len(frameworks) == 1 else ""


def _bound(module: Module, scope: FunctionNode, name: str) -> Iterator[str]:
    """What a variable of a function is an application of, for each place that binds it."""
    constructed: dict[ast.expr, str] = {}
    for statement in ast.walk(scope):
        target, value = assigned(statement)
        if target == name and isinstance(statement, ast.Assign | ast.AnnAssign):
            places = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            constructed[places[0]] = framework_of(module, value)
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            yield constructed.get(node, "")
        elif isinstance(node, ast.arg) and node.arg == name:
            yield framework_named(module, node.annotation) if node.annotation else ""
        elif getattr(node, "name", "") == name:
            yield ""
