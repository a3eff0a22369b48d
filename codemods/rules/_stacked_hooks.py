"""From hooks to a lifespan that closes what one of them sets up, wherever that is, or why not."""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING

from ..edits.exit_stack import STACK_CLASS
from ..edits.imports import AddImport
from ..orm.hook_bodies import Body, body_of
from ..orm.set_up import function_of, set_up
from ..orm.startup import INIT, is_called
from ..orm.ways import may_be_missed, way_from
from ._lifespan import edits_of
from ._lifespan_left import Left
from ._lifespan_obstacles import obstacle
from ._stacked import barred, name_for, passed, too_early

if TYPE_CHECKING:
    from ..edits._base import Edit
    from ..orm.ways import Step
    from ..project.apps import App, Hook


def with_stack(app: App) -> tuple[Edit, ...] | Left:
    """The edits that give an application with hooks a lifespan; one leads to ``Tortoise.init``.

    The hooks that start it stay functions. The one that sets up the ORM is passed an exit stack.
    """
    module = app.module
    opener = next((hook for hook in app.hooks if _opens(app, hook)), None)
    if opener is None:
        return Left("no hook calls Tortoise.init")
    way = _way(app, opener)
    if isinstance(way, str):
        return Left(way)
    left = too_early(module, app.framework) or barred(way, _known(app, opener), 0)
    bodies = left or _bodies(app, opener, way)
    if isinstance(bodies, Left):
        return bodies
    hooks = [body.function for body in bodies]
    stack = name_for(way, [*hooks, app.scope] if app.scope else hooks)
    if isinstance(stack, Left):
        return stack
    taking = any(body.init >= 0 for body in bodies)
    lifespan = edits_of(app, bodies, stack, opener)
    imported = AddImport(module.path, "contextlib", STACK_CLASS)
    return (*lifespan, imported, *passed(way, stack, int(taking), moves=taking))


def _opens(app: App, hook: Hook) -> bool:
    """Whether a hook sets up the ORM."""
    nodes = ast.walk(hook.function) if hook.event == "startup" else ()
    return any(set_up(app.module, node) for node in nodes)


def _way(app: App, opener: Hook) -> tuple[Step, ...] | str:
    """The way from a hook to the call, from the function that it stands for where it is none."""
    if not opener.foreign:
        return way_from(app.module, opener.function)
    calls = [n for n in ast.walk(opener.function) if isinstance(n, ast.Call)]
    found = function_of(app.module, calls[0]) if len(calls) == 1 else None
    return way_from(*found) if found else "the function that sets up the ORM is not known"


def _known(app: App, opener: Hook) -> frozenset[str]:
    """The places that register the function of a hook."""
    handler = opener.handler
    return frozenset({f"{app.module.path}:{handler.lineno}"} if handler else ())


def _bodies(app: App, opener: Hook, way: tuple[Step, ...]) -> list[Body] | Left:
    """The hooks; what opens and what closes the connections moves into the lifespan if it can.

    What closes them stays where it may have to close what something else has opened.
    """
    first: Left | None = None
    site = next((i for i, s in enumerate(opener.function.body) if _is_plain(s, way[0])), -1)
    closing = (False,) if may_be_missed(way) else (True, False)
    for opens, closes in product((True, False), closing):
        bodies = [
            Body(hook, site if opens and not hook.foreign else -1)
            if hook is opener
            else (body_of(app.module, hook) if closes and hook.event == "shutdown" else Body(hook))
            for hook in app.hooks
        ]
        left = obstacle(app, [body for body in bodies if body.moves], stacks=True)
        if left is None:
            return bodies
        first = first or left
    assert first is not None
    return first


def _is_plain(statement: ast.stmt, step: Step) -> bool:
    """Whether a statement of a hook only awaits the function that is on the way."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    direct = is_called(step.module, step.call, INIT)
    return isinstance(value, ast.Await) and value.value is step.call and not direct
