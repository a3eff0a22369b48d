"""What stands against a rewrite, gathered from everything that has been looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._base import Safety


@dataclass(slots=True)
class Verdict:
    """Reasons, each a clause in the user's terms, in the order in which they were found.

    Attributes:
        against: Reasons to leave the code as it is.
        doubts: What the source does not prove, so that only the user can tell.
        escapes: Those of the doubts by which an object gets out of sight.
    """

    against: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    escapes: list[str] = field(default_factory=list)

    def copy(self) -> Verdict:
        """The same reasons, to which others can be added apart."""
        return Verdict(list(self.against), list(self.doubts), list(self.escapes))

    def add(self, other: Verdict) -> None:
        """Add the reasons of another verdict."""
        self.against += other.against
        self.doubts += other.doubts
        self.escapes += other.escapes

    def escape(self, reason: str) -> None:
        """Note that code out of sight gets an object, and may await what no longer can be."""
        self.doubts.append(reason)
        self.escapes.append(reason)

    @property
    def safety(self) -> Safety:
        """When the repair is applied."""
        if self.against:
            return Safety.MANUAL
        return Safety.UNSAFE if self.doubts else Safety.SAFE

    @property
    def advice(self) -> str:
        """The first reason against the repair, else what it rests on; empty when safe."""
        if self.against:
            return f"not rewritten: {self.against[0]}"
        return "; ".join(dict.fromkeys(self.doubts))
