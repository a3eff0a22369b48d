"""Replaces register_tortoise in a startup hook or a lifespan by RegisterTortoise.

What it does
    `register_tortoise(app, ...)` that is called by a startup hook or a lifespan of the application
    becomes `async with RegisterTortoise(app, ...)` in its lifespan, with the same arguments. Hooks
    move into a lifespan as with TOR802: all of the application, or none.

Why
    register_tortoise puts a lifespan around that of the application (before tortoise-orm 0.24.1, it
    registers hooks, which an application with a lifespan ignores). Once the application has begun
    to start, it comes too late: nothing is set up, and every request that queries fails.

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
    `Tortoise.init` beside it, applications that are built in a function, versions that are not
    known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..orm.startup import REGISTERS
from ..project.apps import apps
from ..project.lifespans import lifespans
from ._base import Finding, Rule, Safety
from ._lifespan import convert
from ._lifespan_left import Left
from ._lifespan_served import of_lifespan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.apps import App
    from ..project.module import Module

_HOOKS_LATE_SINCE = "0.24.1"
_LATE = "comes too late: the app starts without the ORM"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each lifespan, or application with hooks, that registers the ORM too late."""
    if module.project.versions_of(module.path).at_least("tortoise-orm", "0.21") is False:
        return
    for function in lifespans(module):
        for call in _calls(module, function):
            message = f"register_tortoise in a lifespan {_LATE}"
            yield from of_lifespan(RULE.code, module, function, call, message)
    for app in apps(module):
        if not any(keyword.arg == "lifespan" for keyword in app.call.keywords):
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
    result, span = convert(app), module.span(call)
    when = "" if late else f"from tortoise-orm {_HOOKS_LATE_SINCE} on, "
    message = f"{when}register_tortoise in a startup hook {_LATE}"
    if isinstance(result, Left):
        message, advice = f"{message}; {result.reason}", result.advice
        yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=advice)
    else:
        yield Finding(RULE.code, module.path, span, message, edits=result)


def _calls(module: Module, function: ast.AST) -> list[ast.Call]:
    """The first call in a function that leads to ``register_tortoise``."""
    calls = (node for node in own_nodes(function) if isinstance(node, ast.Call))
    return [call for call in calls if set_up(module, call, REGISTERS)][:1]


RULE = Rule(
    code="TOR805",
    name="register-tortoise-in-hook",
    summary="register_tortoise in a startup hook or a lifespan, where it comes too late",
    find=find,
    triggers=(b"on_event", b"add_event_handler", b"on_startup", b"asynccontextmanager"),
)
