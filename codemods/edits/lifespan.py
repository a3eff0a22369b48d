"""The edit that turns the handlers of an application's hooks into one lifespan."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ._base import EditError, expression
from .statements import InsertStatements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import libcst as cst

_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True)
class Handler:
    """What one hook runs: the body of its function, or a call of it.

    Attributes:
        source: The function, with the comments directly above it; or the statement that calls it.
        call: Whether ``source`` is that statement.
        init: The index in the body of the call of ``Tortoise.init``, or -1.
        schemas: Whether the statement after it generates the schemas, and no more.
        close: The index of the statement that closes the connections, and no more, or -1.
    """

    source: str
    call: bool = False
    init: int = -1
    schemas: bool = False
    close: int = -1


@dataclass(frozen=True, slots=True)
class InsertLifespan(InsertStatements):
    """Inserts a lifespan above the application at ``span``.

    What ran before ``Tortoise.init`` stands before the ``async with`` that takes its place, what
    ran after the connections were closed stands after it. Docstrings become comments.

    Attributes:
        name: Its name.
        parameter: The name of its parameter, which is the application.
        annotation: The source of the parameter's annotation.
        returns: The source of the return annotation, or an empty string.
        arguments: The keywords that the positional arguments of ``Tortoise.init`` are passed by.
        startup: The handlers in order; one of them has ``init``.
        shutdown: The handlers in order.
        indent: The indentation of the file.
        width: The longest line that a call may take before it is broken.
    """

    name: str = "lifespan"
    parameter: str = "app"
    annotation: str = "FastAPI"
    returns: str = ""
    arguments: tuple[str, ...] = ()
    startup: tuple[Handler, ...] = ()
    shutdown: tuple[Handler, ...] = ()
    indent: str = "    "
    width: int = 88

    def new(self) -> list[cst.BaseStatement]:
        from ._lifespan import build

        return [build(self)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        new = [self._meant()]
        return [*new, node] if self.where == "before" else [node, *new]

    def head(self) -> str:
        """The source of the function, with ``pass`` for a body."""
        returns = f" -> {self.returns}" if self.returns else ""
        signature = f"async def {self.name}({self.parameter}: {self.annotation}){returns}:"
        return f"@asynccontextmanager\n{signature}\n{self.indent}pass\n"

    def _meant(self) -> ast.stmt:
        function = ast.parse(self.head()).body[0]
        assert isinstance(function, ast.AsyncFunctionDef)
        pause: ast.stmt = ast.Expr(ast.Yield())
        parts = arranged(self, _meant_lines, pause)
        context = ast.withitem(self._registration(parts.init))
        inside = ast.AsyncWith(items=[context], body=list(parts.inside))
        function.body = [*parts.before, inside, *parts.after]
        return ast.fix_missing_locations(function)

    def _registration(self, init: ast.stmt) -> ast.expr:
        """The call that takes the place of ``Tortoise.init``."""
        if not isinstance(init, ast.Expr) or not isinstance(init.value, ast.Await):
            raise EditError("the edit expects an awaited call here")
        call = init.value.value
        if not isinstance(call, ast.Call) or len(call.args) > len(self.arguments):
            raise EditError("the edit expects a call of Tortoise.init here")
        named = zip(self.arguments, call.args, strict=False)
        keywords = [ast.keyword(name, value) for name, value in named]
        keywords += call.keywords
        if any(handler.schemas for handler in self.startup):
            keywords.append(ast.keyword("generate_schemas", expression("True")))
        function = ast.Name("RegisterTortoise", ast.Load())
        return ast.Call(function, [ast.Name(self.parameter, ast.Load())], keywords)


@dataclass(frozen=True, slots=True)
class Parts(Generic[_Line]):
    """The body of a lifespan, in nodes of ``ast`` or of libcst.

    Attributes:
        before: What stands before the ``async with``.
        init: The call of ``Tortoise.init``.
        inside: What stands in the ``async with``.
        after: What stands after it.
    """

    before: list[_Line]
    init: _Line
    inside: list[_Line]
    after: list[_Line]


def arranged(
    edit: InsertLifespan, read: Callable[[Handler], list[list[_Line]]], pause: _Line
) -> Parts[_Line]:
    """The statements of the handlers in their places.

    Args:
        edit: The edit.
        read: What becomes of each statement of a handler's body, in order.
        pause: The statement that yields.
    """
    before: list[_Line] = []
    inside: list[_Line] = []
    after: list[_Line] = []
    init: _Line | None = None
    for handler in edit.startup:
        lines = read(handler)
        if handler.init >= 0:
            init = lines[handler.init][0]
            before += _flat(lines[: handler.init])
            lines = lines[handler.init + 1 :]
        (before if init is None else inside).extend(_flat(lines))
    inside.append(pause)
    target = inside
    for handler in edit.shutdown:
        lines = read(handler)
        if handler.close >= 0:
            inside += _flat(lines[: handler.close + 1])
            lines, target = lines[handler.close + 1 :], after
        target += _flat(lines)
    if init is None:
        raise EditError("no handler calls Tortoise.init")
    return Parts(before, init, inside, after)


def _flat(lines: Sequence[list[_Line]]) -> list[_Line]:
    return [line for some in lines for line in some]


def _meant_lines(handler: Handler) -> list[list[ast.stmt]]:
    """The statements of a handler, one list for each; none for what goes."""
    function = ast.parse(handler.source).body[0]
    if handler.call:
        return [[function]]
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    lines: list[list[ast.stmt]] = [[statement] for statement in function.body]
    if ast.get_docstring(function, clean=False) is not None:
        lines[0] = []
    if handler.schemas:
        lines[handler.init + 1] = []
    if handler.close >= 0:
        lines[handler.close] = []
    return [[s for s in some if not isinstance(s, ast.Pass)] for some in lines]
