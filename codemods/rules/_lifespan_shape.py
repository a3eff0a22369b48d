"""What stands in the way of a lifespan at the construction of an application."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..project.apps import declared_global
from ..project.hooks import are_all_seen
from ..project.versions import Pin
from ._lifespan_left import Left
from ._lifespan_source import is_alone

if TYPE_CHECKING:
    from ..project.apps import App

_LIFESPAN_SINCE = {"fastapi": "0.93", "starlette": "0.13"}


def lifespan_is_new(app: App) -> Left | None:
    """Why the framework may be too old for a lifespan."""
    module, framework = app.module, app.framework
    versions, since = module.project.versions_of(module.path), _LIFESPAN_SINCE[framework]
    if versions.at_least(framework, since) is not True:
        pin = versions.get(framework) or Pin(framework)
        advice = f"require {framework}>={since}"
        return Left(f"a lifespan needs {framework} {since}; found {pin}", advice)
    return None


def shape(app: App) -> Left | None:
    """What stands in the way at the construction of the application."""
    module = app.module
    if _bound_again(app):
        return Left(f"{app.name} is bound more than once")
    for call in app.calls:
        if call.args or any(keyword.arg is None for keyword in call.keywords):
            return Left("what the app is constructed with cannot be seen: it may be a lifespan")
        if not are_all_seen(call, app.hooks):
            return Left(
                "what on_startup= or on_shutdown= hold cannot be seen, and a lifespan would"
                " silence it"
            )
    if app.scope and app.hooks:
        last = max((hook.statement or hook.function).lineno for hook in app.hooks)
        if any(isinstance(n, ast.Return) and n.lineno < last for n in own_nodes(app.scope)):
            return Left(f"{app.scope.name} may return before it registers the hooks")
    if not is_alone(module, app.statement):
        return Left("the app shares its line with another statement")
    return None


def _bound_again(app: App) -> bool:
    """Whether the variable is bound by something besides its construction."""
    facts, times = app.module.facts, 1 if app.built else len(app.calls)
    if app.scope is None:
        return facts.bindings.get(app.name) != times or app.name in facts.rebound
    nodes = list(ast.walk(app.scope))
    stored = [n for n in nodes if isinstance(n, ast.Name) and n.id == app.name]
    named = [n for n in nodes if getattr(n, "name", "") == app.name]
    taken = any(isinstance(n, ast.arg) and n.arg == app.name for n in nodes)
    again = sum(not isinstance(n.ctx, ast.Load) for n in stored) != times
    return again or taken or bool(named) or app.name in declared_global(app.scope)
