"""What a rule and a finding are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ._card import Card, Safety

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from ..edits._base import Edit
    from ..project.index import Project
    from ..project.module import Module
    from ..source import Span


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that a rule speaks about.

    Attributes:
        code: The rule's code.
        path: The file, as a POSIX path relative to the project root.
        span: The piece of source that the message is about.
        message: What is wrong, in the user's terms.
        safety: Whether the edits are applied by default, on demand, or never.
        edits: What repairs it, all or nothing; they may lie in several files. Empty when manual.
        advice: What the user should do, or what an unsafe repair rests on.
    """

    code: str
    path: str
    span: Span
    message: str
    safety: Safety = Safety.SAFE
    edits: tuple[Edit, ...] = ()
    advice: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the repair changes, sorted."""
        return tuple(sorted({edit.path for edit in self.edits}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Card):
    """The declaration of a rule, with what carries it out.

    Its page is the docstring of the file that holds it.

    Attributes:
        find: What yields the findings of one module.
        triggers: The module is looked at only when its bytes hold one of these; empty means always.
        pattern: And only where this regular expression is found in them; empty means anywhere.
        modules: Gives the only modules it looks at, where the project decides that, not a word.
        beyond: Whether it looks, without such a choice, at modules that name neither the framework
            nor a model as well: what starts an application often names only a function.
        core: What yields those findings of an opt-in rule that belong to the default set.
    """

    find: Callable[[Module], Iterable[Finding]]
    triggers: tuple[bytes, ...] = ()
    pattern: bytes = b""
    modules: Callable[[Project], Collection[str]] | None = None
    beyond: bool = False
    core: Callable[[Module], Iterable[Finding]] | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it yields only what belongs to the default set."""
        return self.find is self.core

    @property
    def key(self) -> str:
        """What tells the rule from what it is when it is narrowed."""
        return f"{self.code} (core)" if self.is_narrow else self.code

    def narrowed(self) -> Rule:
        """The rule that yields only what belongs to the default set."""
        return replace(self, find=self.core or self.find)


__all__ = ["Card", "Finding", "Rule", "Safety"]
