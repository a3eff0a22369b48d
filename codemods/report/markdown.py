"""What a run came to as Markdown: a report for a pull request, with a list to work through."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from .text import by_place, count, fixed, todo
from .where import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..rules._base import Finding
    from ..source import Fault
    from .outcome import Outcome

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def report(outcome: Outcome, names: Mapping[str, str], version: str) -> str:
    """The report of one run.

    What is left comes rule by rule, so that like decisions are made together, each finding as an
    item to tick off.

    Args:
        outcome: What the run came to.
        names: The name of each rule, by code.
        version: The version of the tool.
    """
    where = Where(str(outcome.plan.root))
    blocks = [
        "# Tortoise ORM report",
        _detected(outcome.plan.notes, version),
        _changed(outcome, names),
        _left(outcome.left, names, where),
        _troubles("Skipped", outcome.plan.skipped, where),
        _troubles("Suppressions that suppress nothing", outcome.plan.unused_suppressions, where),
        _troubles("Could not be handled", outcome.faults, where),
    ]
    return "\n\n".join(filter(None, blocks))


def _detected(notes: Sequence[str], version: str) -> str:
    return "\n".join([f"By tortoise-fix {version}, for:", "", *(f"- {_plain(n)}" for n in notes)])


def _changed(outcome: Outcome, names: Mapping[str, str]) -> str:
    if outcome.command == "check":
        return ""
    title = "## Would change" if outcome.dry_run else "## Changed"
    found = fixed(outcome.changes)
    if not found:
        return f"{title}\n\nNothing."
    counts = Counter(finding.code for finding in found)
    files = {code: {f.path for f in found if f.code == code} for code in counts}
    rows = (
        f"| {code} | {names.get(code, '')} | {counts[code]} | {len(files[code])} |"
        for code in sorted(counts)
    )
    total = f"{count(len(found), 'fix', 'fixes')} in {count(len(outcome.changes), 'file')}."
    header = ["| rule | name | fixes | files |", "|---|---|---:|---:|"]
    return "\n".join([title, "", total, "", *header, *rows])


def _left(left: Iterable[Finding], names: Mapping[str, str], where: Where) -> str:
    by_rule: dict[str, list[Finding]] = {}
    for finding in by_place(left):
        by_rule.setdefault(finding.code, []).append(finding)
    if not by_rule:
        return "## Left for you\n\nNothing."
    parts = ["## Left for you"]
    for code in sorted(by_rule):
        lines = [line for finding in by_rule[code] for line in _item(finding, where)]
        parts.append("\n".join([f"### {code} {names.get(code, '')}".rstrip(), "", *lines]))
    return "\n\n".join(parts)


def _item(finding: Finding, where: Where) -> Iterator[str]:
    place = f"{where.show(finding.path)}:{finding.span.line}"
    yield f"- [ ] {_code(place)} {_plain(finding.message)}"
    advice = " ".join(todo(finding).split())
    if advice:
        yield f"  {_plain(advice)}"


def _troubles(title: str, faults: Iterable[Fault], where: Where) -> str:
    lines = [f"- {_trouble(fault, where)}" for fault in faults]
    return "\n".join([f"## {title}", "", *lines]) if lines else ""


def _trouble(fault: Fault, where: Where) -> str:
    place = ":".join(filter(None, [where.show(fault.path), str(fault.line or "")]))
    advice = f" ({_plain(fault.advice)})" if fault.advice else ""
    return " ".join(filter(None, [_code(place) if place else "", _plain(fault.reason)])) + advice


def _plain(text: str) -> str:
    """Text that means itself in Markdown; what stands in backquotes stays code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _SPECIAL.sub(r"\\\1", text)
    return "".join(
        f"`{part}`" if number % 2 else _SPECIAL.sub(r"\\\1", part)
        for number, part in enumerate(parts)
    )


def _code(text: str) -> str:
    """Text as code, whatever backquotes it holds."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
