"""What is told of a rule in a list: all that can be read without importing the rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Safety(str, Enum):
    """How sure a finding is of its repair."""

    SAFE = "safe"  #: applied by default
    UNSAFE = "unsafe"  #: applied with ``--unsafe``
    MANUAL = "manual"  #: never applied, listed under "left for you"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a rule is called, and when it applies.

    Attributes:
        code: ``TOR`` and three digits; public and stable.
        name: kebab-case; public and stable; also the name of the file and of the fixture folder.
        summary: One line for the rules table.
        safety: The best safety that its findings can have.
        default: Whether it runs without being selected.
        since: The first tortoise-orm version that it applies to, or an empty string.
        until: The first tortoise-orm version that it no longer applies to, or an empty string.
    """

    code: str
    name: str
    summary: str
    safety: Safety = Safety.SAFE
    default: bool = True
    since: str = ""
    until: str = ""
