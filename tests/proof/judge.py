"""Whether two runs did the same."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .player import Outcome
    from .trace import Event

#: Rules that leave every statement as it was.
SAME_STATEMENTS = frozenset(
    {"TOR310", "TOR311", "TOR312", "TOR313", "TOR314", "TOR404", "TOR802", "TOR805", "TOR806"}
)
#: Rules that fetch what the program meant to fetch and did not.
MORE_READS = frozenset({"TOR264"})
#: Rules that take from a row what its table has, where the program asked another table for it.
FEWER_TABLES = frozenset({"TOR233"})
#: Where a loop ends with this before it comes to what was fetched for it, reading ahead costs more.
UNFORESEEN = (
    "object NoneType can't be used in 'await' expression",
    "'NoneType' object has no attribute",
)
_WORD = re.compile(r"\s*(\w+)")
_SAVEPOINT = re.compile(r"(?i)\b((?:RELEASE|SAVEPOINT|TO)(?: SAVEPOINT)?)\s+[\w`\"]+")
_SET = re.compile(r"\((\?|\d+|\$\d+)(,\s*(\?|\d+|\$\d+))*\)")
_TABLES = re.compile(r"(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+[\"`]?(\w+)")
_OPENING = frozenset({"BEGIN", "START", "SAVEPOINT"})
_CLOSING = frozenset({"COMMIT", "ROLLBACK", "RELEASE", "END"})
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_ASIDE = frozenset({"PRAGMA", "SET", "SHOW"})


@dataclass(frozen=True)
class Statement:
    """A statement, and where it ran.

    Attributes:
        word: Its first word.
        text: All of it, with the names of savepoints taken out.
        place: The connection, and how many transactions it had begun by then that are open; of no
            transaction, nothing.
    """

    word: str
    text: str
    place: tuple[int, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it names."""
        return frozenset(_TABLES.findall(self.text))


def statements(events: Iterable[Event]) -> list[Statement]:
    """What was executed, each with the transactions that it ran in."""
    found: list[Statement] = []
    open_on: dict[int, list[int]] = {}
    begun = 0
    for connection, raw in events:
        match = _WORD.match(raw)
        word = match[1].upper() if match else ""
        text = _SAVEPOINT.sub(r"\1", raw) if word in _OPENING | _CLOSING else raw
        if word in _ASIDE:
            continue
        inside = open_on.setdefault(connection, [])
        if word in _OPENING:
            begun += 1
            inside.append(begun)
        found.append(Statement(word, text, tuple(inside)))
        if word in _CLOSING and inside:
            inside.pop()
    return found


def differences(
    before: Outcome,
    after: Outcome,
    fired: Iterable[str],
    through: Mapping[str, frozenset[str]] = MappingProxyType({}),
    unsafe: bool = False,
) -> list[str]:
    """What is not the same, in words; an empty list if nothing.

    Args:
        before: The one run.
        after: The other.
        fired: The rules that make the difference between the programs.
        through: The tables of many-to-many relations, each with those that it connects.
        unsafe: Whether unsafe repairs were made, which may read more than is needed.
    """
    if before.broken or after.broken:
        return [f"it could not be run: {before.broken or after.broken}"]
    found = [
        f"{name}:\n    before: {one}\n    after:  {other}"
        for name in ("value", "exception", "printed", "logged", "rows")
        for one, other in ((getattr(before, name), getattr(after, name)),)
        if one != other
    ]
    first, second = statements(before.events), statements(after.events)
    if set(fired) <= SAME_STATEMENTS:
        return found + _in_order(first, second)
    found += _writes(first, second)
    if unsafe or MORE_READS & set(fired):
        return found
    if not FEWER_TABLES & set(fired):
        found += _places(first, second, through)
    if any(error in before.value for error in UNFORESEEN):
        return found
    return found + _fewer(first, second, through)


def until(errors: Iterable[str], before: Outcome, after: Outcome) -> list[str]:
    """What is not the same before the first of some errors, which a repair takes away."""
    text = before.value
    end = min(text.index(error) for error in errors if error in text)
    head = text[: max(text.rfind(quote, 0, end) for quote in "'\"")].rstrip(", ")
    if after.broken or not after.value.startswith(head):
        return [f"value before the error:\n    before: {head}\n    after:  {after.value}"]
    return []


def _in_order(first: list[Statement], second: list[Statement]) -> list[str]:
    """Everything has to be executed as it was, in the same transactions."""
    return _first_difference("statements", _settled(first), _settled(second))


def _settled(all_: list[Statement]) -> list[tuple[object, ...]]:
    """Reads that follow each other may run at the same time, on connections of a pool."""
    found: list[tuple[object, ...]] = []
    for reading, run in groupby(all_, lambda one: one.word == "SELECT"):
        exact = [_exact(one) for one in run]
        found += sorted(exact, key=repr) if reading else exact
    return found


def _exact(statement: Statement) -> tuple[object, ...]:
    return statement.place, _SET.sub("(?)", statement.text)


def _writes(first: list[Statement], second: list[Statement]) -> list[str]:
    """Writes and the limits of transactions have to be the same."""
    kept = [[_exact(s) for s in all_ if s.word != "SELECT"] for all_ in (first, second)]
    return _first_difference("writes", *kept)


def _first_difference(
    what: str, first: list[tuple[object, ...]], second: list[tuple[object, ...]]
) -> list[str]:
    if first == second:
        return []
    pairs = zip([*first, None], [*second, None], strict=False)
    index, (one, other) = next((i, p) for i, p in enumerate(pairs) if p[0] != p[1])
    counts = f"{len(first)} before, {len(second)} after"
    return [f"{what} ({counts}), number {index}:\n    before: {one}\n    after:  {other}"]


def _places(
    first: list[Statement], second: list[Statement], through: Mapping[str, frozenset[str]]
) -> list[str]:
    """The same tables have to be read, in the same transactions."""
    found = []
    one, other = _tables_read(first, {}), _tables_read(second, through)
    for place in one:
        if not one[place] <= other.get(place, frozenset()):
            missing = sorted(one[place] - other.get(place, frozenset()))
            found.append(f"reads in transaction {place or '-'}: {missing} no longer")
    return found


def _fewer(
    first: list[Statement], second: list[Statement], through: Mapping[str, frozenset[str]]
) -> list[str]:
    """Reads may be fewer."""
    count, later = (_count(s, through) for s in (first, second))
    return [f"{later} reads after, {count} before"] if later > count else []


def _tables_read(
    all_: list[Statement], through: Mapping[str, frozenset[str]]
) -> dict[tuple[int, ...], frozenset[str]]:
    """The tables that are read in each transaction.

    Where a many-to-many relation is fetched that has no pairs, the other table is not read.
    """
    found: dict[tuple[int, ...], frozenset[str]] = {}
    for statement in all_:
        if statement.word == "SELECT":
            read = statement.tables.union(*(through.get(t, frozenset()) for t in statement.tables))
            found[statement.place] = found.get(statement.place, frozenset()) | read
    return found


def _count(all_: list[Statement], through: Mapping[str, frozenset[str]]) -> int:
    """How many reads there are, apart from those of the pairs of a many-to-many relation."""
    return sum(s.word == "SELECT" and not s.tables <= through.keys() for s in all_)


def kinds(all_: Iterable[Statement]) -> Counter[str]:
    """How many statements begin with each word."""
    return Counter(statement.word for statement in all_)
