"""Replaces register_tortoise in a startup hook or a lifespan by RegisterTortoise.

What it does
    `register_tortoise(app, ...)` that is called by a startup hook or a lifespan of the application
    becomes `async with RegisterTortoise(app, ...)` in its lifespan, with the same arguments. Hooks
    move into a lifespan as with TOR802: all of the application, or none.

Why
    register_tortoise puts a lifespan around that of the application. Once the application has begun
    to start, it comes too late: nothing is set up, and every request that queries fails.
    Before tortoise-orm 0.21, it registers hooks, which an application with a lifespan ignores.

Before
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        register_tortoise(app, config=TORTOISE_ORM, generate_schemas=True)
        yield

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM, generate_schemas=True):
            yield

When it is safe
    The project requires tortoise-orm 0.21 or newer (1.1.9 for Starlette). The call is a statement
    of its own that always runs, or stands in a function of the project that does nothing else.
    For a lifespan, an application is constructed with it; it is unsafe where several are, because
    RegisterTortoise can be active once in a process. For hooks, what TOR802 asks for holds.

What it leaves alone
    Calls at module level or in a function that builds the application, which work; projects that
    are known to use a tortoise-orm before 0.21, or before 0.24.1 where a hook calls it: that works.
    Left for you, with the reason: calls under a condition or in functions that do more, a
    `Tortoise.init` beside it, versions that are not known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..orm.startup import REGISTERS, call_of
from ..project.apps import apps, inner_apps
from ..project.lifespans import lifespans
from ._base import Finding, Rule, Safety
from ._lifespan import convert
from ._lifespan_left import Left
from ._lifespan_served import of_lifespan
from ._registrations import registrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.apps import App
    from ..project.module import Module

_HOOKS_LATE_SINCE = "0.24.1"
_LATE = "comes too late: the app starts without the ORM"
_SILENCED = "before tortoise-orm 0.21, register_tortoise adds hooks to an app with a lifespan"
_MERGED = "require tortoise-orm>=0.24.1, where it becomes part of the lifespan"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each lifespan, or application with hooks, that registers the ORM too late."""
    if module.project.versions_of(module.path).at_least("tortoise-orm", "0.21") is False:
        yield from _silenced(module)
        return
    for function in lifespans(module):
        for call in _calls(module, function):
            message = f"register_tortoise in a lifespan {_LATE}"
            yield from of_lifespan(RULE.code, module, function, call, message)
    for app in (*apps(module), *inner_apps(module)):
        if not app.lives:
            yield from _of_app(app)


def _of_app(app: App) -> Iterator[Finding]:
    """The finding of an application, one of whose startup hooks registers the ORM."""
    module = app.module
    late = module.project.versions_of(module.path).at_least("tortoise-orm", _HOOKS_LATE_SINCE)
    if late is False:
        return
    starting = (hook.function for hook in app.hooks if hook.event == "startup")
    call = next((call for function in starting for call in _calls(module, function)), None)
    if call is None:
        return
    when = "" if late else f"from tortoise-orm {_HOOKS_LATE_SINCE} on, "
    message = f"{when}register_tortoise in a startup hook {_LATE}"
    yield _judged(module, call, message, convert(app))


def _silenced(module: Module) -> Iterator[Finding]:
    """The findings of applications whose lifespan silences the hooks that are registered."""
    for app in (*apps(module), *inner_apps(module)):
        for statement, _ in registrations(app) if app.lives else ():
            yield _judged(module, call_of(statement), _SILENCED, Left("they are ignored", _MERGED))


def _judged(
    module: Module, call: ast.Call, message: str, result: tuple[Edit, ...] | Left
) -> Finding:
    span = module.span(call)
    if not isinstance(result, Left):
        return Finding(RULE.code, module.path, span, message, edits=result)
    text, advice = f"{message}; {result.reason}", result.advice
    return Finding(RULE.code, module.path, span, text, Safety.MANUAL, advice=advice)


def _calls(module: Module, function: ast.AST) -> list[ast.Call]:
    """The first call in a function that leads to ``register_tortoise``."""
    calls = (node for node in own_nodes(function) if isinstance(node, ast.Call))
    return [call for call in calls if set_up(module, call, REGISTERS)][:1]


RULE = Rule(
    code="TOR805",
    name="register-tortoise-in-hook",
    summary="register_tortoise in a startup hook or a lifespan, where it comes too late",
    find=find,
    triggers=(b"on_event", b"add_event_handler", b"on_startup", b"lifespan"),
    beyond=True,
)
