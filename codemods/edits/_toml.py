"""The edits of TOML files: tomlkit keeps comments, quotes and layout of what does not change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Item, String, StringType

from ._base import EditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tomlkit import TOMLDocument


def append(text: str, keys: Sequence[str], new: str) -> str:
    """The text with one more string in the array that the keys lead to."""
    document, array = _array(text, keys)
    array.append(_string(new, array[-1] if array else None))
    return tomlkit.dumps(document)


def remove(text: str, keys: Sequence[str], old: str) -> str:
    """The text without a string of the array that the keys lead to."""
    document, array = _array(text, keys)
    array.remove(old)
    return tomlkit.dumps(document)


def replace(text: str, keys: Sequence[str], value: str | tuple[str, ...]) -> str:
    """The text with another value in the place of the string that the keys lead to."""
    document, outer = _holder(text, keys)
    old = outer[keys[-1]]
    if isinstance(value, str):
        outer[keys[-1]] = _string(value, old)
    else:
        array = tomlkit.array()
        array.extend(_string(one, old) for one in value)
        outer[keys[-1]] = array
    return tomlkit.dumps(document)


def add_table(text: str, keys: Sequence[str], entries: Sequence[tuple[str, str]]) -> str:
    """The text with one more table at its end."""
    _parsed(text)
    line_end = "\r\n" if "\r\n" in text else "\n"
    lines = [f"[{'.'.join(keys)}]"]
    lines += [f"{key} = {tomlkit.string(value).as_string()}" for key, value in entries]
    body = text if not text or text.endswith("\n") else text + line_end
    gap = "" if not body or re.search(r"\n\r?\n\Z", body) else line_end
    return body + gap + line_end.join(lines) + line_end


def _string(text: str, like: object) -> String:
    """A string in the quotes of another one."""
    literal = isinstance(like, Item) and like.as_string().startswith("'") and "'" not in text
    kind = StringType.SLL if literal else StringType.SLB
    return String.from_raw(text, kind)


def _array(text: str, keys: Sequence[str]) -> tuple[TOMLDocument, Array]:
    document, outer = _holder(text, keys)
    array = outer[keys[-1]]
    if not isinstance(array, Array):
        raise EditError("the value is not a list")
    return document, array


def _holder(text: str, keys: Sequence[str]) -> tuple[TOMLDocument, Any]:
    """The document, and the table in it that holds what the last of the keys leads to."""
    document = _parsed(text)
    outer: Any = document
    for key in keys[:-1]:
        outer = outer[key]
    return document, outer


def _parsed(text: str) -> TOMLDocument:
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise EditError(f"cannot be read: {error}") from error
    if tomlkit.dumps(document) != text:
        raise EditError("tomlkit does not print this file as it read it")
    return document
