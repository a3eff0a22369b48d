"""Which versions a specifier allows, as an interval: PEP 440, and Poetry's own forms.

An interval may allow more than the specifier does (``!=`` is ignored), never less, so that whatever
is proven of the interval is true of every release that can be installed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.version import Version

# `packaging.specifiers` takes four times as long to import as `packaging.version`, which holds all
# that is hard about a specifier.
_PEP440_CLAUSE = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s;()]+)\s*")
_POETRY_CLAUSE = re.compile(r"(\^|~=|~|={1,3}|!=|<=|>=|<|>)?\s*([\w.*+-]+)")


@dataclass(frozen=True, slots=True)
class Range:
    """The versions from ``lower`` on and below ``upper``; an empty bound is not known.

    Attributes:
        lower: The lowest version that may be installed.
        upper: The first version that may not.
        exact: The only version that may be installed, or an empty string.
        text: The specifier as its file writes it.
    """

    lower: str = ""
    upper: str = ""
    exact: str = ""
    text: str = ""

    @property
    def known(self) -> bool:
        """Whether it says anything at all."""
        return bool(self.lower or self.upper)


@cache
def version(text: str) -> Version:
    """The parsed version. Raises ValueError when ``text`` is not a PEP 440 version."""
    from packaging.version import Version

    return Version(text)


def exactly(text: str) -> Range:
    """The range that holds this one version; nothing is known when it is not a version."""
    try:
        found = version(text)
    except ValueError:
        return Range(text=text)
    return Range(found.public, _after(found), found.public, text)


def series(text: str) -> Range:
    """All versions that begin with these numbers: ``1.1`` is ``>=1.1,<1.2``.

    Three or more numbers name one version. Raises ValueError when ``text`` is not a version.
    """
    found = version(text)
    if len(found.release) > 2 or found.public != _release(found.release, found):
        return exactly(text)
    return Range(found.public, _bumped(found, len(found.release) - 1), "", f"{text}.*")


def from_pep440(text: str) -> Range:
    """The range of a PEP 440 specifier set; nothing is known of one that does not parse."""
    try:
        clauses = [_pep440_clause(part) for part in text.split(",") if part.strip()]
    except ValueError:
        clauses = []
    return replace(_all_of(clauses), text=text.strip())


def from_poetry(text: str) -> Range:
    """The range of a Poetry constraint; nothing is known of one that does not parse."""
    try:
        parts = [_all_of(_poetry_clauses(part)) for part in re.split(r"\|\|?", text)]
    except ValueError:
        parts = []
    return replace(hull(parts), text=text.strip())


def hull(ranges: Iterable[Range]) -> Range:
    """The smallest range that holds all the given ones; nothing is known of none."""
    parts = list(ranges)
    if not parts:
        return Range()
    lowers = [part.lower for part in parts]
    uppers = [part.upper for part in parts]
    texts = dict.fromkeys(part.text for part in parts if part.text)
    same = all(p.exact and version(p.exact) == version(parts[0].exact) for p in parts)
    return Range(
        min(lowers, key=version) if all(lowers) else "",
        max(uppers, key=version) if all(uppers) else "",
        parts[0].exact if same and parts[0].exact else "",
        " or ".join(texts),
    )


def meet(one: Range, other: Range) -> Range | None:
    """The versions that both allow, or None when there are none."""
    lowers = [bound for bound in (one.lower, other.lower) if bound]
    uppers = [bound for bound in (one.upper, other.upper) if bound]
    lower = max(lowers, key=version) if lowers else ""
    upper = min(uppers, key=version) if uppers else ""
    if lower and upper and version(lower) >= version(upper):
        return None
    text = ",".join(part.text for part in (one, other) if part.text)
    return Range(lower, upper, one.exact or other.exact, text)


def _all_of(clauses: Iterable[Range]) -> Range:
    """What all clauses allow; nothing is known when they contradict each other."""
    found = Range()
    for clause in clauses:
        both = meet(found, clause)
        if both is None:
            return Range()
        found = both
    return found


def _pep440_clause(part: str) -> Range:
    match = _PEP440_CLAUSE.fullmatch(part)
    if not match:
        raise ValueError(part)
    return _clause(match[1], match[2])


def _clause(operator: str, text: str) -> Range:
    """The range of one comparison. Raises ValueError when it is not a valid one."""
    if operator == "!=":
        return Range()
    if operator == "==" and text.endswith(".*"):
        found = version(text[:-2])
        return Range(found.public, _bumped(found, len(found.release) - 1))
    if operator == "===":
        return exactly(text)
    found = version(text)
    match operator:
        case "==":
            return exactly(text)
        case "~=" if len(found.release) > 1:
            return Range(found.public, _bumped(found, len(found.release) - 2))
        case ">=" | ">":
            return Range(lower=found.public)
        case "<":
            return Range(upper=found.public)
        case "<=":
            return Range(upper=_after(found))
    raise ValueError(operator + text)


def _poetry_clauses(part: str) -> list[Range]:
    if _POETRY_CLAUSE.sub("", part).strip(", \t"):
        raise ValueError(part)
    return [_poetry_clause(operator, text) for operator, text in _POETRY_CLAUSE.findall(part)]


def _poetry_clause(operator: str, text: str) -> Range:
    if text == "*":
        return Range()
    if operator in ("", "="):
        operator = "=="
    if operator not in ("^", "~"):
        return _clause(operator, text)
    found = version(text)
    numbers = found.release
    if operator == "~":
        return Range(found.public, _bumped(found, min(1, len(numbers) - 1)))
    leading = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
    return Range(found.public, _bumped(found, leading))


def _bumped(found: Version, index: int) -> str:
    """The first release whose number at ``index`` is higher."""
    numbers = found.release
    return _release((*numbers[:index], numbers[index] + 1), found)


def _after(found: Version) -> str:
    """The lowest version that is higher; PEP 440 has no gap between the two."""
    text = _release(found.release, found)
    if found.pre is not None:
        text += f"{found.pre[0]}{found.pre[1]}"
    if found.dev is not None:
        post = f".post{found.post}" if found.post is not None else ""
        return f"{text}{post}.dev{found.dev + 1}"
    return f"{text}.post{0 if found.post is None else found.post + 1}.dev0"


def _release(numbers: tuple[int, ...], found: Version) -> str:
    epoch = f"{found.epoch}!" if found.epoch else ""
    return epoch + ".".join(map(str, numbers))
