"""What is known of a value before the program runs: texts, tables and rows, as deep as it goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from .module import Module
    from .uses import Held


@dataclass(frozen=True, slots=True)
class Inside:
    """A value in a file that is not Python.

    Attributes:
        path: The file, as a POSIX path relative to the project root.
        keys: What leads to the value, from the outside in.
    """

    path: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """An expression, and what was followed to get to it.

    Attributes:
        module: The file that it stands in.
        node: The expression.
        via: The variables, attributes and functions that led to it, the outermost first.
        inside: Where the value is written, if ``node`` only reads it from another file.
    """

    module: Module
    node: ast.expr
    via: tuple[Held, ...] = ()
    inside: Inside | None = None

    @property
    def key(self) -> object:
        """What two places have in common only if they are one place of one file."""
        return self.inside or (self.module.path, self.node.lineno, self.node.col_offset)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value of which nothing is known but where it is built.

    Attributes:
        place: The expression that builds it, at the end of all variables.
    """

    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Text(Value):
    """A string.

    Attributes:
        text: Its characters; of a module object, the path of its file.
        sure: Whether it is this string in every environment.
    """

    text: str
    sure: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class FilePath(Value):
    """The path of something in the project.

    Attributes:
        path: The same as a POSIX path relative to the project root; empty for the root.
    """

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Content(Value):
    """What is read from a file: the open file, or its text.

    Attributes:
        file: The path of it: a ``FilePath``, or a ``Text`` that starts where the program is run.
    """

    file: Value


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Value):
    """Any other constant: a number, a truth value, None."""

    constant: object


@dataclass(frozen=True, slots=True, eq=False)
class Table(Value):
    """A mapping with strings for keys.

    Attributes:
        entries: By key, in order.
        open: Whether there may be further keys.
    """

    entries: Mapping[str, Value] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row(Value):
    """A list or a tuple.

    Attributes:
        items: What is known of its elements, in order.
        open: Whether there may be further elements.
        is_tuple: Whether it is a tuple.
    """

    items: tuple[Value, ...] = ()
    open: bool = False
    is_tuple: bool = False

    @property
    def texts(self) -> tuple[str, ...] | None:
        """Its elements; None where not all are known to be strings."""
        known = [item.text for item in self.items if isinstance(item, Text) and item.sure]
        return None if self.open or len(known) != len(self.items) else (*known,)


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Value):
    """One of several values; which of them, only the running program knows."""

    options: tuple[Value, ...] = ()


def is_none(value: Value | None) -> bool:
    """Whether a value is missing or the constant None."""
    return value is None or (isinstance(value, Constant) and value.constant is None)


def is_empty(value: Value | None) -> bool:
    """Whether a value is missing, None or an empty list."""
    return is_none(value) or (isinstance(value, Row) and not value.items and not value.open)


def merged(place: Place, parts: list[Value]) -> Table:
    """The table that several tables make, each over the ones before it."""
    entries: dict[str, Value] = {}
    is_open = False
    for part in parts:
        if isinstance(part, Table):
            if part.open:
                entries, is_open = {}, True
            for key, value in part.entries.items():
                entries[key] = value
        else:
            entries, is_open = {}, True
    return Table(place, entries, is_open)


def joined(place: Place, parts: list[Value]) -> Row:
    """The row that several rows make, one after the other."""
    items: list[Value] = []
    is_open = False
    for part in parts:
        if isinstance(part, Row):
            items += part.items
            is_open = is_open or part.open
        else:
            is_open = True
    kinds = {part.is_tuple for part in parts if isinstance(part, Row)}
    return Row(place, tuple(items), is_open, kinds == {True})


def within(value: Value, key: str) -> Value | None:
    """The value of a key; None where it is not certain."""
    return value.entries.get(key) if isinstance(value, Table) else None


def changed(value: Value, keys: tuple[str, ...], new: Value) -> Value:
    """The value with another one below some keys; unknown where the keys do not lead anywhere."""
    if not keys:
        return new
    if not isinstance(value, Table):
        return Value(value.place)
    inner = value.entries.get(keys[0])
    if inner is None:
        if len(keys) > 1:
            return Value(value.place)
        inner = new
    return replace(value, entries={**value.entries, keys[0]: changed(inner, keys[1:], new)})
