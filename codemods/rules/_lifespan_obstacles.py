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
    register_of,
    root_of,
)
from ..project.app_uses import unseen
from ..project.apps import apps, declared_global, inner_apps, local_names
from ..project.function_uses import uses
from ._lifespan_helper import calls_of, missing
from ._lifespan_left import Left, refused, too_old
from ._lifespan_names import unavailable
from ._lifespan_shape import lifespan_is_new, shape
from ._lifespan_source import is_alone, is_even

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..orm.hook_bodies import Body
    from ..project.apps import App, Hook
    from ..project.facts import FunctionNode
    from ..project.module import Module

#: What would see a variable that is only there after the rewrite.
INSPECTING = frozenset({"locals", "vars", "dir", "eval", "exec", "globals"})


def obstacle(app: App, moved: Sequence[Body], stacks: bool = False) -> Left | None:
    """The first thing that keeps hooks from becoming a lifespan, cheap questions first.

    Args:
        app: The application, which has hooks.
        moved: The hooks whose bodies would move; the others would be called.
        stacks: Whether what sets up the ORM stays where it is.
    """
    module, opens = app.module, sets_up(app)
    left = (
        (too_old(module, register_of(app.framework)[1]) if opens else None)
        or lifespan_is_new(app)
        or _alone(app)
        or shape(app)
        or next(filter(None, (_hook(module, hook) for hook in app.hooks)), None)
        or (opens and _order(module, app.hooks, moved, stacks))
        or (opens and not stacks and _arguments(app, moved))
        or next(filter(None, (_movable(app, body) for body in moved)), None)
        or next(filter(None, (_callable(app, hook, moved) for hook in app.hooks)), None)
        or _collision(moved, app.hooks)
        or _elsewhere(app, moved)
    )
    return left or None


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


def _alone(app: App) -> Left | None:
    """Whether another application of the module sets up the ORM, too."""
    for other in (*apps(app.module), *inner_apps(app.module)):
        if other.statement is not app.statement and sets_up(other):
            return Left(f"{other.name} sets up the ORM in a hook, too")
    return None


def sets_up(app: App) -> bool:
    """Whether a hook of an application sets up the ORM."""
    nodes = (node for hook in app.hooks for node in ast.walk(hook.function))
    return any(set_up(app.module, node, OPENS) for node in nodes)


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
    if not hook.foreign and not is_even(function):
        return Left(f"{where} holds a string of several lines")
    return None


def _order(
    module: Module, hooks: Sequence[Hook], moved: Sequence[Body], stacks: bool
) -> Left | None:
    """What stands in the way in how the hooks open and close the ORM."""
    starting = [hook.function for hook in hooks if hook.event == "startup"]
    nodes = [node for function in starting for node in ast.walk(function)]
    found = [node for node in nodes if isinstance(node, ast.Call) and set_up(module, node, OPENS)]
    if len(found) > 1:
        return Left("the ORM is set up more than once")
    if not stacks and not any(body.init >= 0 for body in moved):
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
    register = register_of(app.framework)[0]
    if body.helper:
        return refused(body.helper.module, call_of(body.helper.statement), register)
    return refused(module, call_of(body.site), register)


def _movable(app: App, body: Body) -> Left | None:
    """What keeps the body of a hook from moving into another function."""
    function = body.function
    where = f"the hook {function.name} (line {function.lineno})"
    if any(isinstance(node, ast.Return) for node in own_nodes(function)):
        return Left(f"{where} returns")
    if function.returns is not None and ast.unparse(function.returns) != "None":
        return Left(f"{where} says that it returns something")
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    if names & INSPECTING:
        return Left(f"{where} inspects its own variables")
    if app.name in local_names(function) | declared_global(function):
        return Left(f"{where} binds {app.name}")
    for statement in body.dropped:
        if root_of(call_of(statement)) in local_names(function):
            return Left(f"{where} imports the ORM itself")
    if body.hook.foreign:
        return None
    mixed = _captured(app, body)
    if mixed and app.scope:
        return Left(f"{mixed}, which {where} reads, is a variable of {app.scope.name}")
    registered = body.hook.handler
    known = f"{app.module.path}:{registered.lineno}" if registered else ""
    place = next((place for place in uses(app.module, function) if place != known), None)
    return Left(f"{where} is also used at {place}") if place else None


def _captured(app: App, body: Body) -> str:
    """A name of the module that would mean a variable of the function that builds the app."""
    function = body.function
    if app.scope is None or app.module.scope(function) is not app.module.tree:
        return ""
    functions = [function, *([body.helper.function] if body.helper else [])]
    read = {n.id for f in functions for n in ast.walk(f) if isinstance(n, ast.Name)}
    mixed = (read - local_names(function)) & local_names(app.scope)
    return min(mixed - declared_global(function), default="")


def _callable(app: App, hook: Hook, moved: Sequence[Body]) -> Left | None:
    """What keeps a hook that stays a function from being called by its name."""
    if any(body.hook is hook for body in moved):
        return None
    module, function = app.module, hook.function
    where = f"the hook {function.name} (line {function.lineno})"
    facts = module.facts
    if hook.decorator is None:
        return None
    scope = module.scope(function)
    named = sum(getattr(node, "name", "") == function.name for node in ast.walk(scope))
    times = facts.bindings.get(function.name) if scope is module.tree else named
    if times != 1 or function.name in facts.rebound:
        return Left(f"{where} shares its name with something else")
    line = module.source.line(hook.decorator.end_lineno or 0)
    if "#" in line[module.span(hook.decorator).end_col :]:
        return Left(f"{where} has a comment at its decorator")
    return None


def _collision(moved: Sequence[Body], hooks: Sequence[Hook]) -> Left | None:
    """A variable of one body that another would see, or that would hide what they call."""
    called = [hook for hook in hooks if not any(body.hook is hook for body in moved)]
    kept = {hook.function.name for hook in called if not hook.foreign}
    foreign = [ast.walk(hook.function) for hook in called if hook.foreign]
    kept |= {n.id for nodes in foreign for n in nodes if isinstance(n, ast.Name)}
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
