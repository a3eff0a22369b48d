"""Why the hooks of an application cannot become a lifespan without a human."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..orm.set_up import helper_of, set_up
from ..orm.startup import (
    CLOSE,
    OPENS,
    app_in,
    awaits,
    call_of,
    root_of,
)
from ..project.app_uses import unseen
from ..project.apps import apps, declared_global, local_names
from ..project.function_uses import uses
from ..project.hooks import are_all_seen
from ..project.versions import Pin
from ._lifespan_helper import calls_of, missing
from ._lifespan_left import Left, refused, too_old
from ._lifespan_names import unavailable
from ._lifespan_source import is_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..orm.hook_bodies import Body
    from ..project.apps import App, Hook
    from ..project.facts import FunctionNode
    from ..project.module import Module

_INSPECTING = frozenset({"locals", "vars", "dir", "eval", "exec", "globals"})
_REGISTER_SINCE = "0.21"
_LIFESPAN_SINCE = "0.93"


def obstacle(app: App, moved: Sequence[Body]) -> Left | None:
    """The first thing that keeps hooks from becoming a lifespan, cheap questions first.

    Args:
        app: The application; one of its startup hooks calls ``Tortoise.init``.
        moved: The hooks whose bodies would move; the others would be called.
    """
    module = app.module
    left = (
        _versions(module)
        or _alone(app)
        or _shape(app)
        or next(filter(None, (_hook(module, hook) for hook in app.hooks)), None)
        or _order(module, app.hooks, moved)
        or _arguments(app, moved)
        or next(filter(None, (_movable(app, body) for body in moved)), None)
        or next(filter(None, (_callable(app, hook, moved) for hook in app.hooks)), None)
        or _collision(moved, app.hooks)
    )
    return left or _elsewhere(app, moved)


def _elsewhere(app: App, moved: Sequence[Body]) -> Left | None:
    """What stands in the way in the imports and in other files."""
    reason = unavailable(app, moved)
    if reason:
        return Left(reason)
    for call in calls_of(app.module, moved):
        needed = missing(call)
        if isinstance(needed, str):
            return Left(needed)
    known = [call_of(body.site) for body in moved if body.init >= 0]
    known += [call_of(b.hook.statement) for b in moved if b.hook.source and b.hook.statement]
    place = unseen(app, known)
    if place:
        return Left(f"a lifespan would silence hooks that are added elsewhere: {place}")
    return None


def _versions(module: Module) -> Left | None:
    left = too_old(module, _REGISTER_SINCE)
    if left:
        return left
    versions = module.project.versions_of(module.path)
    if versions.at_least("fastapi", _LIFESPAN_SINCE) is not True:
        pin = versions.get("fastapi") or Pin("fastapi")
        advice = f"require fastapi>={_LIFESPAN_SINCE}"
        return Left(f"a lifespan needs fastapi {_LIFESPAN_SINCE}; found {pin}", advice)
    return None


def _alone(app: App) -> Left | None:
    """Whether another application of the module sets up the ORM, too."""
    for other in apps(app.module):
        if other.name != app.name and _opens(app.module, other.hooks):
            return Left(f"{other.name} sets up the ORM in a hook, too")
    return None


def _opens(module: Module, hooks: Sequence[Hook]) -> bool:
    """Whether a hook sets up the ORM."""
    return any(set_up(module, node, OPENS) for hook in hooks for node in ast.walk(hook.function))


def _shape(app: App) -> Left | None:
    """What stands in the way at the construction of the application."""
    module, given = app.module, {keyword.arg for keyword in app.call.keywords}
    if module.facts.bindings.get(app.name) != 1 or app.name in module.facts.rebound:
        return Left(f"{app.name} is bound more than once")
    if None in given or app.call.args:
        return Left("what FastAPI is called with cannot be seen: it may hold a lifespan")
    if not are_all_seen(app.call, app.hooks):
        return Left(
            "what on_startup= or on_shutdown= hold cannot be seen, and a lifespan would silence it"
        )
    if not is_alone(module, app.statement):
        return Left("the app shares its line with another statement")
    return None


def _hook(module: Module, hook: Hook) -> Left | None:
    """What stands in the way at any hook, moved or called."""
    function = hook.function
    where = f"the hook {function.name} (line {function.lineno})"
    arguments = function.args
    if not hook.event:
        return Left(f"{where} does not name its event literally")
    if len(function.decorator_list) > (1 if hook.decorator else 0):
        return Left(f"{where} has other decorators")
    if arguments.posonlyargs or arguments.args or arguments.kwonlyargs or arguments.vararg:
        return Left(f"{where} has parameters")
    if arguments.kwarg or getattr(function, "type_params", None):
        return Left(f"{where} has parameters")
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function)):
        return Left(f"{where} is a generator")
    for statement in (hook.statement, None if hook.foreign else function):
        if statement and not is_alone(module, statement):
            return Left(f"{where} shares its line with another statement")
    return None


def _order(module: Module, hooks: Sequence[Hook], moved: Sequence[Body]) -> Left | None:
    """What stands in the way in how the hooks open and close the ORM."""
    starting = [hook.function for hook in hooks if hook.event == "startup"]
    nodes = [node for function in starting for node in ast.walk(function)]
    found = [node for node in nodes if isinstance(node, ast.Call) and set_up(module, node, OPENS)]
    if len(found) > 1:
        return Left("the ORM is set up more than once")
    if not any(body.init >= 0 for body in moved):
        return Left(_hidden(module, starting, found[0]))
    if any(set_up(module, node, CLOSE) for node in nodes):
        return Left("a startup hook also closes connections")
    if sum(body.close >= 0 for body in moved) > 1:
        return Left("several shutdown hooks close the connections")
    for body in moved:
        rest = body.function.body[body.close + 1 :]
        if body.close >= 0 and any(awaits(module, statement, CLOSE) for statement in rest):
            return Left("the connections are closed more than once")
    return None


def _hidden(module: Module, functions: Sequence[FunctionNode], call: ast.Call) -> str:
    """Why the call that sets up the ORM cannot be taken out."""
    for statement in (s for function in functions for s in function.body):
        reason = helper_of(module, statement, OPENS)
        if isinstance(reason, str):
            return reason
    what = ast.unparse(call.func)
    return f"{what} (line {call.lineno}) is not a statement of its own in the hook's body"


def _arguments(app: App, moved: Sequence[Body]) -> Left | None:
    module = app.module
    body = next(body for body in moved if body.init >= 0)
    if app_in(module, body.site) not in ("", app.name):
        return Left(f"register_tortoise is passed another app than {app.name}")
    if body.helper:
        return refused(body.helper.module, call_of(body.helper.statement))
    return refused(module, call_of(body.site))


def _movable(app: App, body: Body) -> Left | None:
    """What keeps the body of a hook from moving into another function."""
    function = body.function
    where = f"the hook {function.name} (line {function.lineno})"
    if any(isinstance(node, ast.Return) for node in own_nodes(function)):
        return Left(f"{where} returns")
    if function.returns is not None and ast.unparse(function.returns) != "None":
        return Left(f"{where} says that it returns something")
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    if names & _INSPECTING:
        return Left(f"{where} inspects its own variables")
    if app.name in local_names(function) | declared_global(function):
        return Left(f"{where} binds {app.name}")
    for statement in body.dropped:
        if root_of(call_of(statement)) in local_names(function):
            return Left(f"{where} imports the ORM itself")
    if body.hook.foreign:
        return None
    registered = body.hook.handler
    known = f"{app.module.path}:{registered.lineno}" if registered else ""
    place = next((place for place in uses(app.module, function) if place != known), None)
    return Left(f"{where} is also used at {place}") if place else None


def _callable(app: App, hook: Hook, moved: Sequence[Body]) -> Left | None:
    """What keeps a hook that stays a function from being called by its name."""
    if any(body.hook is hook for body in moved):
        return None
    module, function = app.module, hook.function
    where = f"the hook {function.name} (line {function.lineno})"
    facts = module.facts
    if hook.decorator is None:
        return None
    if facts.bindings.get(function.name) != 1 or function.name in facts.rebound:
        return Left(f"{where} shares its name with something else")
    line = module.source.line(hook.decorator.end_lineno or 0)
    if "#" in line[module.span(hook.decorator).end_col :]:
        return Left(f"{where} has a comment at its decorator")
    return None


def _collision(moved: Sequence[Body], hooks: Sequence[Hook]) -> Left | None:
    """A variable of one body that another would see, or that would hide what they call."""
    kept = {h.function.name for h in hooks if not any(b.hook is h for b in moved)}
    for body in moved:
        others = [other.function for other in moved if other is not body]
        others += [other.helper.function for other in moved if other.helper and other is not body]
        read = {n.id for f in others for n in ast.walk(f) if isinstance(n, ast.Name)}
        bound = local_names(body.function) & (read | kept | {"RegisterTortoise"})
        shared = declared_global(body.function) & read
        if body.hook.event == "startup":
            shared &= {name for other in others for name in _bound(other)}
        if bound or shared:
            name = min(bound or shared)
            return Left(
                f"the variable {name} of {body.function.name} would mix with another hook's"
            )
    return None


def _bound(function: FunctionNode) -> frozenset[str]:
    return local_names(function) | declared_global(function)
