"""Why the hooks of an application cannot become a lifespan without a human."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ..orm.scopes import own_nodes
from ..orm.startup import (
    CLOSE,
    INIT,
    awaits,
    call_of,
    calls_init,
    is_called,
    positional,
    registered_since,
    root_of,
)
from ..project.app_uses import unseen
from ..project.apps import apps, declared_global, local_names
from ..project.function_uses import used_at
from ..project.versions import Pin
from ._lifespan_names import unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..orm.startup import Body
    from ..project.apps import App, Hook
    from ..project.facts import FunctionNode
    from ..project.module import Module

_INSPECTING = frozenset({"locals", "vars", "dir", "eval", "exec", "globals"})
_REGISTER_SINCE = "0.21"
_LIFESPAN_SINCE = "0.93"
_BY_HAND = "write the lifespan by hand: `async with RegisterTortoise(app, ...): yield`"


class Left(NamedTuple):
    """Why an application is left as it is: a clause, and what to do."""

    reason: str
    advice: str = _BY_HAND


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
        or _arguments(module, moved)
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
    place = unseen(app)
    if place:
        return Left(f"a lifespan would silence hooks that are added elsewhere: {place}")
    return None


def _versions(module: Module) -> Left | None:
    versions = module.project.versions_of(module.path)
    if versions.at_least("tortoise-orm", _REGISTER_SINCE) is not True:
        pin = versions.get("tortoise-orm") or Pin("tortoise-orm")
        advice = f"require tortoise-orm>={_REGISTER_SINCE}, or pass --target-version"
        return Left(f"RegisterTortoise needs tortoise-orm {_REGISTER_SINCE}; found {pin}", advice)
    if versions.at_least("fastapi", _LIFESPAN_SINCE) is not True:
        pin = versions.get("fastapi") or Pin("fastapi")
        advice = f"require fastapi>={_LIFESPAN_SINCE}"
        return Left(f"a lifespan needs fastapi {_LIFESPAN_SINCE}; found {pin}", advice)
    return None


def _alone(app: App) -> Left | None:
    """Whether another application of the module sets up the ORM, too."""
    for other in apps(app.module):
        if other.name != app.name and any(calls_init(app.module, h.function) for h in other.hooks):
            return Left(f"{other.name} sets up the ORM in a hook, too")
    return None


def _shape(app: App) -> Left | None:
    """What stands in the way at the construction of the application."""
    module, given = app.module, {keyword.arg for keyword in app.call.keywords}
    if module.facts.bindings.get(app.name) != 1 or app.name in module.facts.rebound:
        return Left(f"{app.name} is bound more than once")
    if None in given or app.call.args:
        return Left("what FastAPI is called with cannot be seen: it may hold a lifespan")
    if given & {"on_startup", "on_shutdown"}:
        return Left("the app also has on_startup= or on_shutdown=, which a lifespan would silence")
    if not is_alone(module, app.statement):
        return Left("the app shares its line with another statement")
    return None


def is_alone(module: Module, statement: ast.stmt) -> bool:
    """Whether no other statement of the module stands on the lines of this one."""
    body = module.tree.body
    index = body.index(statement)
    above = body[index - 1].end_lineno or 0 if index else 0
    below = first_line(body[index + 1]) if index + 1 < len(body) else above + 10**9
    return above < first_line(statement) and (statement.end_lineno or 0) < below


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _hook(module: Module, hook: Hook) -> Left | None:
    """What stands in the way at any hook, moved or called."""
    function = hook.function
    where = f"the hook {function.name} (line {function.lineno})"
    arguments = function.args
    if not hook.event:
        return Left(f"{where} does not name its event literally")
    if len(function.decorator_list) > 1:
        return Left(f"{where} has other decorators")
    if arguments.posonlyargs or arguments.args or arguments.kwonlyargs or arguments.vararg:
        return Left(f"{where} has parameters")
    if arguments.kwarg or getattr(function, "type_params", None):
        return Left(f"{where} has parameters")
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function)):
        return Left(f"{where} is a generator")
    if not is_alone(module, function):
        return Left(f"{where} shares its line with another statement")
    return None


def _order(module: Module, hooks: Sequence[Hook], moved: Sequence[Body]) -> Left | None:
    """What stands in the way in how the hooks open and close the ORM."""
    nodes = [n for h in hooks if h.event == "startup" for n in ast.walk(h.function)]
    found = [node for node in nodes if is_called(module, node, INIT)]
    opening = [body for body in moved if body.init >= 0]
    if len(found) > 1:
        return Left("Tortoise.init is called more than once")
    if len(opening) != 1:
        line = found[0].lineno if found and isinstance(found[0], ast.Call) else 0
        return Left(f"Tortoise.init (line {line}) is not a statement of its own in the hook's body")
    if any(is_called(module, node, CLOSE) for node in nodes):
        return Left("a startup hook also closes connections")
    if sum(body.close >= 0 for body in moved) > 1:
        return Left("several shutdown hooks close the connections")
    for body in moved:
        rest = body.function.body[body.close + 1 :]
        if body.close >= 0 and any(awaits(module, statement, CLOSE) for statement in rest):
            return Left("the connections are closed more than once")
    return None


def _arguments(module: Module, moved: Sequence[Body]) -> Left | None:
    """What ``Tortoise.init`` is passed that ``RegisterTortoise`` cannot take."""
    body = next(body for body in moved if body.init >= 0)
    call = call_of(body.function.body[body.init])
    names = [*positional(), *[""] * len(call.args)][: len(call.args)]
    given = [*names, *(keyword.arg or "" for keyword in call.keywords)]
    if "" in given or any(isinstance(argument, ast.Starred) for argument in call.args):
        return Left("what Tortoise.init is passed cannot be seen")
    if len(set(given)) != len(given):
        return Left("Tortoise.init is passed an argument twice")
    versions = module.project.versions_of(module.path)
    for name in given:
        since = registered_since(name)
        if since is None:
            return Left(f"RegisterTortoise takes no {name}, which Tortoise.init is passed")
        if versions.at_least("tortoise-orm", since) is not True:
            reason = f"RegisterTortoise takes {name} only from tortoise-orm {since} on"
            return Left(reason, f"require tortoise-orm>={since}, or pass --target-version")
    return None


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
    place = used_at(app.module, function)
    return Left(f"{where} is also used at {place}") if place else None


def _callable(app: App, hook: Hook, moved: Sequence[Body]) -> Left | None:
    """What keeps a hook that stays a function from being called by its name."""
    if any(body.hook is hook for body in moved):
        return None
    module, function = app.module, hook.function
    where = f"the hook {function.name} (line {function.lineno})"
    facts = module.facts
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
