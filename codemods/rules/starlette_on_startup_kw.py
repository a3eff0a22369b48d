"""Makes a lifespan of the hooks of a Starlette application, which Starlette 1.0 no longer has.

What it does
    `Starlette(on_startup=[...], on_shutdown=[...])`, `app.on_event` and `app.add_event_handler`
    become a `lifespan` that calls the same functions in the same order.

Why
    Starlette 1.0 has a lifespan and no hooks: `on_startup=` raises TypeError, the methods raise
    AttributeError, and the application cannot be imported.

Before
    app = Starlette(routes=routes, on_startup=[open_cache], on_shutdown=[close_cache])

After
    @asynccontextmanager
    async def lifespan(app: Starlette):
        await open_cache()
        yield
        await close_cache()

    app = Starlette(routes=routes, lifespan=lifespan)

When it is safe
    The project requires starlette 1.0 or newer. All handlers are functions of the project, given by
    name, and every use of the application in the project is known to register no other.

What it leaves alone
    Projects that may use an older starlette, where hooks work; hooks that set up the ORM, which
    become a lifespan with RegisterTortoise (TOR802). Left for you, with the reason: handlers that
    cannot be seen, applications that are handed to code that may add some.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.apps import apps, inner_apps
from ..project.frameworks import framework_of
from ._base import Finding, Rule, Safety
from ._lifespan import convert
from ._lifespan_left import Left
from ._lifespan_obstacles import sets_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.apps import App
    from ..project.module import Module

_LISTS = frozenset({"on_startup", "on_shutdown"})
_MESSAGE = "Starlette 1.0 has no startup and shutdown hooks: the app cannot be built"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each Starlette application with hooks, or lists of hooks."""
    if module.project.versions_of(module.path).at_least("starlette", "1.0") is not True:
        return
    known = [app for app in (*apps(module), *inner_apps(module)) if app.framework == "starlette"]
    for app in known:
        if app.hooks and not sets_up(app):
            yield _finding(app)
    seen = {call for app in known if app.hooks for call in app.calls}
    for call in module.nodes(ast.Call):
        given = {keyword.arg or "" for keyword in call.keywords} & _LISTS
        if given and call not in seen and framework_of(module, call) == "starlette":
            message = f"{_MESSAGE}; what {min(given)}= holds cannot be seen"
            yield Finding(RULE.code, module.path, module.span(call), message, Safety.MANUAL)


def _finding(app: App) -> Finding:
    module, hook = app.module, app.hooks[0]
    at = hook.decorator or hook.statement or app.calls[0]
    result = Left("the app has a lifespan already") if app.lives else convert(app)
    span = module.span(at)
    if isinstance(result, Left):
        message, advice = f"{_MESSAGE}; {result.reason}", result.advice
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=advice)
    return Finding(RULE.code, module.path, span, _MESSAGE, edits=result)


RULE = Rule(
    code="TOR804",
    name="starlette-on-startup-kw",
    summary="makes a lifespan of the hooks of a Starlette app, which Starlette 1.0 has no more",
    find=find,
    triggers=(b"on_startup", b"on_shutdown", b"on_event", b"add_event_handler"),
    beyond=True,
)
