"""Reports applications for which the ORM is set up twice.

What it does
    Reports a `Tortoise.init` in a lifespan or startup hook of an application, itself or through
    functions of the project, beside a `register_tortoise` or `RegisterTortoise` in the same
    lifespan, in a hook of the same application, or for it.

Why
    The second set-up closes the connections of the first, so one of the two is in vain, and the
    models are bound to whichever ran last. From tortoise-orm 1.0 on, a second set-up that all tasks
    are to see raises ConfigurationError.

Before
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await Tortoise.init(config=TORTOISE_ORM)
        register_tortoise(app, config=TORTOISE_ORM, generate_schemas=True)
        yield

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM, generate_schemas=True):
            yield

When it is safe
    Never applied: which of the two configurations counts is for you to say.

What it leaves alone
    Calls of `Tortoise.init` in scripts, commands and tests; applications of which one part of the
    project knows nothing of the other.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..orm.startup import CONTEXTS, REGISTERS, is_called
from ..project.apps import apps, inner_apps
from ..project.lifespans import lifespans, served_by
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..project.apps import App
    from ..project.module import Module

_REGISTERS = REGISTERS | CONTEXTS
_ADVICE = "set it up once, with `async with RegisterTortoise(app, ...)` in the lifespan"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each application that the ORM is set up for twice."""
    for function in lifespans(module):
        if served_by(module, function):
            yield from _finding(module, list(own_nodes(function)), _register_calls(module))
    for app in (*apps(module), *inner_apps(module)):
        starting = [hook.function for hook in app.hooks if hook.event == "startup"]
        nodes = [node for function in starting for node in own_nodes(function)]
        yield from _finding(module, nodes, _for_app(app))


def _finding(module: Module, nodes: list[ast.AST], others: Iterable[ast.Call]) -> Iterator[Finding]:
    """The finding where one of some nodes calls ``Tortoise.init``, and another call registers."""
    init = next((n for n in nodes if isinstance(n, ast.Call) and set_up(module, n)), None)
    inside = [n for n in nodes if isinstance(n, ast.Call) and set_up(module, n, _REGISTERS)]
    other = next(iter([*inside, *others]), None)
    if init is not None and other is not None:
        message = f"the ORM is set up twice: line {other.lineno} registers it, too"
        span = module.span(init)
        yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=_ADVICE)


def _register_calls(module: Module) -> list[ast.Call]:
    """The calls of ``register_tortoise`` that statements of the module are."""
    values = (s.value for s in module.tree.body if isinstance(s, ast.Expr))
    return [v for v in values if isinstance(v, ast.Call) and is_called(module, v, REGISTERS)]


def _for_app(app: App) -> list[ast.Call]:
    """Those for one application."""
    calls = _register_calls(app.module)
    return [c for c in calls if any(isinstance(a, ast.Name) and a.id == app.name for a in c.args)]


RULE = Rule(
    code="TOR810",
    name="double-init",
    summary="reports applications for which the ORM is set up twice",
    find=find,
    safety=Safety.MANUAL,
    triggers=(b"register_tortoise", b"RegisterTortoise"),
)
