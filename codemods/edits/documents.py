"""Edits of files that are not Python: JSON, TOML and YAML, with comments and layout kept.

Like every edit, one of a document is told twice: over its text, and over the data that it means.
The engine changes the text, and refuses the result unless it parses to exactly that data.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..project.formats import format_of, parsed
from ..source import Fault, Source, Span
from ._base import WHOLE, Edit, EditError, Level
from .lines import ReplaceLine, replaced

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class DocumentEdit(Edit):
    """A change of the value that some keys lead to.

    Attributes:
        keys: What leads to the value, from the outside in.
    """

    span: Span = field(default=WHOLE, init=False)
    keys: tuple[str, ...]
    level: ClassVar[Level] = Level.MODULE

    @property
    def claims(self) -> tuple[str, ...]:
        return ("\0".join(self.keys),)

    def change_data(self, outer: Any) -> None:
        """Make the change in the mapping that holds the value, as plain data."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AppendText(DocumentEdit):
    """Appends a string to a list.

    Attributes:
        text: The string.
    """

    text: str

    def change_data(self, outer: Any) -> None:
        outer[self.keys[-1]].append(self.text)


@dataclass(frozen=True, slots=True)
class RemoveText(DocumentEdit):
    """Takes a string out of a list that has it once.

    Attributes:
        text: The string.
    """

    text: str

    def change_data(self, outer: Any) -> None:
        outer[self.keys[-1]].remove(self.text)


@dataclass(frozen=True, slots=True)
class ReplaceText(DocumentEdit):
    """Puts another string, or a list of strings, in the place of a string.

    Attributes:
        value: What takes its place; a tuple stands for a list.
    """

    value: str | tuple[str, ...]

    def change_data(self, outer: Any) -> None:
        outer[self.keys[-1]] = self.value if isinstance(self.value, str) else [*self.value]


@dataclass(frozen=True, slots=True)
class AddTable(DocumentEdit):
    """Adds a table of strings at the end of a TOML file, where the keys lead to nothing yet.

    Attributes:
        entries: Its keys and values, in order.
    """

    entries: tuple[tuple[str, str], ...]

    def change_data(self, outer: Any) -> None:
        if self.keys[-1] in outer:
            raise EditError(f"there is a {'.'.join(self.keys)} already")
        outer[self.keys[-1]] = dict(self.entries)


def apply_to_document(source: Source, edits: Sequence[Edit]) -> str | Fault:
    """The text of a document after edits of it, which means what they say and nothing else.

    Returns:
        The whole new text, or a Fault where an edit cannot be made or is not what was meant.
    """
    rest = [edit for edit in dict.fromkeys(edits) if not isinstance(edit, ReplaceLine)]
    try:
        text = replaced(source.text, [edit for edit in edits if isinstance(edit, ReplaceLine)])
        if not rest and not format_of(source.path):
            return text
        expected = copy.deepcopy(parsed(source.path, text))
        for edit in rest:
            if not isinstance(edit, DocumentEdit):
                raise EditError("the edit is one of Python code")
            edit.change_data(_holder(expected, edit.keys))
            text = _changed(source.path, text, edit)
        if parsed(source.path, text) != expected:
            return Fault(source.path, 0, "the rewritten file does not say what was meant")
    except EditError as error:
        return Fault(source.path, error.line, error.reason)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Fault(source.path, 0, f"cannot be rewritten: {error}")
    return text


def _holder(data: Any, keys: Sequence[str]) -> Any:
    """The mapping that holds what the last of the keys leads to; made where it is missing."""
    for key in keys[:-1]:
        data = data.setdefault(key, {})
    return data


def _changed(path: str, text: str, edit: DocumentEdit) -> str:
    if format_of(path) == "toml":
        from . import _toml

        match edit:
            case AppendText():
                return _toml.append(text, edit.keys, edit.text)
            case RemoveText():
                return _toml.remove(text, edit.keys, edit.text)
            case ReplaceText():
                return _toml.replace(text, edit.keys, edit.value)
            case AddTable():
                return _toml.add_table(text, edit.keys, edit.entries)
    else:
        from . import _splice, _spots

        spot = _spots.find(path, text, edit.keys)
        match edit:
            case AppendText():
                return _splice.append(text, spot, edit.text)
            case RemoveText():
                return _splice.remove(text, spot, edit.text)
            case ReplaceText():
                return _splice.replace(text, spot, edit.value)
    raise EditError("this cannot be done in a file of this format")
