"""What a run is asked to do, and what follows from it: which rules run, and in which files.

``config`` reads settings from a project's configuration; the command line overrides them here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

from ..source import Fault
from . import globs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Unpack

    from ..rules._base import Rule
    from ..rules._card import Card

ALL = "ALL"  #: in ``select`` and ``ignore``: every rule, opt-in ones included
DEFAULT = "DEFAULT"  #: in ``select``: the rules that run when nothing is selected


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked to do.

    Attributes:
        select: Codes of the rules to run, ``ALL`` or ``DEFAULT``; empty means ``DEFAULT``.
        ignore: Codes of rules that do not run, though selected.
        unsafe: Whether unsafe repairs are applied.
        target_version: The tortoise-orm version to write code for, or an empty string: detect it.
        exclude: Patterns of files that a run does not look at, as in a .gitignore at the root.
        per_file_ignores: Patterns, likewise, and the codes that do not count in files they match.
        source: The configuration file, as the user would name it, or an empty string.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe: bool = False
    target_version: str = ""
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    source: str = ""


class RejectedError(Exception):
    """A value that settings do not accept; its text is the reason, in the user's terms."""


class Overrides(TypedDict, total=False):
    """What the command line says. Empty lists, and None, say nothing."""

    select: Sequence[str]
    ignore: Sequence[str]
    unsafe: bool | None
    target_version: str | None


def override(
    settings: Settings, rules: Sequence[Card], **said: Unpack[Overrides]
) -> Settings | Fault:
    """The settings with what the command line says in place of what the configuration says.

    ``select`` and ``ignore`` may hold comma-separated lists. A rule that the command line selects
    by code or name runs even if the configuration ignores it.
    """
    unsafe, version = said.get("unsafe"), said.get("target_version")
    option = "--select"
    try:
        chosen = rule_codes(split(said.get("select", ())), rules, (ALL, DEFAULT))
        option = "--ignore"
        dropped = rule_codes(split(said.get("ignore", ())), rules, (ALL,))
        option = "--target-version"
        target = settings.target_version if version is None else version_text(version)
    except RejectedError as rejected:
        return Fault(option, 0, str(rejected))
    return replace(
        settings,
        select=chosen or settings.select,
        ignore=dropped or tuple(code for code in settings.ignore if code not in chosen),
        unsafe=settings.unsafe if unsafe is None else unsafe,
        target_version=target,
    )


def enabled_rules(settings: Settings, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that run, in the order given."""
    select = settings.select or (DEFAULT,)

    def wanted(rule: Card) -> bool:
        return rule.code in select or ALL in select or (DEFAULT in select and rule.default)

    def ignored(rule: Card) -> bool:
        return rule.code in settings.ignore or ALL in settings.ignore

    chosen = (rule for rule in rules if not ignored(rule))
    if DEFAULT in select:
        chosen = (rule if wanted(rule) or not rule.core else rule.narrowed() for rule in chosen)
    return tuple(rule for rule in chosen if wanted(rule) or rule.is_narrow)


def ignored_codes(settings: Settings, path: str) -> frozenset[str]:
    """The codes that ``per-file-ignores`` switches off in a file; may hold ``ALL``.

    ``path`` is POSIX, relative to the project root.
    """
    matching = (
        codes for glob, codes in settings.per_file_ignores if globs.pattern(glob).match(path)
    )
    return frozenset(code for codes in matching for code in codes)


def find_rule(text: str, rules: Sequence[Card]) -> Card | Fault:
    """The rule that a user means by a code or a name, in any case of letters."""
    try:
        (code,) = rule_codes([text], rules)
    except RejectedError as bad:
        return Fault("", 0, str(bad))
    return next(rule for rule in rules if rule.code == code)


def version_text(text: str) -> str:
    """The text of a version such as 1.1 or 1.1.9, or RejectedError."""
    import re

    if re.fullmatch(r"[0-9]+\.[0-9]+(\.[0-9]+)?", text):
        return text
    raise RejectedError(f"{text!r} is not a version such as 1.1 or 1.1.9")


def split(lists: Iterable[str]) -> list[str]:
    """The items of comma-separated lists, without blanks and empty ones."""
    return [item.strip() for part in lists for item in part.split(",") if item.strip()]


def rule_codes(
    texts: Iterable[str], rules: Sequence[Card], words: Sequence[str] = ()
) -> tuple[str, ...]:
    """The codes that codes and names of rules mean, each once; ``words`` stand for themselves.

    Case does not count. Raises RejectedError, with the nearest code or name, for an unknown one.
    """
    known = {word.lower(): word for word in words}
    known |= {rule.code.lower(): rule.code for rule in rules}
    known |= {rule.name.lower(): rule.code for rule in rules}
    codes: dict[str, None] = {}
    for text in texts:
        if text.lower() not in known:
            options = [option for rule in rules for option in (rule.code, rule.name)]
            raise RejectedError(f"unknown rule {text!r}{nearest(text, options)}")
        codes[known[text.lower()]] = None
    return tuple(codes)


def nearest(text: str, options: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the option most like a text, or nothing when none is like it."""
    from difflib import get_close_matches

    folded = {option.lower(): option for option in options}
    close = get_close_matches(text.lower().replace("_", "-"), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
