"""The body of a function whose statements move into a lifespan, around the call of the ORM."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True)
class Handler:
    """What one hook runs, or a function that it calls: a body, or a call of the function.

    Attributes:
        source: The function, with the comments directly above it; or the statement that calls it.
        call: Whether ``source`` is that statement.
        init: The index in the body of the statement that sets up the ORM, or -1.
        schemas: Whether the statement after it generates the schemas, and no more.
        close: The index of the statement that closes the connections, and no more, or -1.
        helper: The function that the statement at ``init`` or ``close`` calls, which is dissolved.
        documented: Whether a docstring becomes a comment; otherwise it goes.
    """

    source: str
    call: bool = False
    init: int = -1
    schemas: bool = False
    close: int = -1
    helper: Handler | None = None
    documented: bool = True

    @property
    def at(self) -> int:
        """The index of the statement that sets up or closes the ORM, or -1."""
        return max(self.init, self.close)

    @property
    def generates(self) -> bool:
        """Whether the schemas are generated right after the ORM is set up."""
        return self.schemas or (self.helper is not None and self.helper.generates)


@dataclass(frozen=True, slots=True)
class Split(Generic[_Line]):
    """The statements of a handler, in nodes of ``ast`` or of libcst.

    Attributes:
        head: What runs before the ORM is set up or closed; everything where it does neither.
        init: The call of ``Tortoise.init``, if it has one.
        tail: What runs afterwards.
    """

    head: list[_Line]
    init: _Line | None
    tail: list[_Line]


def flat(groups: Iterable[Iterable[_Line]]) -> list[_Line]:
    """The lines of all groups."""
    return [line for some in groups for line in some]


def meant(handler: Handler) -> Split[ast.stmt]:
    """The statements of a handler without those that go."""
    function = ast.parse(handler.source).body[0]
    if handler.call:
        return Split([function], None, [])
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    lines: list[list[ast.stmt]] = [[statement] for statement in function.body]
    if ast.get_docstring(function, clean=False) is not None:
        lines[0] = []
    if handler.schemas:
        lines[handler.init + 1] = []
    lines = [[s for s in some if not isinstance(s, ast.Pass)] for some in lines]
    at = handler.at
    if at < 0:
        return Split(flat(lines), None, [])
    init = lines[at][0] if handler.init >= 0 else None
    inner = meant(handler.helper) if handler.helper else Split([], init, [])
    head, tail = flat(lines[:at]), flat(lines[at + 1 :])
    return Split([*head, *inner.head], inner.init, [*inner.tail, *tail])
