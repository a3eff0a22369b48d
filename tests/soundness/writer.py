"""One function while it is written: its lines so far, and what is believed of its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .models import Spec

if TYPE_CHECKING:
    from .body import Body

NAMES = ("a", "b", "c", "d", "e", "a", "b", "c")
_SHADOWING = (*NAMES, "list", "len", "str", "sorted", "same")

#: A value that the generator believes a variable to have: its kind and its model. The belief is
#: good enough for programs that run; where it has to hold, ``Values.sure`` is used.
Kind = tuple[str, Spec | None]
Variables = dict[str, Kind]

ANY: Kind = ("any", None)
INT: Kind = ("int", None)
NONE: Kind = ("none", None)


class Writer:
    """The state of one function, and the small choices that all of its parts make.

    Attributes:
        variables: What each variable is believed to be at this point.
        lines: The body so far.
        depth: How far the next line is indented.
        loops: How many loops are open.
        result: What the function is believed to return.
        annotated: Whether it has a return annotation, so that it must return just that.
        captured: The names that a nested function reads, and so must not bind.
        budget: How many statements may still be written.
    """

    def __init__(self, body: Body) -> None:
        self.body = body
        self.random = body.random
        self.variables: Variables = {}
        self.lines: list[str] = []
        self.depth = 1
        self.loops = 0
        self.serial = 0
        self.is_async = True
        self.result: Kind = ANY
        self.annotated = False
        self.names = _SHADOWING if self.chance(0.08) else NAMES
        self.captured: frozenset[str] = frozenset()
        self.budget = self.random.randint(4, 16)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def emit(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def model(self) -> Spec:
        return self.random.choice(self.body.specs)

    def fresh(self) -> str:
        self.serial += 1
        return f"n{self.serial}"

    def target(self) -> str:
        known = sorted(self.variables)
        name = self.random.choice(known if known and self.chance(0.5) else self.names)
        # A nested function that binds a name cannot read that of the function around it.
        return self.fresh() if name in self.captured else name

    def bind(self, name: str, kind: Kind) -> None:
        self.variables[name] = kind

    def of_kind(self, *kinds: str) -> list[tuple[str, Spec]]:
        return [(n, s) for n, (k, s) in sorted(self.variables.items()) if k in kinds and s]

    def wait(self) -> str:
        return "await " if self.is_async else ""
