"""Replaces Tortoise.init in a lifespan by RegisterTortoise.

What it does
    A lifespan of a FastAPI or Starlette application that calls `Tortoise.init` before its `yield`
    and closes the connections after it gets `async with RegisterTortoise(app, ...)` around what
    follows, with the same arguments. The rest of the lifespan keeps its order, and what it yields.
    Where the call stands in a function of the project that does nothing else, such as `init_db`,
    its arguments move into the lifespan, and the function goes if nothing else uses it.
    Where the call stands in `try` or `if`, in a method, or in a function that does more, it stays
    there: the lifespan holds an `AsyncExitStack`, which every function on the way to the call gets
    as its last parameter, and the call becomes `await stack.enter_async_context(RegisterTortoise(
    ...))`. What closes the connections may stay, too: to close them twice does no harm.
    Where that cannot be done, `--unsafe` passes `_enable_global_fallback=True` to `Tortoise.init`,
    wherever that is: all tasks see the connections then.

Why
    From tortoise-orm 1.0 on, what `Tortoise.init` sets up in a lifespan is out of reach of the
    tasks that serve requests: every request that queries fails with `RuntimeError: No
    TortoiseContext is currently active`. It answered 500 before, it answers 200 after.

Before
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await Tortoise.init(config=TORTOISE_ORM)
        await Tortoise.generate_schemas()
        try:
            yield
        finally:
            await Tortoise.close_connections()

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM, generate_schemas=True):
            yield

When it is safe
    The project requires tortoise-orm 0.21 or newer (1.1.9 for Starlette), and may use 1.0 or
    newer. An application is constructed with the function as its `lifespan=`, and RegisterTortoise
    takes all that the call is passed. The call runs at most once, before a `yield`. A stack is
    passed on as TOR802 does it. It is unsafe where several applications share the lifespan, or
    one file takes the application and another one that sets up the ORM: RegisterTortoise can be
    active once in a process. The argument is unsafe for the same reason.

What it leaves alone
    Projects that are known to use a tortoise-orm before 1.0, where nothing is wrong; calls that
    pass `_enable_global_fallback`; functions that no application is given as its lifespan.
    Left for you, with the reason: calls in a loop, in another task, whose result is kept, or in
    functions that something else uses, too; arguments that RegisterTortoise does not take
    (`routers`, `table_name_generator`); versions that are too old or not known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..orm.set_up import SetUp, set_up
from ..project.lifespans import lifespans
from ._base import Rule
from ._lifespan_served import of_lifespan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from ._base import Finding

_SUBJECT = "Tortoise.init in a lifespan"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each lifespan of an application that sets up the ORM itself."""
    if module.project.versions_of(module.path).at_least("tortoise-orm", "1.0") is False:
        return
    for function in lifespans(module):
        found = ((node, set_up(module, node)) for node in own_nodes(function))
        call, through = next(((n, s) for n, s in found if s), (None, None))
        if isinstance(call, ast.Call) and through and not _falls_back(through):
            yield from of_lifespan(RULE.code, module, function, call, _message(module))


def _falls_back(found: SetUp) -> bool:
    """Whether the call already makes the connections known to all tasks."""
    return any(keyword.arg == "_enable_global_fallback" for keyword in found.call.keywords)


def _message(module: Module) -> str:
    """What is wrong, for the version in use."""
    if module.project.versions_of(module.path).at_least("tortoise-orm", "1.0"):
        return f"{_SUBJECT}: requests fail with 'No TortoiseContext is currently active'"
    return f"{_SUBJECT}: from tortoise-orm 1.0 on, requests fail without a TortoiseContext"


RULE = Rule(
    code="TOR404",
    name="lifespan-plain-init",
    summary="Tortoise.init in a lifespan becomes RegisterTortoise, without which requests fail",
    find=find,
    triggers=(b"asynccontextmanager",),
    beyond=True,
)
