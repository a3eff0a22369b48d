"""From the hooks of an application to the edits that make a lifespan of them, or why not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword
from ..edits.imports import AddImport, DropImport
from ..edits.lifespan import Handler, InsertLifespan
from ..edits.statements import RemoveDecorator, RemoveStatement
from ..orm.startup import body_of, positional
from ._lifespan_names import free_name, imported, returns_of, roots
from ._lifespan_obstacles import first_line, obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..edits._base import Edit
    from ..orm.startup import Body
    from ..project.apps import App
    from ..project.facts import FunctionNode
    from ..project.module import Module
    from ._lifespan_obstacles import Left


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
        indent=_indent(module, moved[0].function),
    )
    yield PassKeyword(path, module.span(app.call), "lifespan", name)
    for body in bodies:
        if body in moved:
            yield RemoveStatement(path, module.span(body.function), comments=True)
        else:
            yield RemoveDecorator(path, module.span(body.hook.decorator))
    yield AddImport(path, "contextlib", "asynccontextmanager")
    yield AddImport(path, "tortoise.contrib.fastapi", "RegisterTortoise")
    if wants_iterator:
        yield AddImport(path, "collections.abc", "AsyncIterator")
    if not path.endswith("__init__.py"):
        dropped = roots(moved)
        for _, found in imported(module):
            if found.name in dropped:
                yield DropImport(path, found.module, found.attr)


def _handler(module: Module, body: Body) -> Handler:
    function = body.function
    if not body.moves:
        waits = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
        return Handler(f"{waits}{function.name}()", call=True)
    return Handler(
        _source(module, function), init=body.init, schemas=body.schemas, close=body.close
    )


def _source(module: Module, function: FunctionNode) -> str:
    """The lines from the statement above a function to the statement below it."""
    tree, source = module.tree.body, module.source
    index = tree.index(function)
    first = (tree[index - 1].end_lineno or 0) + 1 if index else 1
    below = first_line(tree[index + 1]) if index + 1 < len(tree) else len(source.starts) + 1
    return "\n".join(source.line(number) for number in range(first, below)) + "\n"


def _indent(module: Module, function: FunctionNode) -> str:
    """The indentation of a function's body; four spaces where it stands on one line."""
    first = function.body[0]
    lead = module.source.line(first.lineno)[: first.col_offset]
    return lead if lead and not lead.strip() else "    "
