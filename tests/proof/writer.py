"""One function while it is written: its lines so far, and the small choices of all its parts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from .schema import Relation, Spec

T = TypeVar("T")


@dataclass
class Shared:
    """What the functions of one program share.

    Attributes:
        random: Where all choices come from.
        specs: The models.
        aliases: How the functions name each model.
        connections: How many connections there are.
        loops: Whether nearly everything is a loop.
        unsafe: Whether unsafe repairs will be applied.
        serial: The number of the last flaw.
        created: How many writes there are, to give each a value of its own.
        parts: The functions that take a connection.
        streams: The asynchronous generators.
        fetchers: The functions that give rows, with their model.
        walkers: The functions that take rows, with their model.
    """

    random: Random
    specs: list[Spec]
    aliases: dict[int, str]
    connections: int = 1
    loops: bool = False
    unsafe: bool = False
    serial: int = 0
    created: int = 0
    parts: list[str] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)
    fetchers: list[tuple[str, Spec]] = field(default_factory=list)
    walkers: list[tuple[str, Spec]] = field(default_factory=list)


class Writer:
    """The state of one function.

    Attributes:
        lines: The body so far.
        depth: How far the next line is indented.
        loops: How many loops are open.
        handles: The names of the connections of the open transactions, the innermost last; an
            empty string for one without a name.
        rows: The variables that hold one row, with its model.
        quiet: Whether the function has no flaws and no writes.
    """

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.random = shared.random
        self.lines: list[str] = []
        self.depth = 1
        self.loops = 0
        self.handles: list[str] = []
        self.rows: list[tuple[str, Spec]] = []
        self.serial = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def weighed(self, **weights: float) -> str:
        """One of the names, as often as its weight says."""
        # A source of randomness that looks for extremes also finds those of no weight.
        possible = {name: weight for name, weight in weights.items() if weight}
        return self.random.choices(list(possible), list(possible.values()))[0]

    def emit(self, line: str) -> None:
        self.lines += ["    " * self.depth + part for part in line.split("\n")]

    @contextmanager
    def nested(self, head: str) -> Iterator[None]:
        """A block; what it binds is not known after it."""
        self.emit(head)
        self.depth += 1
        kept, before = list(self.rows), len(self.lines)
        yield
        if len(self.lines) == before:
            self.emit("pass")
        self.rows = kept
        self.depth -= 1

    def fresh(self, prefix: str = "n") -> str:
        self.serial += 1
        return f"{prefix}{self.serial}"

    def flaw(self) -> int:
        self.shared.serial += 1
        return self.shared.serial

    def model(self) -> Spec:
        return self.pick(self.shared.specs)

    def related(self) -> Spec:
        """A model that has relations."""
        return self.pick([spec for spec in self.shared.specs if spec.relations])

    def alias(self, spec: Spec) -> str:
        return self.shared.aliases[id(spec)]

    def relations(self, spec: Spec, many: bool) -> list[Relation]:
        return [one for one in spec.relations if one.to_many is many]

    def show(self, text: str) -> None:
        """Note something that the program is compared by."""
        form = self.weighed(append=8, printed=1, logged=1)
        if form == "append":
            self.emit(f"out.append({text})")
        elif form == "printed":
            self.emit(f"print({text})")
        else:
            self.emit(f"log.warning('%s', {text})")
