"""The exception handlers of the ORM, passed to an application where it is constructed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword
from ..edits.imports import AddImport
from ..edits.registration import WIDTH
from ..orm import api
from ..project.apps import meaning
from ..project.namings import modules_with
from ..project.symbols import Class, External
from ._lifespan_left import Left
from ._lifespan_names import is_free

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.index import Project
    from ..project.module import Module

OPTION = "add_exception_handlers"
SINCE = "0.24.1"
_FUNCTION = "tortoise.contrib.fastapi.tortoise_exception_handlers"
_ADDING = frozenset({"exception_handler", "add_exception_handler"})
_HANDLERS = "exception_handlers"
_HANDLED = "tortoise.exceptions."


def option_of(call: ast.Call) -> bool | None:
    """Whether a call asks for the handlers; None where that cannot be seen."""
    given = [keyword for keyword in call.keywords if keyword.arg in (OPTION, None)]
    if not given:
        return False if len(call.args) < 7 else None
    value = given[0].value
    known = len(given) == 1 and given[0].arg and isinstance(value, ast.Constant)
    return value.value is True if known and isinstance(value, ast.Constant) else None


def too_old_for_handlers(module: Module) -> Left | None:
    """Why an application cannot be constructed with the handlers: the release may not have them.

    Added by a lifespan they would come too late.
    """
    versions = module.project.versions_of(module.path)
    if versions.at_least("tortoise-orm", SINCE) is True:
        return None
    advice = f"require tortoise-orm>={SINCE}, or pass --target-version"
    return Left(f"tortoise_exception_handlers needs tortoise-orm {SINCE}", advice)


def handlers_for(module: Module, calls: tuple[ast.Call, ...]) -> tuple[Edit, ...] | Left:
    """The edits that pass the handlers to the constructions of an application, or why not."""
    for call in calls:
        if any(keyword.arg in ("exception_handlers", None) for keyword in call.keywords):
            return Left("the app is constructed with exception handlers of its own")
    if not is_free(module, _FUNCTION):
        return Left("the name tortoise_exception_handlers means something else in this file")
    place = next(_own_handlers(module.project), None)
    if place:
        return Left(f"the app may have a handler for the same exceptions ({place})")
    path, name = module.path, _FUNCTION.rpartition(".")[2]
    passed = [
        PassKeyword(path, module.span(call), "exception_handlers", f"{name}()", width=WIDTH)
        for call in calls
    ]
    return (*passed, AddImport(path, "tortoise.contrib.fastapi", name))


def _own_handlers(project: Project) -> Iterator[str]:
    """The places that register a handler for exceptions of the ORM, or for what is not known."""
    modules = (module for name in sorted(_ADDING) for module in modules_with(project, name))
    for module in modules:
        for call in module.nodes(ast.Call):
            func = call.func
            adds = isinstance(func, ast.Attribute) and func.attr in _ADDING
            if adds and not (call.args and not _may_be_orms(module, call.args[0])):
                yield f"{module.path}:{call.lineno}"
    for module in modules_with(project, _HANDLERS):
        for node in module.nodes(ast.Attribute):
            if node.attr == _HANDLERS:
                yield f"{module.path}:{node.lineno}"


def _may_be_orms(module: Module, node: ast.expr) -> bool:
    """Whether an exception class may be one of the ORM's."""
    if isinstance(node, ast.Constant):
        return False  # a status code
    symbol = meaning(module, node)
    if isinstance(symbol, External):
        return api.canonical(symbol.dotted).startswith(_HANDLED)
    return not isinstance(symbol, Class)
