"""Replaces startup and shutdown hooks around the ORM by a lifespan with RegisterTortoise.

What it does
    A FastAPI or Starlette application whose startup hook calls `Tortoise.init` gets a `lifespan`:
    the call becomes `async with RegisterTortoise(app, ...)`, with the same arguments, and what the
    hooks do besides stands around it in the order in which it ran. Hooks are what `@app.on_event`,
    `add_event_handler`, `app.router.on_startup.append` and `FastAPI(on_startup=[...])` register.
    All hooks of the application move, or none: once an application has a lifespan, its hooks no
    longer run. A hook that has nothing to do with the ORM stays a function, and the lifespan calls
    it. Where the call stands in a function of the project that does nothing else, such as
    `init_db`, its arguments move into the lifespan, and the function goes if nothing else uses it.
    For an application that a function builds, the lifespan stands above that function, or in it
    where it needs its variables.
    Where the call stands in `try` or `if`, in a method, or in a function that does more, it stays
    there: the lifespan holds an `AsyncExitStack`, which every function on the way to the call gets
    as its last parameter, and the call becomes `await stack.enter_async_context(RegisterTortoise(
    ...))`. What is caught, logged, raised again or done around it stays as it is.
    Where the hooks have to stay, `--unsafe` passes `_enable_global_fallback=True` to
    `Tortoise.init`, wherever that is: all tasks see the connections then.

Why
    From tortoise-orm 1.0 on, what `Tortoise.init` sets up in a hook is out of reach of the tasks
    that serve requests: every request that queries fails with `RuntimeError: No TortoiseContext
    is currently active`. It answered 500 before, it answers 200 after. FastAPI has deprecated
    `on_event`, too. And a startup that fails now closes the connections that it opened.

Before
    app = FastAPI()

    @app.on_event("startup")
    async def connect():
        await Tortoise.init(config=TORTOISE_ORM)
        await Tortoise.generate_schemas()

    @app.on_event("shutdown")
    async def disconnect():
        await Tortoise.close_connections()

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM, generate_schemas=True):
            yield

    app = FastAPI(lifespan=lifespan)

When it is safe
    The project requires tortoise-orm 0.21 and fastapi 0.93 or newer; for Starlette, tortoise-orm
    1.1.9. The application is a variable of the module, or of a function that builds it and
    registers its hooks. Every use of it in the project is known to register no other hook: those
    of functions that return it, and of tests that a fixture gives it to, are followed. One startup
    hook calls `Tortoise.init` as a statement of its own, and RegisterTortoise takes all that it is
    passed. Nothing else uses the functions that go, and their variables do not mix.
    What stood after the call that closes the connections still runs after they are closed.
    A stack is passed on where the call is awaited at most once, and every function on the way is
    used for that alone: by no test, no script and no string, and a method by no object that may be
    of its class. That needs FastAPI and tortoise-orm 0.21.7.
    It is unsafe where one file takes the application and another one that sets up the ORM: since
    1.0, RegisterTortoise can be active once in a process.
    The argument is unsafe: a second set-up in one process, before the connections of the first are
    closed, raises ConfigurationError. It needs tortoise-orm 1.0, and a project that neither
    registers the ORM anywhere nor passes the argument.

What it leaves alone
    Applications that have a lifespan already, hooks that have nothing to do with the ORM, and
    `on_event` of other frameworks. Left for you, with the reason: applications that are passed in,
    or handed to code that may add hooks, routers that may have hooks, calls of `Tortoise.init` in
    a loop, in another task, whose result is kept, or in functions that something else uses, too,
    arguments that RegisterTortoise does not take (`routers`, `table_name_generator`), versions that
    are too old or not known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.set_up import set_up
from ..project.apps import App, Hook, apps, assigned, hooks_of, inner_apps, meaning
from ..project.facts import FunctionNode
from ..project.frameworks import framework_named, framework_of
from ..project.hooks import added_hooks
from ..project.symbols import Variable
from ..source import Fault
from ._base import Finding, Rule, Safety
from ._emptied import with_emptied
from ._global_fallback import with_fallback
from ._lifespan import convert
from ._lifespan_left import Left, neither
from ._rivals import rival_of
from ._stacked_hooks import with_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """One finding for each application whose hooks set up the ORM."""
    known = [*apps(module), *inner_apps(module)]
    for app in known:
        yield from _of_app(app)
    ours = {id(hook.statement or hook.function) for app in known for hook in app.hooks}
    for node in ast.walk(module.tree):
        if id(node) not in ours:
            for hook in (*hooks_of(node), *added_hooks(module, node)):
                yield from _of_stray(module, hook)


def _of_app(app: App) -> Iterator[Finding]:
    """The finding of an application that the module itself constructs."""
    if app.lives:
        return
    module = app.module
    for hook in app.hooks:
        call = _opening(module, hook)
        if call is not None:
            result = convert(app)
            if isinstance(result, Left):
                stacked = with_stack(app)
                result = neither(result, stacked) if isinstance(stacked, Left) else stacked
            if isinstance(result, Left):
                yield _left(module, call, result)
            else:
                span = module.span(call)
                message = with_emptied(_message(module, call), module, result)
                doubt = rival_of(module, {module.path})
                safety = Safety.UNSAFE if doubt else Safety.SAFE
                yield Finding(RULE.code, module.path, span, message, safety, result, doubt)
            return


def _opening(module: Module, hook: Hook) -> ast.Call | None:
    """The first call in a startup hook that sets up the ORM, itself or through a function."""
    for node in ast.walk(hook.function) if hook.event == "startup" else ():
        if isinstance(node, ast.Call) and set_up(module, node):
            return node
    return None


def _of_stray(module: Module, hook: Hook) -> Iterator[Finding]:
    """The finding of a hook on an application that the module does not simply construct."""
    call = _opening(module, hook)
    reason = _origin(module, hook) if call else ""
    if call and reason:
        yield _left(module, call, Left(reason))


def _origin(module: Module, hook: Hook) -> str:
    """Where the FastAPI application of a hook comes from; empty if it is none, or served."""
    receiver = hook.receiver
    symbol = meaning(module, receiver)
    if isinstance(symbol, Variable) and symbol.path != module.path:
        home = module.project.module(symbol.path)
        names = [] if isinstance(home, Fault) else [app.name for app in apps(home)]
        return f"the app is constructed in {symbol.path}" if symbol.name in names else ""
    if not isinstance(receiver, ast.Name):
        return ""
    for scope in module.ancestors(hook.statement or hook.function):
        if isinstance(scope, FunctionNode | ast.Module):
            found = _constructed(module, scope, receiver.id)
            if found is not None:
                served = any(keyword.arg == "lifespan" for keyword in found.keywords)
                return (
                    ""
                    if served
                    else "the app is built, or the hook is registered, in a branch or function"
                )
            if isinstance(scope, FunctionNode) and _is_passed(module, scope, receiver.id):
                return f"the app is passed to {scope.name} by its caller"
    return ""


def _constructed(module: Module, scope: ast.AST, name: str) -> ast.Call | None:
    """The construction of FastAPI that a scope assigns to a name."""
    for node in ast.walk(scope):
        target, value = assigned(node)
        if target == name and framework_of(module, value) and isinstance(value, ast.Call):
            return value
    return None


def _is_passed(module: Module, function: FunctionNode, name: str) -> bool:
    """Whether a parameter is annotated as a FastAPI application."""
    for argument in ast.walk(function.args):
        if isinstance(argument, ast.arg) and argument.arg == name and argument.annotation:
            return bool(framework_named(module, argument.annotation))
    return False


def _left(module: Module, node: ast.Call, left: Left) -> Finding:
    message = f"{_message(module, node)}; {left.reason}"
    span = module.span(node)
    found = Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=left.advice)
    return with_fallback(module, found, node)


def _message(module: Module, call: ast.Call) -> str:
    """What is wrong, for the version in use."""
    subject = "Tortoise.init in a startup hook"
    found = set_up(module, call)
    if found and any(k.arg == "_enable_global_fallback" for k in found.call.keywords):
        return f"{subject}: on_event is deprecated, use a lifespan"
    broken = module.project.versions_of(module.path).at_least("tortoise-orm", "1.0")
    if broken:
        return f"{subject}: requests fail with 'No TortoiseContext is currently active'"
    return f"{subject}: from tortoise-orm 1.0 on, requests fail without a TortoiseContext"


RULE = Rule(
    code="TOR802",
    name="startup-hook-lifespan",
    summary="Startup and shutdown hooks around the ORM become a lifespan with RegisterTortoise",
    find=find,
    triggers=(b"on_event", b"add_event_handler", b"on_startup"),
    beyond=True,
)
