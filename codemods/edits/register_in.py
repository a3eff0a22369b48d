"""The edit that puts ``RegisterTortoise`` into a lifespan that calls ``Tortoise.init`` itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ._base import EditError, StatementEdit
from .handler import Split, meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

    from ..source import Span
    from .handler import Handler
    from .registration import Registration


class Close(Enum):
    """Where a lifespan closes the connections."""

    NOWHERE = 0
    BLOCK = 1  #: as a statement of the block that holds the call of ``Tortoise.init``
    INNER = 2  #: as the last statement of the ``finally`` that belongs to the ``yield``
    OUTER = 3  #: as the only statement of the ``finally`` of the ``try`` whose body is the block


@dataclass(frozen=True, slots=True)
class Sites:
    """Where in a function the statements of the ORM are.

    Attributes:
        steps: The way to the block that holds the call: in each block the index of the ``try`` or
            ``with`` whose body is the next one.
        init: The index of the call of ``Tortoise.init`` in the block.
        schemas: Whether the statement after it generates the schemas, and no more.
        pause: The index of the statement that is the ``yield`` or holds it.
        close: Where the connections are closed.
        closing: For ``Close.BLOCK``, the index of that statement, which comes after ``pause``.
    """

    steps: tuple[int, ...]
    init: int
    schemas: bool
    pause: int
    close: Close = Close.NOWHERE
    closing: int = -1

    @property
    def first(self) -> int:
        """The index of the first statement that comes to stand in the ``async with``."""
        return self.init + (2 if self.schemas else 1)

    @property
    def stop(self) -> int | None:
        """The index of the first statement that no longer does; None where there is none."""
        if self.close is Close.BLOCK:
            return self.closing
        return self.pause + 1 if self.close is Close.INNER else None


@dataclass(frozen=True, slots=True)
class RegisterIn(StatementEdit):
    """Lets the function at ``span`` hold its ``yield`` in ``async with RegisterTortoise(...)``.

    The call of ``Tortoise.init`` and what closes the connections go; a ``try`` whose ``finally``
    did nothing else goes, too.

    Attributes:
        how: The call.
        sites: Where the statements are.
        opener: The function that sets up the ORM there, which is dissolved.
        closer: The function that closes the connections there, which is dissolved.
    """

    how: Registration
    sites: Sites
    opener: Handler | None = None
    closer: Handler | None = None

    @property
    def owns(self) -> tuple[Span, ...]:
        return (self.span,)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        from ._register_in import registered

        return [registered(self, node)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        self._enter(node, self.sites.steps)
        return [ast.fix_missing_locations(node)]

    def _enter(self, owner: ast.stmt, steps: Sequence[int]) -> None:
        """Rewrite the block that ``steps`` lead to from the body of ``owner``."""
        body: list[ast.stmt] = getattr(owner, "body", [])
        if not steps:
            body[:] = self._meant(body)
            return
        inner = body[steps[0]]
        self._enter(inner, steps[1:])
        if len(steps) == 1 and self.sites.close is Close.OUTER:
            closed = self._closed()
            new = [*_released(inner, []), *closed.head, *closed.tail]
            body[steps[0] : steps[0] + 1] = new

    def _meant(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        sites, closed = self.sites, self._closed()
        opened = meant(self.opener) if self.opener else Split([], body[sites.init], [])
        inside = [*opened.tail, *body[sites.first : sites.stop]]
        after = [] if sites.stop is None else list(body[sites.stop :])
        if sites.close is Close.BLOCK:
            inside += closed.head
            after = [*closed.tail, *after[1:]]
        elif sites.close is Close.INNER:
            inside[-1:] = _released(inside[-1], closed.head)
            after = [*closed.tail, *after]
        assert opened.init is not None
        item = ast.withitem(self.how.meant(opened.init))
        around = ast.AsyncWith(items=[item], body=inside)
        return [*body[: sites.init], *opened.head, around, *after]

    def _closed(self) -> Split[ast.stmt]:
        return meant(self.closer) if self.closer else Split([], None, [])


def _released(node: ast.stmt, instead: Sequence[ast.stmt]) -> list[ast.stmt]:
    """A ``try`` with other statements for the last one of its ``finally``.

    Its body alone where nothing is left of the ``finally`` and there is no ``except``.
    """
    if not isinstance(node, ast.Try) or not node.finalbody:
        raise EditError("the edit expects a try with a finally here")
    node.finalbody[-1:] = instead
    return [node] if node.finalbody or node.handlers else node.body
