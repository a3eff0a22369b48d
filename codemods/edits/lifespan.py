"""The edit that turns the handlers of an application's hooks into one lifespan."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from .exit_stack import given, holding
from .handler import meant
from .registration import WIDTH, Registration
from .statements import InsertStatements

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from .handler import Handler, Split

_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True)
class InsertLifespan(InsertStatements):
    """Inserts a lifespan above the application at ``span``.

    What ran before ``Tortoise.init`` stands before the ``async with`` that takes its place, what
    ran after the connections were closed stands after it. Docstrings become comments.

    Attributes:
        name: Its name.
        parameter: The name of its parameter, which is the application.
        annotation: The source of the parameter's annotation, or an empty string.
        returns: The source of the return annotation, or an empty string.
        arguments: The keywords that the positional arguments of ``Tortoise.init`` are passed by.
        startup: The handlers in order; one of them may have ``init``.
        shutdown: The handlers in order.
        indent: The indentation of the file.
        width: The longest line that a call may take before it is broken.
        lead: The indentation of the statement at ``span``.
        without: Keywords of ``register_tortoise`` that are not passed on.
        stack: The name of a stack that holds all but what runs after the connections are closed,
            and that handlers are passed; empty for none.
    """

    name: str = "lifespan"
    parameter: str = "app"
    annotation: str = "FastAPI"
    returns: str = ""
    arguments: tuple[str, ...] = ()
    startup: tuple[Handler, ...] = ()
    shutdown: tuple[Handler, ...] = ()
    indent: str = "    "
    width: int = WIDTH
    lead: str = ""
    without: tuple[str, ...] = ()
    stack: str = ""

    def new(self) -> list[cst.BaseStatement]:
        from ._lifespan import build

        return [build(self)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        new = [self._meant()]
        return [*new, node] if self.where == "before" else [node, *new]

    def head(self) -> str:
        """The source of the function, with ``pass`` for a body."""
        returns = f" -> {self.returns}" if self.returns else ""
        note = f": {self.annotation}" if self.annotation else ""
        signature = f"async def {self.name}({self.parameter}{note}){returns}:"
        return f"@asynccontextmanager\n{signature}\n{self.indent}pass\n"

    def _meant(self) -> ast.stmt:
        function = ast.parse(self.head()).body[0]
        assert isinstance(function, ast.AsyncFunctionDef)
        pause: ast.stmt = ast.Expr(ast.Yield())
        parts = arranged(self, meant, pause)
        inside, before = parts.inside, parts.before
        if parts.init is not None and self.stack:
            inside = [given(self.stack, parts.init), *inside]
        elif parts.init is not None:
            context = ast.withitem(self.registration.meant(parts.init))
            inside = [ast.AsyncWith(items=[context], body=inside)]
        if self.stack:
            inside = [holding(self.stack, inside if parts.init else [*before, *inside])]
            before = before if parts.init else []
        function.body = [*before, *inside, *parts.after]
        return ast.fix_missing_locations(function)

    @property
    def registration(self) -> Registration:
        """The call that takes the place of ``Tortoise.init``."""
        schemas = any(handler.generates for handler in self.startup)
        lead = self.lead + self.indent
        return Registration(
            self.parameter, self.arguments, schemas, lead, self.indent, self.width, self.without
        )


@dataclass(frozen=True, slots=True)
class Parts(Generic[_Line]):
    """The body of a lifespan, in nodes of ``ast`` or of libcst.

    Attributes:
        before: What stands before the ``async with``.
        init: The call of ``Tortoise.init``; None where no handler calls it.
        inside: What stands in the ``async with``, if there is one.
        after: What stands after it.
    """

    before: list[_Line]
    init: _Line | None
    inside: list[_Line]
    after: list[_Line]


def arranged(
    edit: InsertLifespan, read: Callable[[Handler], Split[_Line]], pause: _Line
) -> Parts[_Line]:
    """The statements of the handlers in their places.

    Args:
        edit: The edit.
        read: What becomes of the statements of a handler.
        pause: The statement that yields.
    """
    before: list[_Line] = []
    inside: list[_Line] = []
    after: list[_Line] = []
    init: _Line | None = None
    for handler in edit.startup:
        part = read(handler)
        (before if init is None else inside).extend(part.head)
        init = part.init if init is None else init
        (before if init is None else inside).extend(part.tail)
    inside.append(pause)
    target = inside
    for handler in edit.shutdown:
        part = read(handler)
        target += part.head
        target = after if handler.close >= 0 else target
        target += part.tail
    return Parts(before, init, inside, after)
