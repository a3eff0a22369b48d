"""Replaces register_tortoise at module level by a lifespan with RegisterTortoise.

What it does
    `register_tortoise(app, ...)` becomes `async with RegisterTortoise(app, ...)` in a `lifespan`
    that the application is constructed with, wherever the call stands: in the module, in the
    function that builds the application, or in a function such as `init_db(app)` that does nothing
    else. The hooks of the application move into it, as with TOR802: all of them, or none.
    `add_exception_handlers=True` becomes `exception_handlers=tortoise_exception_handlers()`.
    Where the application has a lifespan already, RegisterTortoise stands around all that it does.
    The rule is opt-in but for applications with a lifespan in projects that are known to use a
    tortoise-orm from 0.21 to 0.24.0, which warns of the call.

Why
    A lifespan says in one place what runs before, while and after the application serves, and in
    which order. register_tortoise works, but it changes the application from outside. From
    tortoise-orm 0.21 to 0.24.0, it is deprecated for an application with a lifespan, and what that
    yields as the state of requests is lost. FastAPI has deprecated hooks.

Before
    app = FastAPI()

    register_tortoise(app, config=TORTOISE_ORM, generate_schemas=True)

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM, generate_schemas=True):
            yield

    app = FastAPI(lifespan=lifespan)

When it is safe
    The project requires tortoise-orm 0.21 (0.24.1 where the application has hooks) and fastapi 0.93
    or newer; for Starlette, tortoise-orm 1.1.9. Every use of the application in the project is
    known to register no hook. No variable that the call is passed is bound again below it.

What it leaves alone
    Applications that are passed in by a caller, and those of other frameworks. Left for you, with
    the reason: applications with exception handlers of their own for the same exceptions; those
    that share a lifespan, or have that of another file, or are handed to code that may add hooks;
    functions that do more; versions that are too old or not known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm.startup import call_of
from ..project.apps import App, apps, inner_apps
from ._base import Finding, Rule, Safety
from ._emptied import with_emptied
from ._lifespan import convert
from ._lifespan_left import Left, too_old
from ._register_around import around
from ._registrations import SEVERAL_LINES, as_hook, handlers_of, rebound, registrations

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.set_up import SetUp
    from ..project.module import Module

#: Since then it runs before all hooks, and not in its turn.
_FIRST_SINCE = "0.24.1"
_DEPRECATED_SINCE = "0.21"
_DEPRECATED = "tortoise-orm before 0.24.1 deprecates register_tortoise beside a lifespan"
_MESSAGE = "register_tortoise can be a lifespan with RegisterTortoise"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each application that the module registers the ORM for."""
    warned = _warns(module)
    for app in (*apps(module), *inner_apps(module)):
        for statement, found in registrations(app):
            message = _DEPRECATED if warned and app.lives else _MESSAGE
            yield _finding(app, statement, found, message)


def find_deprecated(module: Module) -> Iterator[Finding]:
    """Those of them for which the release in use has deprecated the call."""
    if _warns(module):
        yield from (one for one in find(module) if one.message.startswith(_DEPRECATED))


def _warns(module: Module) -> bool:
    """Whether the release in use warns of the call for an application with a lifespan."""
    versions = module.project.versions_of(module.path)
    since = versions.at_least("tortoise-orm", _DEPRECATED_SINCE)
    return since is True and versions.at_least("tortoise-orm", _FIRST_SINCE) is False


def _finding(app: App, statement: ast.stmt, found: SetUp, said: str) -> Finding:
    module = app.module
    result = _result(app, statement, found)
    span = module.span(call_of(statement))
    if isinstance(result, Left):
        message = f"{said}; {result.reason}"
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=result.advice)
    message = with_emptied(said, module, result)
    return Finding(RULE.code, module.path, span, message, edits=result)


def _result(app: App, statement: ast.stmt, found: SetUp) -> tuple[Edit, ...] | Left:
    changed = rebound(app, statement, found)
    if changed:
        return Left(f"{changed} may be another value when the app starts")
    handlers = handlers_of(app, found.call)
    if isinstance(handlers, Left):
        return handlers
    if app.lives:
        return around(app, statement, handlers)
    hook = as_hook(app, statement)
    if hook is None:
        return Left(SEVERAL_LINES)
    old = too_old(app.module, _FIRST_SINCE) if app.hooks else None
    return old or convert(replace(app, hooks=(hook, *app.hooks)))


RULE = Rule(
    code="TOR806",
    name="register-tortoise-lifespan",
    summary="register_tortoise becomes a lifespan with RegisterTortoise",
    find=find,
    default=False,
    core=find_deprecated,
    triggers=(b"FastAPI", b"Starlette"),
    beyond=True,
)
