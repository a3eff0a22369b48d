"""Replaces register_tortoise at module level by a lifespan with RegisterTortoise.

What it does
    `register_tortoise(app, ...)` becomes `async with RegisterTortoise(app, ...)` in a `lifespan`
    that the application is constructed with. The hooks of the application move into it, as with
    TOR802: all of them, or none.

Why
    A lifespan says in one place what runs before, while and after the application serves, and in
    which order. register_tortoise works, but it changes the application from outside; from
    tortoise-orm 0.21 to 0.24.0 it is deprecated. FastAPI has deprecated hooks.

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
    The project requires tortoise-orm 0.24.1 and fastapi 0.93 or newer. The application is a
    variable of the module, and every use of it in the project is known to register no hook.

What it leaves alone
    Calls in functions, and applications of other frameworks. Left for you, with the reason:
    `add_exception_handlers`, which RegisterTortoise has deprecated; applications that have a
    lifespan already, or that are handed to code that may add hooks; versions that are too old or
    not known.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm.startup import is_called
from ..project.apps import App, Hook, apps
from ._base import Finding, Rule, Safety
from ._lifespan import convert
from ._lifespan_left import Left, too_old

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_REGISTER = frozenset({"tortoise.contrib.fastapi.register_tortoise"})
_SINCE = "0.24.1"
_MESSAGE = "register_tortoise can be a lifespan with RegisterTortoise"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each application that the module registers the ORM for."""
    for app in apps(module):
        for statement in module.tree.body:
            call = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(call, ast.Call) and _is_for(app, call):
                yield _finding(app, statement, call)


def _is_for(app: App, call: ast.Call) -> bool:
    """Whether a call registers the ORM for an application, passed first."""
    first = call.args[0] if call.args else None
    named = isinstance(first, ast.Name) and first.id == app.name
    return named and is_called(app.module, call, _REGISTER)


def _finding(app: App, statement: ast.stmt, call: ast.Call) -> Finding:
    module = app.module
    result = _result(app, statement, call)
    span = module.span(call)
    if isinstance(result, Left):
        message = f"{_MESSAGE}; {result.reason}"
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=result.advice)
    return Finding(RULE.code, module.path, span, _MESSAGE, edits=result)


def _result(app: App, statement: ast.stmt, call: ast.Call) -> tuple[Edit, ...] | Left:
    if any(keyword.arg == "lifespan" for keyword in app.call.keywords):
        return Left("the app has a lifespan already: register the ORM in that")
    given = {keyword.arg for keyword in call.keywords}
    if {"add_exception_handlers", None} & given or len(call.args) > 6:
        advice = "pass FastAPI(exception_handlers=tortoise_exception_handlers()) instead"
        return Left("RegisterTortoise has deprecated add_exception_handlers", advice)
    strings = [n for n in ast.walk(call) if isinstance(n, ast.Constant | ast.JoinedStr)]
    if any(n.lineno != n.end_lineno for n in strings):
        return Left("it holds a string of several lines")
    hook = _as_hook(app, statement)
    return too_old(app.module, _SINCE) or convert(replace(app, hooks=(hook, *app.hooks)))


def _as_hook(app: App, statement: ast.stmt) -> Hook:
    """The statement as a startup hook that runs before all others, as its lifespan does."""
    module = app.module
    body = "\n".join([*_above(module, statement), module.text(statement)])
    source = f"async def register():\n{textwrap.indent(body, '    ')}\n"
    made = ast.parse(source).body[0]
    assert isinstance(made, ast.AsyncFunctionDef)
    for node in ast.walk(made):
        ast.copy_location(node, statement)
    receiver = ast.Name(app.name, ast.Load())
    return Hook("startup", receiver, made, statement=statement, foreign=True, source=source)


def _above(module: Module, statement: ast.stmt) -> list[str]:
    """The lines of comments directly above a statement."""
    lines: list[str] = []
    number = statement.lineno - 1
    while number and module.source.line(number).startswith("#"):
        lines.insert(0, module.source.line(number).rstrip("\r\n"))
        number -= 1
    return lines


RULE = Rule(
    code="TOR806",
    name="register-tortoise-lifespan",
    summary="register_tortoise becomes a lifespan with RegisterTortoise",
    find=find,
    default=False,
    triggers=(b"register_tortoise",),
)
