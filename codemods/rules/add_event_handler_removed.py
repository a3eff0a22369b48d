"""Registers handlers on the router of an application: `add_event_handler` of the app is gone.

What it does
    `app.add_event_handler("startup", f)` of a FastAPI application becomes
    `app.router.add_event_handler("startup", f)`.

Why
    Starlette 1.0 has taken `add_event_handler` from applications, and FastAPI has kept it on its
    routers alone. The call raises AttributeError, so the application cannot be imported.

Before
    app = FastAPI()
    app.add_event_handler("startup", warm_up)

After
    app = FastAPI()
    app.router.add_event_handler("startup", warm_up)

When it is safe
    The project requires starlette 1.0 or newer, and the receiver is known to be a FastAPI
    application: a variable that is constructed as one, or a parameter that is annotated so. The
    application's method did nothing but call that of the router.

What it leaves alone
    Projects that may use an older starlette, where both work; other receivers. Hooks around the ORM
    become a lifespan (TOR802). Left for you: applications of Starlette itself, whose routers have
    lost the method, too (TOR804).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.attribute import TakeAttribute
from ..project.app_names import framework_at
from ._base import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_METHOD = "add_event_handler"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each call of the method on a FastAPI application."""
    if module.project.versions_of(module.path).at_least("starlette", "1.0") is not True:
        return
    for call in module.nodes(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr != _METHOD:
            continue
        if framework_at(module, func.value) == "fastapi":
            message = f"an app has no {_METHOD} since starlette 1.0: its router has"
            edit = TakeAttribute(module.path, module.span(func.value), "router")
            yield Finding(RULE.code, module.path, module.span(call), message, edits=(edit,))


RULE = Rule(
    code="TOR801",
    name="add-event-handler-removed",
    summary="registers handlers on the router: Starlette 1.0 took `add_event_handler` from apps",
    find=find,
    triggers=(b"add_event_handler",),
    beyond=True,
)
