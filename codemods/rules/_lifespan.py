"""From the hooks of an application to the edits that make a lifespan of them, or why not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword, RemoveKeyword
from ..edits.handler import Handler
from ..edits.imports import AddImport, DropImport
from ..edits.lifespan import InsertLifespan
from ..edits.statements import RemoveDecorator, RemoveStatement
from ..orm.hook_bodies import body_of
from ..orm.startup import positional
from ._lifespan_helper import calls_of, handler_of, missing, obsolete
from ._lifespan_names import free_name, imported, returns_of, roots
from ._lifespan_obstacles import obstacle
from ._lifespan_source import indent_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..edits._base import Edit
    from ..orm.hook_bodies import Body
    from ..project.apps import App
    from ..project.module import Module
    from ._lifespan_left import Left


def convert(app: App) -> tuple[Edit, ...] | Left:
    """The edits that give an application with a hook that calls ``Tortoise.init`` a lifespan."""
    bodies = [body_of(app.module, hook) for hook in app.hooks]
    left = obstacle(app, [body for body in bodies if body.moves])
    return left or tuple(_edits(app, bodies))


def _edits(app: App, bodies: Sequence[Body]) -> Iterator[Edit]:
    module, path = app.module, app.module.path
    moved = [body for body in bodies if body.moves]
    returns, wants_iterator = returns_of(app, moved)
    name = free_name(app)
    yield InsertLifespan(
        path,
        module.span(app.statement),
        "",
        name=name,
        parameter=app.name,
        annotation=module.text(app.call.func),
        returns=returns,
        arguments=positional(),
        startup=tuple(_handler(module, b) for b in bodies if b.hook.event == "startup"),
        shutdown=tuple(_handler(module, b) for b in bodies if b.hook.event == "shutdown"),
        indent=_indent(module, moved),
    )
    yield PassKeyword(path, module.span(app.call), "lifespan", name)
    for body in bodies:
        yield from _unregistered(app, body)
    yield AddImport(path, "contextlib", "asynccontextmanager")
    yield AddImport(path, "tortoise.contrib.fastapi", "RegisterTortoise")
    if wants_iterator:
        yield AddImport(path, "collections.abc", "AsyncIterator")
    if not path.endswith("__init__.py"):
        dropped = roots(moved)
        for _, found in imported(module):
            if found.name in dropped:
                yield DropImport(path, found.module, found.attr)
    calls = calls_of(module, moved)
    for call in calls:
        needed = missing(call)
        yield from () if isinstance(needed, str) else needed
    yield from obsolete(calls)


def _unregistered(app: App, body: Body) -> Iterator[Edit]:
    """What removes the registration of a hook, and the function if its body moves."""
    module, hook = app.module, body.hook
    if body.moves and not hook.foreign:
        yield RemoveStatement(module.path, module.span(body.function), comments=True)
    elif hook.decorator:
        yield RemoveDecorator(module.path, module.span(hook.decorator))
    if hook.statement:
        yield RemoveStatement(module.path, module.span(hook.statement), comments=True)
    if hook.keyword:
        yield RemoveKeyword(module.path, module.span(app.call), hook.keyword)


def _handler(module: Module, body: Body) -> Handler:
    function, foreign = body.function, body.hook.foreign
    if not body.moves:
        waits = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
        if foreign:
            return Handler(ast.unparse(function.body[0]), call=True)
        return Handler(f"{waits}{function.name}()", call=True)
    helper = handler_of(body.helper, body.init >= 0) if body.helper else None
    return Handler(
        _source(module, body),
        init=body.init,
        schemas=body.schemas,
        close=body.close,
        helper=helper,
    )


def _source(module: Module, body: Body) -> str:
    """The source of the function of a hook, or of its stand-in."""
    if body.hook.foreign:
        return body.hook.source or ast.unparse(body.function)
    return source_of(module, body.function)


def _indent(module: Module, moved: Sequence[Body]) -> str:
    """The indentation of the first hook of the file; four spaces where there is none."""
    found = (indent_of(module, body.function) for body in moved if not body.hook.foreign)
    return next(found, "    ")
