"""An exit stack that is passed on the way to ``Tortoise.init``, so that nothing there has to move.

Where the call stands under ``try`` or ``if``, in a method or in a function that does more, it stays
where it is and enters ``RegisterTortoise`` in a stack of the lifespan, which closes it at the end.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import AddArguments
from ..edits.exit_stack import STACK_CLASS, EnterContext, TakeStack
from ..edits.imports import AddImport, DropImport
from ..orm.set_up import symbol_of
from ..orm.startup import REGISTER, positional, root_of
from ..orm.ways import is_exchanged, other_uses, overridden
from ..project.apps import declared_global, local_names, scopes_around
from ..project.module import Module
from ..project.symbols import Variable
from ._lifespan_left import Left, refused, too_old
from ._lifespan_names import imported, is_free, is_patched, taken
from ._lifespan_obstacles import INSPECTING
from ._lifespan_plain import OPTIONAL_SINCE
from ._lifespan_source import indent_of, is_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..edits._base import Edit
    from ..orm.ways import Step
    from ..project.facts import FunctionNode

_STACK = f"contextlib.{STACK_CLASS}"
_NAMES = ("stack", "exit_stack", "lifespan_stack")
_OF_METHODS = frozenset({"staticmethod", "classmethod"})


def too_early(module: Module, framework: str) -> Left | None:
    """Why ``RegisterTortoise`` cannot do without the application."""
    if framework != "fastapi":
        return Left("the app is out of reach where the ORM is set up")
    return too_old(module, OPTIONAL_SINCE)


def name_for(ways: Sequence[Step], others: Sequence[FunctionNode]) -> str | Left:
    """The name of the stack in some functions, where it is used by none of them."""
    used: set[str] = set()
    for step in ways:
        used |= {n.id for n in ast.walk(step.function) if isinstance(n, ast.Name)}
        used |= local_names(step.function)
    for function in others:
        used |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
        used |= local_names(function)
    found = next((name for name in _NAMES if name not in used), "")
    return found or Left("no name is free for an exit stack")


def barred(way: Sequence[Step], known: frozenset[str], taking: int) -> Left | None:
    """What keeps a stack from being passed along a way.

    Args:
        way: The steps from the hook or the lifespan to the call of ``Tortoise.init``.
        known: The places that register the function of the first step.
        taking: The index of the first step whose function gets the stack as a parameter.
    """
    last = way[-1]
    left = refused(last.module, last.call) or next(filter(None, map(_names, way)), None)
    if left:
        return left
    if not is_free(last.module, REGISTER):
        return Left(f"the name RegisterTortoise means something else in {last.module.path}")
    if not _has_framework(way[0].module, last.module):
        return Left(f"what {last.module.path} belongs to does not require fastapi")
    reason = taken(last.module, [root_of(last.call)])  # as a test does that patches it
    if reason:
        return Left(reason)
    for index, step in enumerate(way):
        if index >= taking:
            places = known if index == 0 else frozenset({way[index - 1].place})
            left = _taking(step, places, hook=index == 0)
        left = left or (_passing(step, way[index + 1].function) if step is not last else None)
        if left:
            return left
    return None


def _has_framework(module: Module, home: Module) -> bool:
    """Whether a file may import FastAPI as another does, which may be of another distribution."""
    near, far = (one.project.versions_of(one.path) for one in (module, home))
    return near.directory == far.directory or far.get("fastapi") is not None


def _names(step: Step) -> Left | None:
    module, function = step.module, step.function
    around = (local_names(scope) for scope in scopes_around(module, function))
    bound = (local_names(function) | declared_global(function)).union(*around)
    if bound & {STACK_CLASS, "RegisterTortoise"} or not is_free(module, _STACK):
        return Left(f"the name {STACK_CLASS} means something else in {module.path}")
    if INSPECTING & {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}:
        return Left(f"{function.name} inspects its own variables")
    root = root_of(step.call)
    reads = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == root]
    if root in local_names(function) and len(reads) == 1:
        return Left(f"{function.name} imports {root} itself")
    return None


def _taking(step: Step, known: frozenset[str], hook: bool) -> Left | None:
    """What keeps the function of a step from taking one more parameter."""
    function, given = step.function, step.function.args
    where = f"{function.name} ({step.module.path}:{function.lineno})"
    if given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg or given.defaults:
        return Left(f"{where} has parameters to which none can be added")
    names = {d.id if isinstance(d, ast.Name) else "" for d in function.decorator_list}
    if not hook and not names <= _OF_METHODS:
        return Left(f"{where} has decorators")
    if not hook and not is_alone(step.module, function):
        return Left(f"{where} shares its line with another statement")
    base = overridden(step)
    if base:
        return Left(f"{where} overrides that of {base}")
    place = next(other_uses(step, known), None)
    return Left(f"{where} is also used at {place}") if place else None


def _passing(step: Step, called: FunctionNode) -> Left | None:
    """What keeps a call from passing one more argument."""
    call = step.call
    where = f"the call of {called.name} ({step.place})"
    given = len(call.args)
    wanted = len(called.args.args)
    if call.keywords or any(isinstance(one, ast.Starred) for one in call.args):
        return Left(f"{where} names what it passes")
    exchanged = is_exchanged(step) or _patched(step)
    if exchanged:
        return Left(f"{exchanged}, whose method sets up the ORM, may be another object")
    return None if wanted - given in (0, 1) else Left(f"{where} passes something else")


def _patched(step: Step) -> str:
    """The variable with the object whose method a step calls, where a test may set it."""
    func = step.call.func
    symbol = symbol_of(step.module, func.value) if isinstance(func, ast.Attribute) else None
    home = step.module.project.module(symbol.path) if isinstance(symbol, Variable) else None
    if not isinstance(symbol, Variable) or not isinstance(home, Module):
        return ""
    homes = {home.path: home, step.module.path: step.module}.values()
    return symbol.name if any(is_patched(one, symbol.name) for one in homes) else ""


def passed(way: Sequence[Step], stack: str, taking: int, moves: bool = False) -> Iterator[Edit]:
    """The edits that pass a stack along a way; see ``barred``.

    Args:
        way: The steps.
        stack: The name of the stack.
        taking: The index of the first step whose function gets the stack as a parameter.
        moves: Whether the first step moves into a lifespan, which passes the stack there.
    """
    for index, step in enumerate(way):
        module, path = step.module, step.module.path
        if index >= taking:
            yield TakeStack(path, module.span(step.function), stack)
            yield AddImport(path, "contextlib", STACK_CLASS)
        if step is not way[-1] and not (moves and index == 0):
            yield AddArguments(path, module.span(step.call), (stack,))
    yield from _entered(way[-1], stack)


def _entered(step: Step, stack: str) -> Iterator[Edit]:
    """The edits of the file that calls ``Tortoise.init``."""
    module, path = step.module, step.module.path
    outer = module.source.line(step.function.lineno)[: step.function.col_offset]
    indent = indent_of(module, step.function).removeprefix(outer)
    span = module.span(step.call)
    yield EnterContext(path, span, stack=stack, arguments=positional(), indent=indent)
    package, _, name = REGISTER.rpartition(".")
    yield AddImport(path, package, name)
    root = root_of(step.call)
    for _, found in imported(module) if not path.endswith("__init__.py") else ():
        if found.name == root:
            yield DropImport(path, found.module, found.attr)
