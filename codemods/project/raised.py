"""A requirement for newer releases, written in the form that the old one has."""

from __future__ import annotations

import re

from .version_range import version

_CLAUSE = re.compile(r"(\s*)(===|~=|==|>=|<|\^|~|=)?(\s*)([\w.]+?)(\.\*)?(\s*)")


def raised(text: str, target: str) -> str | None:
    """The specifier that allows the target where ``text`` allows older releases.

    Pins, ``>=``, ``^``, ``~``, ``~=`` and ``>=1,<2`` keep their form; anything else gives None.

    Args:
        text: A specifier of PEP 440 or of Poetry.
        target: A release, or the first numbers of several: ``1.1`` stands for all of 1.1.
    """
    parts = [_CLAUSE.fullmatch(part) for part in text.split(",")]
    match parts:
        case [re.Match() as one]:
            new = _single(one, target)
            return None if new is None else f"{one[1]}{new}{one[6]}"
        case [re.Match() as one, re.Match() as other] if {one[2], other[2]} == {">=", "<"}:
            return ",".join(f"{c[1]}{c[2]}{c[3]}{_bound(c, target)}{c[6]}" for c in (one, other))
    return None


def _single(clause: re.Match[str], target: str) -> str | None:
    operator, number = clause[2] or "", clause[4]
    series = len(version(target).release) < 3
    match operator:
        case "" | "=" | "==" | "===":
            same = operator if operator != "===" or not series else "=="
            return f"{same}{clause[3]}{target}{'.*' if series else ''}"
        case "~=" if number.count(".") > 1 and series:
            return f"~={clause[3]}{target}.0"
        case "~=" | "^" | "~" | ">=":
            return f"{operator}{clause[3]}{target}"
    return None


def _bound(clause: re.Match[str], target: str) -> str:
    """One bound of a range: the target, or what lies as far above it as the old bound did."""
    if clause[2] == ">=":
        return target
    numbers, new = version(clause[4]).release, version(target).release
    if len(numbers) == 1 or not any(numbers[1:]):
        return ".".join(map(str, (new[0] + 1, *numbers[1:])))
    return ".".join(map(str, (new[0], new[1] + 1, *(0 for _ in numbers[2:]))))
