"""From a lifespan that sets up the ORM itself to the edits that let it register, or why not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.imports import AddImport, DropImport
from ..edits.register_in import Close, RegisterIn, Sites
from ..edits.registration import Registration
from ..orm.lifespan_sites import UnclearError, locate
from ..orm.startup import REGISTER, app_in, call_of, positional, register_of, root_of
from ..project.apps import declared_global, local_names, scopes_around
from ._lifespan_helper import Call, handler_of, missing, obsolete
from ._lifespan_left import Left, refused, too_old
from ._lifespan_names import imported, is_free, taken
from ._lifespan_source import indent_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.lifespan_sites import Located
    from ..project.module import Module

OPTIONAL_SINCE = "0.21.7"


def convert(
    module: Module, function: ast.AsyncFunctionDef, framework: str
) -> tuple[Edit, ...] | Left:
    """The edits that let a lifespan, served by an application of a framework, register the ORM."""
    register, since = register_of(framework)
    left = too_old(module, since)
    if left:
        return left
    try:
        found = locate(module, function)
    except UnclearError as error:
        return Left(str(error))
    home = found.opener.module if found.opener else module
    left = (
        refused(home, _init(found), register)
        or _shape(module, function, found)
        or _names(module, function, found, register)
    )
    if left:
        return left
    added: list[AddImport] = []
    for call in _calls(module, function, found):
        more = missing(call)
        if isinstance(more, str):
            return Left(more)
        added += more
    return (*_edits(module, function, found, register), *added)


def _init(found: Located) -> ast.Call:
    """The call of ``Tortoise.init``."""
    statement = found.opener.statement if found.opener else found.block[found.init]
    return call_of(statement)


def _calls(module: Module, function: ast.AsyncFunctionDef, found: Located) -> list[Call]:
    """The statements that call helpers."""
    calls = []
    if found.opener:
        calls.append(Call(module, function, found.block[found.init], found.opener))
    if found.close and found.closer:
        calls.append(Call(module, function, found.close, found.closer))
    return calls


# What stands in the way


def _shape(module: Module, function: ast.AsyncFunctionDef, found: Located) -> Left | None:
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args]
    if len(given) != 1 or arguments.vararg or arguments.kwonlyargs or arguments.kwarg:
        return Left(f"{function.name} does not take the app alone")
    stores = (n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == given[0].arg)
    if any(not isinstance(node.ctx, ast.Load) for node in stores):
        return Left(f"{function.name} binds {given[0].arg}")
    blocks = [owner.body for owner in found.owners]
    tries = [s for block in blocks for s in block if isinstance(s, ast.Try)]
    blocks += [part for s in tries for part in (s.body, s.finalbody)]
    lines = [s.lineno for block in blocks for s in block]
    heads = (owner.body[0].lineno == owner.lineno for owner in [*found.owners, *tries])
    if len(set(lines)) != len({id(s) for block in blocks for s in block}) or any(heads):
        return Left("several statements share a line")
    return None


def _names(
    module: Module, function: ast.AsyncFunctionDef, found: Located, register: str
) -> Left | None:
    around = (local_names(scope) for scope in scopes_around(module, function))
    bound = (local_names(function) | declared_global(function)).union(*around)
    if "RegisterTortoise" in bound or not is_free(module, register):
        return Left("the name RegisterTortoise means something else in this file")
    roots = [root_of(call_of(statement)) for statement in found.dropped]
    for root in roots:
        if root in bound:
            return Left(f"{function.name} imports {root} itself")
    reason = taken(module, roots)
    return Left(reason) if reason else None


# The edits


def _edits(
    module: Module, function: ast.AsyncFunctionDef, found: Located, register: str
) -> Iterator[Edit]:
    path, calls = module.path, _calls(module, function, found)
    yield RegisterIn(
        path,
        module.span(function),
        how=_registration(module, function, found, register),
        sites=_sites(found),
        opener=handler_of(found.opener, opens=True) if found.opener else None,
        closer=handler_of(found.closer, opens=False) if found.closer else None,
    )
    yield AddImport(path, register.rpartition(".")[0], "RegisterTortoise")
    if not path.endswith("__init__.py"):
        roots = {root_of(call_of(statement)) for statement in found.dropped}
        for _, one in imported(module):
            if one.name in roots:
                yield DropImport(path, one.module, one.attr)
    yield from obsolete(calls)


def _registration(
    module: Module, function: ast.AsyncFunctionDef, found: Located, register: str
) -> Registration:
    arguments = function.args
    name = [*arguments.posonlyargs, *arguments.args][0].arg
    versions = module.project.versions_of(module.path)
    optional = register == REGISTER and versions.at_least("tortoise-orm", OPTIONAL_SINCE)
    statement = found.block[found.init]
    outer = module.source.line(function.lineno)[: function.col_offset]
    passed = app_in(module, statement)
    return Registration(
        app=passed or ("" if name.startswith("_") and optional else name),
        arguments=positional(),
        schemas=found.schemas or (found.opener is not None and found.opener.schemas),
        lead=module.source.line(statement.lineno)[: statement.col_offset],
        indent=indent_of(module, function).removeprefix(outer),
    )


def _sites(found: Located) -> Sites:
    block = found.block
    steps = tuple(
        outer.body.index(inner)
        for outer, inner in zip(found.owners, found.owners[1:], strict=False)
    )
    close, closing = Close.NOWHERE, -1
    if found.close and found.finally_of is None:
        close, closing = Close.BLOCK, block.index(found.close)
    elif found.finally_of:
        close = Close.INNER if found.finally_of in block else Close.OUTER
    return Sites(steps, found.init, found.schemas, found.pause, close, closing)
