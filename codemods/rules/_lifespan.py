"""From the hooks of an application to the edits that make a lifespan of them, or why not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword, RemoveKeyword
from ..edits.handler import Handler
from ..edits.imports import AddImport, DropImport
from ..edits.lifespan import InsertLifespan
from ..edits.registration import WIDTH
from ..edits.statements import RemoveDecorator, RemoveStatement
from ..orm.hook_bodies import Body, body_of
from ..orm.startup import call_of, positional
from ..project.apps import local_names
from ._exception_handlers import OPTION, handlers_for, option_of
from ._exception_handlers import SINCE as HANDLERS_SINCE
from ._lifespan_helper import calls_of, handler_of, missing, obsolete
from ._lifespan_left import Left
from ._lifespan_names import annotation_of, free_name, imported, returns_of, roots
from ._lifespan_obstacles import obstacle, sets_up
from ._lifespan_source import indent_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..edits._base import Edit
    from ..project.apps import App, Hook
    from ..project.module import Module


def convert(app: App) -> tuple[Edit, ...] | Left:
    """The edits that give an application with hooks a lifespan; one may call ``Tortoise.init``.

    The call goes into the lifespan; see ``_stacked_hooks`` for one that has to stay where it is.
    """
    bodies = [body_of(app.module, hook) for hook in app.hooks]
    if all(body.init < 0 for body in bodies) and not sets_up(app):
        bodies = [Body(hook) for hook in app.hooks]
    left = obstacle(app, [body for body in bodies if body.moves])
    if left and any(body.close >= 0 for body in bodies):
        staying = [Body(body.hook) if body.close >= 0 else body for body in bodies]
        if not obstacle(app, [body for body in staying if body.moves]):
            left, bodies = None, staying
    return left or (*edits_of(app, bodies), *_handlers(app, bodies))


def edits_of(
    app: App, bodies: Sequence[Body], stack: str = "", opener: Hook | None = None
) -> Iterator[Edit]:
    """The edits that give an application a lifespan, but for its exception handlers.

    Args:
        app: The application.
        bodies: Its hooks.
        stack: The name of an exit stack that holds what the lifespan does; empty for none.
        opener: The hook that is passed the stack.
    """
    module, path = app.module, app.module.path
    moved = [body for body in bodies if body.moves]
    returns, iterators = returns_of(app, moved)
    name, place = free_name(app), _place(app, bodies)
    lead = module.source.line(place.lineno)[: place.col_offset]
    yield InsertLifespan(
        path,
        module.span(place),
        "",
        name=name,
        parameter=app.name,
        annotation=annotation_of(app, place),
        returns=returns,
        arguments=positional(),
        startup=_handled(module, bodies, "startup", stack, opener),
        shutdown=_handled(module, bodies, "shutdown", stack, None),
        indent=_indent(module, moved),
        lead=lead,
        without=(OPTION,) if _handlers(app, bodies) else (),
        stack=stack,
    )
    for call in app.calls:
        yield PassKeyword(path, module.span(call), "lifespan", name, width=WIDTH)
    for body in bodies:
        yield from _unregistered(app, body)
    yield AddImport(path, "contextlib", "asynccontextmanager")
    if not stack and any(body.init >= 0 for body in bodies):
        yield AddImport(path, f"tortoise.contrib.{app.framework}", "RegisterTortoise")
    if iterators:
        yield AddImport(path, iterators, "AsyncIterator")
    if not path.endswith("__init__.py"):
        dropped = roots(moved)
        for _, found in imported(module):
            if found.name in dropped:
                yield DropImport(path, found.module, found.attr)
    helpers = calls_of(module, moved)
    for helper in helpers:
        needed = missing(helper)
        yield from () if isinstance(needed, str) else needed
    yield from obsolete(helpers)


def _handlers(app: App, bodies: Sequence[Body]) -> tuple[Edit, ...]:
    """The edits that pass the exception handlers to the application that the ORM adds to it.

    None where it adds none, and where they cannot be passed.
    """
    versions = app.module.project.versions_of(app.module.path)
    body = next((body for body in bodies if body.init >= 0), None)
    if body is None or versions.at_least("tortoise-orm", HANDLERS_SINCE) is not True:
        return ()
    call = call_of(body.helper.statement if body.helper else body.site)
    if not option_of(call):
        return ()
    given = handlers_for(app.module, app.calls)
    return () if isinstance(given, Left) else given


def _place(app: App, bodies: Sequence[Body]) -> ast.stmt:
    """The statement that the lifespan stands above.

    That is the function that constructs the application, unless the lifespan needs its variables.
    """
    if app.scope is None:
        return app.statement
    local = local_names(app.scope) - {app.name}
    needed: set[str] = set()
    for body in bodies:
        names = {n.id for n in ast.walk(body.function) if isinstance(n, ast.Name)}
        hidden = local_names(body.function)
        nonlocals = (n for n in ast.walk(body.function) if isinstance(n, ast.Nonlocal))
        outer = {name for node in nonlocals for name in node.names}
        called = () if body.moves else (body.function.name,)
        needed |= (names - hidden) | outer | set(called)
    return app.statement if needed & local else app.scope


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
        yield RemoveKeyword(module.path, module.span(app.calls[0]), hook.keyword)


def _handled(
    module: Module, bodies: Sequence[Body], event: str, stack: str, opener: Hook | None
) -> tuple[Handler, ...]:
    """What the hooks of an event run, one of which may be passed a stack."""
    mine = [body for body in bodies if body.hook.event == event]
    return tuple(handler_of_hook(module, b, stack if b.hook is opener else "") for b in mine)


def handler_of_hook(module: Module, body: Body, given: str = "") -> Handler:
    """What a hook runs, as the edits take it; a function that stays may be given something."""
    function, foreign = body.function, body.hook.foreign
    if not body.moves:
        waits = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
        if foreign:
            source = ast.unparse(function.body[0])
            return Handler(f"{source.removesuffix('()')}({given})" if given else source, call=True)
        return Handler(f"{waits}{function.name}({given})", call=True)
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
    for function in (body.function for body in moved if not body.hook.foreign):
        outer = module.source.line(function.lineno)[: function.col_offset]
        return indent_of(module, function).removeprefix(outer)
    return "    "
