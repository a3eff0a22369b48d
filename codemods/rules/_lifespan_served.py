"""The finding of a lifespan, from the applications that are constructed with it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.set_up import set_up
from ..orm.startup import REGISTERS
from ..project.frameworks import framework_named
from ..project.lifespans import Served, served_by
from ..project.model_targets import is_test
from ..source import Fault
from ._base import Finding, Safety
from ._emptied import with_emptied
from ._global_fallback import with_fallback
from ._lifespan_left import Left, neither
from ._lifespan_plain import convert
from ._rivals import rival_of
from ._stacked_lifespan import holding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_NONE_SEEN = "it cannot be seen which app has it as its lifespan"


def of_lifespan(
    code: str, module: Module, function: ast.AsyncFunctionDef, call: ast.Call, message: str
) -> Iterator[Finding]:
    """The finding of one lifespan that sets up the ORM.

    Args:
        code: The rule that asks.
        module: The file.
        function: The lifespan.
        call: What sets up the ORM in it.
        message: What is wrong with that.
    """
    apps, span = served_by(module, function), module.span(call)
    result = _beside(module, function, apps) or _result(module, function, apps)
    if isinstance(result, Left):
        if apps or _takes_app(module, function):
            text = f"{message}; {result.reason}"
            advice = result.advice
            found = Finding(code, module.path, span, text, Safety.MANUAL, advice=advice)
            yield with_fallback(module, found, call)
        return
    doubt = _doubt(apps) or rival_of(module, {app.path for app in apps})
    safety = Safety.UNSAFE if doubt else Safety.SAFE
    message = with_emptied(message, module, result)
    yield Finding(code, module.path, span, message, safety, result, doubt)


def _beside(
    module: Module, function: ast.AsyncFunctionDef, apps: tuple[Served, ...]
) -> Left | None:
    """Whether ``register_tortoise`` is called for the applications, too."""
    inside = set(ast.walk(function))
    for path in sorted({app.path for app in apps}):
        home = module if path == module.path else module.project.module(path)
        if isinstance(home, Fault):
            continue
        for call in home.nodes(ast.Call):
            if call not in inside and set_up(home, call, REGISTERS):
                return Left(f"register_tortoise sets up the ORM, too ({path}:{call.lineno})")
    return None


def _result(
    module: Module, function: ast.AsyncFunctionDef, apps: tuple[Served, ...]
) -> tuple[Edit, ...] | Left:
    frameworks = {app.framework for app in apps}
    if len(frameworks) != 1:
        return Left("apps of two frameworks share it" if frameworks else _NONE_SEEN)
    framework = frameworks.pop()
    moved = convert(module, function, framework)
    if not isinstance(moved, Left):
        return moved
    stacked = holding(module, function, framework)
    return neither(moved, stacked) if isinstance(stacked, Left) else stacked


def _doubt(apps: tuple[Served, ...]) -> str:
    """What the repair rests on where several applications share the lifespan, else nothing."""
    places = [app for app in apps if not is_test(app.path)] or list(apps)
    if len({(app.path, app.app or app.line) for app in places}) < 2:
        return ""
    first, second = (f"{app.path}:{app.line}" for app in places[:2])
    return f"the apps at {first} and {second} must not run in one process at the same time"


def _takes_app(module: Module, function: ast.AsyncFunctionDef) -> bool:
    """Whether the only parameter is annotated as an application."""
    notes = [a.annotation for a in function.args.args if a.annotation is not None]
    return any(framework_named(module, note) for note in notes)
