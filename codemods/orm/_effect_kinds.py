"""What can be said of code that may write to the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..project.symbols import Class


@dataclass(frozen=True, slots=True)
class Write:
    """A call that writes.

    Attributes:
        where: Its source, with its line.
        models: The models whose rows it writes; None where others may be written as well. The rows
            that link two models belong to both.
    """

    where: str
    models: frozenset[Class] | None


@dataclass(frozen=True, slots=True)
class Effects:
    """What may happen.

    Attributes:
        write: The source of a call that writes, with its line; empty where nothing is known to.
        unknown: The same for a call of which nothing is known.
        writes: Every write, in the order of the source.
    """

    write: str = ""
    unknown: str = ""
    writes: tuple[Write, ...] = field(default=(), compare=False)

    def __or__(self, other: Effects) -> Effects:
        return Effects(
            self.write or other.write, self.unknown or other.unknown, self.writes + other.writes
        )

    def __bool__(self) -> bool:
        return bool(self.write or self.unknown)

    @property
    def models(self) -> frozenset[Class] | None:
        """The models whose rows may be written; None where that cannot be told."""
        if self.unknown:
            return None
        return union(one.models for one in self.writes)


PURE = Effects()


def union(parts: Iterable[frozenset[Class] | None]) -> frozenset[Class] | None:
    """The models of all parts together; None where those of one are not known."""
    found: set[Class] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)
