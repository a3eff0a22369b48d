"""The table of the rules, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..rules._card import Card
    from .console import Paint

_HEADER = ("CODE", "NAME", "SET", "SAFETY", "VERSIONS", "SUMMARY")


def table(rules: Sequence[Card], paint: Paint) -> str:
    """The rules, one a line, in aligned columns."""
    rows = [_HEADER, *(_row(rule) for rule in rules)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([paint(lines[0], bold=True), *lines[1:]])


def versions(rule: Card) -> str:
    """The versions of tortoise-orm that a rule applies to, as a version specifier; or ``all``."""
    parts = (f">={rule.since}" if rule.since else "", f"<{rule.until}" if rule.until else "")
    return ",".join(filter(None, parts)) or "all"


def rule_set(rule: Card) -> str:
    """``default`` or ``opt-in``."""
    return "default" if rule.default else "opt-in"


def explained(rule: Card, page: str, paint: Paint) -> str:
    """The page of a rule under a heading that says what the table says."""
    heading = paint(f"{rule.code} {rule.name}", bold=True)
    facts = f"{rule_set(rule)}, {rule.safety.value}, tortoise-orm versions: {versions(rule)}"
    return "\n\n".join([heading + "\n" + paint(facts, dim=True), page])


def _row(rule: Card) -> tuple[str, ...]:
    safety = rule.safety.value
    return (rule.code, rule.name, rule_set(rule), safety, versions(rule), rule.summary)
