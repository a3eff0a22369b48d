"""Changes of JSON and YAML as pieces of text, so that all around them stays as it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ._base import EditError

if TYPE_CHECKING:
    from ._spots import Spot

_COMMENT = "#"


def append(text: str, spot: Spot, new: str) -> str:
    """The text with one more string at the end of a list that is not empty."""
    items = _items(spot)
    start, end = items[-1]
    written = _like(text[start:end], new)
    if not spot.has_brackets:
        at = _line_end(text, end)
        return f"{text[:at]}{_newline(text)}{' ' * spot.dash}- {written}{text[at:]}"
    before = items[-2][1] if len(items) > 1 else spot.start + 1
    gap = text[before:start].removeprefix(",")
    if _COMMENT in gap + text[end : spot.end]:
        raise EditError("comments stand between the elements of the list")
    between = gap if "\n" in gap or len(items) > 1 else " "
    return f"{text[:end]},{between}{written}{text[end:]}"


def remove(text: str, spot: Spot, old: str) -> str:
    """The text without a string of a list, which is there once and is not all of it."""
    items = _items(spot)
    found = [n for n, (start, end) in enumerate(items) if _plain(text[start:end]) == old]
    if len(found) != 1 or len(items) == 1:
        raise EditError("the element is not one among several")
    number = found[0]
    start, end = items[number]
    if not spot.has_brackets:
        first = text.rfind("\n", 0, start) + 1
        if text[first:start].strip() != "-":
            raise EditError("the element stands on a line with something else")
        return text[:first] + text[_line_end(text, end) :].lstrip("\r").removeprefix("\n")
    first, last = (items[number - 1][1], end) if number else (start, items[1][0])
    if _COMMENT in text[first:start] + text[end:last]:
        raise EditError("comments stand between the elements of the list")
    return text[:first] + text[last:]


def replace(text: str, spot: Spot, value: str | tuple[str, ...]) -> str:
    """The text with another value in the place of a string."""
    old = text[spot.start : spot.end]
    if spot.items is not None or "\n" in old:
        raise EditError("the value is not written on one line")
    if isinstance(value, str):
        return text[: spot.start] + _like(old, value) + text[spot.end :]
    new = ", ".join(_like(old, one) for one in value)
    return f"{text[: spot.start]}[{new}]{text[spot.end :]}"


def _items(spot: Spot) -> tuple[tuple[int, int], ...]:
    if not spot.items:
        raise EditError("the value is not a list with elements")
    return spot.items


def _like(old: str, new: str) -> str:
    """A string, written with the quotes of another."""
    if old.startswith("'"):
        return "'" + new.replace("'", "''") + "'"
    return json.dumps(new) if old.startswith('"') or not _is_plain(new) else new


def _is_plain(text: str) -> bool:
    """Whether YAML takes the text for this string without quotes."""
    return re.fullmatch(r"[A-Za-z_][\w./:@+-]*", text) is not None and not text.endswith(":")


def _plain(written: str) -> str:
    return written[1:-1] if written[:1] in ("'", '"') else written


def _line_end(text: str, offset: int) -> int:
    """Where the line of an offset ends, before its line end."""
    found = re.compile(r"\r?\n|\Z").search(text, offset)
    assert found is not None
    return found.start()


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
