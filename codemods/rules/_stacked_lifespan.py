"""From a lifespan that leads to ``Tortoise.init`` to one that holds an exit stack, or why not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.exit_stack import STACK_CLASS, HoldStack
from ..edits.imports import AddImport, DropImport
from ..edits.statements import RemoveStatement
from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..orm.startup import CLOSE, CONTEXTS, REGISTERS, call_of, is_bare, root_of, runs
from ..orm.ways import may_be_missed, way_from
from ._lifespan_left import Left
from ._lifespan_names import imported
from ._lifespan_source import is_alone
from ._stacked import barred, name_for, passed, too_early

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.ways import Step
    from ..project.module import Module


def holding(
    module: Module, function: ast.AsyncFunctionDef, framework: str
) -> tuple[Edit, ...] | Left:
    """The edits that let a lifespan, served by an application of a framework, hold a stack."""
    way = way_from(module, function)
    if isinstance(way, str):
        return Left(way)
    left = too_early(module, framework) or _shape(way[0]) or barred(way, frozenset(), 1)
    stack = left or name_for(way, [])
    if isinstance(stack, Left):
        return stack
    closes = may_be_missed(way)
    return (*_edits(way[0], stack, closes), *passed(way, stack, 1))


def _shape(step: Step) -> Left | None:
    """What keeps a lifespan from holding a stack."""
    module, function = step.module, step.function
    nodes = list(own_nodes(function))
    if any(set_up(module, node, CONTEXTS | REGISTERS) for node in nodes):
        return Left("the ORM is set up more than once")
    pauses = [n.lineno for n in nodes if isinstance(n, ast.Yield)]
    if not pauses or max(pauses) < step.call.lineno:
        return Left("the ORM is set up after the lifespan has yielded")
    if not all(is_alone(module, statement) for statement in function.body):
        return Left("several statements share a line")
    return None


def _first(step: Step) -> int:
    """The index of the statement of a lifespan that holds the call."""
    body = step.function.body
    return next(i for i, statement in enumerate(body) if step.call in ast.walk(statement))


def _edits(step: Step, stack: str, closes: bool) -> Iterator[Edit]:
    """The edits of a lifespan; what closes the connections at its end stays where it is needed."""
    module, function = step.module, step.function
    path = module.path
    yield HoldStack(path, module.span(function), stack, _first(step))
    yield AddImport(path, "contextlib", STACK_CLASS)
    last = function.body[-1]
    if closes or not runs(module, last, CLOSE) or not is_bare(last) or _is_told(module, last):
        return
    yield RemoveStatement(path, module.span(last))
    root = root_of(call_of(last))
    for _, found in imported(module) if not path.endswith("__init__.py") else ():
        if found.name == root:
            yield DropImport(path, found.module, found.attr)


def _is_told(module: Module, statement: ast.stmt) -> bool:
    """Whether a comment stands at a statement or above it."""
    above = module.source.line(statement.lineno - 1).strip()
    lines = range(statement.lineno, (statement.end_lineno or 0) + 1)
    return above.startswith("#") or any("#" in module.source.line(line) for line in lines)
