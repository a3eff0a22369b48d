"""From a call of register_tortoise to RegisterTortoise around the lifespan that the app has."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.imports import AddImport, DropImport
from ..edits.register_around import RegisterAround
from ..edits.registration import Registration
from ..edits.statements import RemoveStatement
from ..orm.hook_bodies import body_of
from ..orm.startup import call_of, positional, register_of, root_of
from ..project.apps import local_names, meaning
from ..project.function_uses import uses
from ..project.lifespans import lifespans, served_by
from ..project.symbols import Function
from ._exception_handlers import OPTION
from ._lifespan import handler_of_hook
from ._lifespan_helper import calls_of, missing, obsolete
from ._lifespan_left import Left, too_old
from ._lifespan_names import imported, is_free, taken
from ._lifespan_plain import OPTIONAL_SINCE
from ._lifespan_source import indent_of, is_alone
from ._registrations import SEVERAL_LINES, as_hook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.hook_bodies import Body
    from ..project.apps import App


def around(app: App, statement: ast.stmt, handlers: tuple[Edit, ...]) -> tuple[Edit, ...] | Left:
    """The edits that register the ORM in the lifespan of an application, or why not.

    Args:
        app: The application; its constructions are passed a lifespan.
        statement: What registers the ORM for it.
        handlers: The edits that pass the exception handlers to its constructions.
    """
    hook = as_hook(app, statement)
    if hook is None:
        return Left(SEVERAL_LINES)
    body, function = body_of(app.module, hook), _lifespan_of(app)
    if function is None:
        return Left("its lifespan is not a function of the same file that it alone has")
    left = too_old(app.module, register_of(app.framework)[1]) or _obstacle(app, body, function)
    if left:
        return left
    needed = [missing(call) for call in calls_of(app.module, [body])]
    reason = next((one for one in needed if isinstance(one, str)), "")
    if reason:
        return Left(reason)
    imports = [edit for one in needed if not isinstance(one, str) for edit in one]
    return (*_edits(app, body, function, bool(handlers)), *imports, *handlers)


def _lifespan_of(app: App) -> ast.AsyncFunctionDef | None:
    """The lifespan, if it is a function of the module that no other application is given."""
    values = [k.value for call in app.calls for k in call.keywords if k.arg == "lifespan"]
    symbols = {meaning(app.module, value) for value in values}
    for function in lifespans(app.module):
        if symbols != {Function(app.module.path, function.name)} or len(values) != len(app.calls):
            continue
        known = {f"{app.module.path}:{value.lineno}" for value in values}
        if not known.issuperset(uses(app.module, function)):
            return None
        served = {(one.path, one.app, one.inside) for one in served_by(app.module, function)}
        if len(served) == 1 and app.module.parent(function) is app.module.tree:
            return function
    return None


def _obstacle(app: App, body: Body, function: ast.AsyncFunctionDef) -> Left | None:
    module, arguments = app.module, function.args
    taking = [*arguments.posonlyargs, *arguments.args]
    if len(taking) != 1 or arguments.vararg or arguments.kwonlyargs or arguments.kwarg:
        return Left(f"{function.name} does not take the app alone")
    if body.init < 0 or body.hook.statement is None:
        return Left("the function that registers the ORM does more")
    if not is_alone(module, body.hook.statement):
        return Left("the call shares its line with another statement")
    call = body.helper.statement if body.helper else body.site
    names = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)} - {app.name}
    mixed = names & (local_names(function) | local_names(app.scope or function))
    if mixed:
        return Left(f"{function.name} has a variable {min(mixed)} of its own")
    if "RegisterTortoise" in local_names(function) or not is_free(
        module, register_of(app.framework)[0]
    ):
        return Left("the name RegisterTortoise means something else in this file")
    reason = taken(module, [root_of(call_of(body.site))])
    return Left(reason) if reason else None


def _passed(app: App, body: Body, function: ast.AsyncFunctionDef) -> str:
    """The name of the application in the lifespan; nothing where it is told not to be used."""
    name = [*function.args.posonlyargs, *function.args.args][0].arg
    call = call_of(body.helper.statement if body.helper else body.site)
    versions = app.module.project.versions_of(app.module.path)
    optional = app.framework == "fastapi" and versions.at_least("tortoise-orm", OPTIONAL_SINCE)
    read = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(function))
    return "" if name.startswith("_") and not read and optional and len(call.args) == 1 else name


def _edits(app: App, body: Body, function: ast.AsyncFunctionDef, without: bool) -> Iterator[Edit]:
    module, path, statement = app.module, app.module.path, body.hook.statement
    assert statement is not None
    lead = indent_of(module, function)
    how = Registration(
        app=_passed(app, body, function),
        arguments=positional(),
        lead=lead,
        indent=lead,
        without=(OPTION,) if without else (),
    )
    opener = handler_of_hook(module, body)
    yield RegisterAround(path, module.span(function), how=how, opener=opener)
    yield RemoveStatement(path, module.span(statement), comments=True)
    yield AddImport(path, f"tortoise.contrib.{app.framework}", "RegisterTortoise")
    for _, one in imported(module) if not path.endswith("__init__.py") else ():
        if one.name == root_of(call_of(body.site)):
            yield DropImport(path, one.module, one.attr)
    yield from obsolete(calls_of(module, [body]))
