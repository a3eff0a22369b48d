"""The statements that register the ORM for an application where it is built."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..orm.startup import REGISTERS
from ..project.apps import App, Hook
from ..project.facts import FunctionNode, imports_of
from ._exception_handlers import OPTION, handlers_for, option_of, too_old_for_handlers
from ._lifespan_left import Left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.set_up import SetUp
    from ..project.module import Module

SEVERAL_LINES = "it holds a string of several lines"


def registrations(app: App) -> Iterator[tuple[ast.stmt, SetUp]]:
    """The calls of ``register_tortoise``, or of what leads to it, with an application first."""
    for statement in (app.scope or app.module.tree).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not call.args:
            continue
        first = call.args[0]
        if isinstance(first, ast.Name) and first.id == app.name:
            found = set_up(app.module, call, REGISTERS)
            if found:
                yield statement, found


def handlers_of(app: App, call: ast.Call) -> tuple[Edit, ...] | Left:
    """The edits for the exception handlers that ``register_tortoise`` adds, or why there are none.

    Args:
        app: The application.
        call: The call.
    """
    asked = option_of(call)
    if asked is None:
        return Left("whether it adds exception handlers cannot be seen")
    old = too_old_for_handlers(app.module) if asked else None
    if old:
        return old
    handlers = handlers_for(app.module, app.calls) if asked else ()
    if isinstance(handlers, Left):
        advice = "pass FastAPI(exception_handlers=tortoise_exception_handlers()) instead"
        return Left(f"RegisterTortoise has deprecated {OPTION}, and {handlers.reason}", advice)
    return handlers


def rebound(app: App, statement: ast.stmt, found: SetUp) -> str:
    """A name that is passed where the ORM is registered, and may mean something else later on.

    A lifespan reads it when the application starts, and not where it is built.
    """
    given = [*found.call.args, *(keyword.value for keyword in found.call.keywords)]
    names = {n.id for node in given for n in ast.walk(node) if isinstance(n, ast.Name)}
    later = set(found.module.facts.rebound)
    for node in own_nodes(app.scope or app.module.tree) if found.module is app.module else ():
        if isinstance(node, ast.stmt | ast.expr) and node.lineno > statement.lineno:
            later.update(_bound_by(node))
    for node in ast.walk(app.scope) if app.scope else ():
        later.update(node.names if isinstance(node, ast.Nonlocal) else ())
    return min(names & later - {app.name}, default="")


def _bound_by(node: ast.stmt | ast.expr) -> Iterator[str]:
    """The names that a statement or expression itself binds or deletes."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (one.name for one in imports_of(node))
    elif isinstance(node, FunctionNode | ast.ClassDef):
        yield node.name


def as_hook(app: App, statement: ast.stmt) -> Hook | None:
    """The statement as a startup hook; None where it holds a string of several lines."""
    module = app.module
    strings = [n for n in ast.walk(statement) if isinstance(n, ast.Constant | ast.JoinedStr)]
    if any(n.lineno != n.end_lineno for n in strings):
        return None
    lead = " " * statement.col_offset
    lines = [line.removeprefix(lead) for line in module.text(statement).splitlines()]
    rest = module.source.line(statement.end_lineno or 0)[module.span(statement).end_col :]
    lines[-1] += rest.rstrip() if rest.lstrip().startswith("#") else ""
    body = "\n".join([*_above(module, statement), *lines])
    source = f"async def register():\n{textwrap.indent(body, '    ')}\n"
    made = ast.parse(source).body[0]
    assert isinstance(made, ast.AsyncFunctionDef)
    for node in ast.walk(made):
        ast.copy_location(node, statement)
    receiver = ast.Name(app.name, ast.Load())
    return Hook("startup", receiver, made, statement=statement, foreign=True, source=source)


def _above(module: Module, statement: ast.stmt) -> list[str]:
    """The lines of comments directly above a statement."""
    lines: list[str] = []
    number = statement.lineno - 1
    while number and module.source.line(number).lstrip().startswith("#"):
        lines.insert(0, module.source.line(number).strip())
        number -= 1
    return lines
