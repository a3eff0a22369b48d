"""Passes the exception handlers of the ORM to FastAPI, not to RegisterTortoise.

What it does
    `RegisterTortoise(app, add_exception_handlers=True, ...)` loses that argument, and the
    application of the lifespan is constructed with
    `exception_handlers=tortoise_exception_handlers()`.

Why
    RegisterTortoise has deprecated the argument in tortoise-orm 0.24.1. With it, it replaces a
    method of a class of Starlette, for all applications of the process.

Before
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM, add_exception_handlers=True):
            yield

    app = FastAPI(lifespan=lifespan)

After
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with RegisterTortoise(app, config=TORTOISE_ORM):
            yield

    app = FastAPI(lifespan=lifespan, exception_handlers=tortoise_exception_handlers())

When it is safe
    The project requires tortoise-orm 0.24.1 or newer, and the only application that it constructs
    is given the lifespan. Nothing in the project registers a handler for the same exceptions.

What it leaves alone
    `register_tortoise(app, add_exception_handlers=True)`, which is not deprecated. Left for you,
    with the reason: several applications, or classes of them, for each of which it worked;
    applications with `exception_handlers=` of their own; values other than `True`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import RemoveKeyword
from ..orm.startup import REGISTER, is_called
from ..project.frameworks import framework_named, framework_of
from ..project.lifespans import lifespans, served_by
from ..project.module import Module
from ..project.namings import modules_with
from ._base import Finding, Rule, Safety
from ._exception_handlers import OPTION, SINCE, handlers_for, option_of
from ._lifespan_left import Left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.index import Project

_MESSAGE = f"RegisterTortoise has deprecated {OPTION}: pass FastAPI(exception_handlers=...)"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each call with the argument, in a lifespan."""
    if module.project.versions_of(module.path).at_least("tortoise-orm", SINCE) is not True:
        return
    for function in lifespans(module):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if is_called(module, call, frozenset({REGISTER})) and option_of(call) is not False:
                yield _finding(module, function, call)


def _finding(module: Module, function: ast.AsyncFunctionDef, call: ast.Call) -> Finding:
    span, result = module.span(call), _edits(module, function, call)
    if isinstance(result, Left):
        message = f"{_MESSAGE}; {result.reason}"
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL)
    return Finding(RULE.code, module.path, span, _MESSAGE, edits=result)


def _edits(
    module: Module, function: ast.AsyncFunctionDef, call: ast.Call
) -> tuple[Edit, ...] | Left:
    if option_of(call) is None:
        return Left("whether it is asked for cannot be seen")
    apps = served_by(module, function)
    if len(apps) != 1 or apps[0].framework != "fastapi":
        return Left("not exactly one FastAPI application is given the lifespan")
    home = module.project.module(apps[0].path)
    assert isinstance(home, Module)
    built = list(_constructions(module.project))
    if len(built) != 1 or not isinstance(built[0], ast.Call):
        return Left("the project constructs several applications")
    given = handlers_for(home, (built[0],))
    if isinstance(given, Left):
        return given
    return (RemoveKeyword(module.path, module.span(call), OPTION), *given)


def _constructions(project: Project) -> Iterator[ast.expr]:
    """The calls that construct an application, and the bases of classes of some, in all files."""
    for name in ("FastAPI", "Starlette"):
        for module in modules_with(project, name):
            for call in module.nodes(ast.Call):
                if framework_of(module, call) == name.lower():
                    yield call
            for base in (base for node in module.nodes(ast.ClassDef) for base in node.bases):
                if framework_named(module, base) == name.lower():
                    yield base


RULE = Rule(
    code="TOR807",
    name="add-exception-handlers",
    summary="passes the exception handlers of the ORM to FastAPI, not to RegisterTortoise",
    find=find,
    triggers=(OPTION.encode(),),
)
