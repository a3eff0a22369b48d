"""Finds startup and shutdown hooks that never run, because the application has a lifespan.

What it does
    Reports every handler that `on_event`, `add_event_handler`, `on_startup=` or `on_shutdown=`
    registers on a FastAPI application that is constructed with `lifespan=`.

Why
    An application has either a lifespan or hooks. With a lifespan, the hooks are accepted and then
    ignored, without a word: what they open is not opened, what they close is not closed.

Before
    app = FastAPI(lifespan=lifespan)

    @app.on_event("startup")
    async def warm_up():
        await load_cache()

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await load_cache()
        yield

    app = FastAPI(lifespan=lifespan)

When it is safe
    Never applied: a hook that never ran may have been forgotten for a reason, or may fail once it
    does run. Move what it does into the lifespan, or delete it.

What it leaves alone
    Applications without a lifespan, and hooks of routers and of mounted applications.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.apps import apps, assigned, hooks_of, meaning, scopes_around
from ..project.frameworks import framework_of
from ..project.hooks import added_hooks
from ..project.module import Module
from ..project.symbols import Variable
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.hooks import Hook

_ADVICE = "move what it does into the lifespan, or delete it"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each hook that never runs."""
    known = list(apps(module))
    for app in known:
        for hook in app.hooks if all(map(_lives, app.calls)) else ():
            yield _finding(module, hook, f"{module.path}:{app.calls[0].lineno}")
    ours = {id(hook.statement or hook.function) for app in known for hook in app.hooks}
    for node in ast.walk(module.tree):
        if id(node) not in ours:
            for hook in (*hooks_of(node), *added_hooks(module, node)):
                place = _constructed_at(module, hook)
                if place:
                    yield _finding(module, hook, place)


def _lives(call: ast.Call) -> bool:
    """Whether the construction of an application is passed a lifespan."""
    given = (keyword.value for keyword in call.keywords if keyword.arg == "lifespan")
    return any(not isinstance(v, ast.Constant) for v in given)


def _constructed_at(module: Module, hook: Hook) -> str:
    """Where the application of a hook gets its lifespan, if it is not the module's own."""
    receiver = hook.receiver
    symbol = meaning(module, receiver)
    if isinstance(symbol, Variable) and symbol.path != module.path:
        home = module.project.module(symbol.path)
        for app in apps(home) if isinstance(home, Module) else ():
            if app.name == symbol.name and all(map(_lives, app.calls)):
                return f"{symbol.path}:{app.calls[0].lineno}"
    if not isinstance(receiver, ast.Name) or symbol is not None:
        return ""
    return _built_in(module, hook, receiver.id)


def _built_in(module: Module, hook: Hook, name: str) -> str:
    """Where the function around a hook constructs its application, once, with a lifespan."""
    for scope in scopes_around(module, hook.statement or hook.function):
        values = [value for target, value in map(assigned, ast.walk(scope)) if target == name]
        if values:
            value = values[0]
            once = len(values) == 1 and framework_of(module, value)
            found = value if once and isinstance(value, ast.Call) and _lives(value) else None
            return f"{module.path}:{found.lineno}" if found else ""
    return ""


def _finding(module: Module, hook: Hook, place: str) -> Finding:
    event = hook.event or "startup or shutdown"
    message = f"this {event} hook never runs: the app has a lifespan ({place})"
    at = hook.decorator or hook.statement or hook.handler or hook.function
    return Finding(RULE.code, module.path, module.span(at), message, Safety.MANUAL, advice=_ADVICE)


RULE = Rule(
    code="TOR803",
    name="dead-startup-hook",
    summary="Startup and shutdown hooks that never run, because the app has a lifespan",
    find=find,
    safety=Safety.MANUAL,
    triggers=(b"on_event", b"add_event_handler", b"on_startup", b"on_shutdown"),
    beyond=True,
)
