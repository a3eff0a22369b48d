"""What surrounds an expression while its value is worked out."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ._assigned import Frame, local_value
from .facts import dotted
from .values import Place, Text, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from .module import Module
    from .symbols import Symbol


#: How many expressions one walk may look at; names that are used over and over multiply them.
_STEPS = 5000


@dataclass(slots=True)
class Ledger:
    """What a walk has taken note of so far.

    Attributes:
        assumed: The settings that the environment may give another value.
        steps: How many expressions it has looked at.
    """

    assumed: list[str] = field(default_factory=list)
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Around:
    """The state of one walk from an expression to its value.

    Attributes:
        read: What works out the value of a place.
        frame: The function around the expression; None at module level.
        hops: How many more names may be followed.
        heeded: Changes of the first variable below other keys than these do not matter; empty
            where every change does.
        ledger: What the walk takes note of.
    """

    read: Callable[[Place, Around], Value]
    frame: Frame | None = None
    hops: int = 12
    heeded: frozenset[str] = frozenset()
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def exhausted(self) -> bool:
        """Whether the walk has gone far enough; asking counts as a step."""
        self.ledger.steps += 1
        return self.hops <= 0 or self.ledger.steps > _STEPS

    def value(self, place: Place, node: ast.expr) -> Value:
        """The value of a part of an expression, in the same surroundings."""
        inner = replace(self, heeded=frozenset()) if self.heeded else self
        return self.read(replace(place, node=node), inner)

    def farther(self, frame: Frame | None) -> Around:
        """The surroundings after one more name was followed."""
        return replace(self, frame=frame, hops=self.hops - 1)

    def text(self, place: Place, node: ast.expr) -> str | None:
        """The string that an expression is in every environment; None where not certain."""
        found = self.value(place, node)
        return found.text if isinstance(found, Text) and found.sure else None

    def is_local(self, node: ast.expr) -> bool:
        """Whether a dotted expression begins with a local name."""
        head = dotted(node).partition(".")[0]
        return self.frame is not None and head in self.frame.bound

    def resolve(self, module: Module, node: ast.expr) -> Symbol | None:
        """What a dotted expression means here; None where that is not certain."""
        if not self.is_local(node):
            return module.resolve(node)
        assert self.frame is not None
        head, *rest = dotted(node).split(".")
        found = local_value(module, self.frame, head)
        symbol = None if found is None or isinstance(found, ast.expr | Value) else found
        for part in rest:
            symbol = module.project.member(symbol, part)
        return symbol
