"""What the lock files of Poetry, uv and PDM, and pylock.toml, say.

They can hold a megabyte, and only a handful of their packages matter. Tools write them in one
regular layout, one key a line, so they are scanned instead of parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .mentions import PACKAGES, Mention, Trust, garbled, line_at, normalised
from .version_range import Range, exactly, from_poetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .texts import Texts

# Each pattern begins with a line end, and the text gets one in front: a literal prefix is searched
# for many times faster than the start of a line.
_PACKAGE_NAME = re.compile(r"\nname[ \t]*=[ \t]*[\"']([\w.-]+)[\"']")
_PACKAGE_VERSION = re.compile(r"\nversion[ \t]*=[ \t]*[\"']([^\"'\n]+)[\"']")
_PACKAGE_HEADER = re.compile(r"\n\[\[packages?\]\]")
_METADATA = re.compile(r"\n\[\[?metadata(?:\.targets)?\]")
_PYTHON = re.compile(
    r"\n(?:requires-python|requires_python|python-versions)[ \t]*=[ \t]*[\"']([^\"'\n]*)[\"']"
)
_MEMBER = re.compile(r"\nsource = \{ (?:editable|virtual) = \"([^\"\n]+)\" \}")
_CONFLICT_MARKS = ("\n<<<<<<<", "\n>>>>>>>")


def read_toml_lock(texts: Texts, path: str) -> list[Mention]:
    """The packages of poetry.lock, uv.lock, pdm.lock or pylock.toml, one mention for each entry."""
    text = texts.read(path)
    if text is None:
        return garbled(path, texts.salvage(path), Trust.LOCK)
    if _broken(texts, path, text):
        return garbled(path, text, Trust.LOCK)
    lines = "\n" + text
    return [*_locked(path, lines), *_locked_python(path, lines)]


def workspace_members(texts: Texts, path: str) -> frozenset[str]:
    """The directories, relative to that of the uv.lock, whose projects share the lock file."""
    return frozenset(_MEMBER.findall(texts.read(path) or ""))


def _locked(path: str, text: str) -> Iterator[Mention]:
    for match in _PACKAGE_NAME.finditer(text):
        name = normalised(match[1])
        if name not in PACKAGES:
            continue
        header = max(text.rfind("\n[", 0, match.start()), 0)
        if not _PACKAGE_HEADER.match(text, header):
            continue
        end = text.find("\n[", match.end())
        version = _PACKAGE_VERSION.search(text, header, end if end >= 0 else len(text))
        allowed = exactly(version[1]) if version else Range()
        line = line_at(text, match.start())
        yield Mention(name, allowed, path, line, Trust.LOCK, declared=False)


def _locked_python(path: str, text: str) -> Iterator[Mention]:
    """Python's versions: at the top (uv, pylock) or in the metadata (Poetry, PDM)."""
    first = _PACKAGE_HEADER.search(text)
    blocks = [(0, first.start() if first else len(text))]
    for header in _METADATA.finditer(text):
        end = text.find("\n[", header.end())
        blocks.append((header.end(), end if end >= 0 else len(text)))
    for start, end in blocks:
        for match in _PYTHON.finditer(text, start, end):
            line = line_at(text, match.start())
            allowed = from_poetry(match[1])
            yield Mention("python", allowed, path, line, Trust.HINT, declared=False)
            break


def _broken(texts: Texts, path: str, text: str) -> bool:
    """Whether the scan cannot be relied on; keeps the fault."""
    lines = "\n" + text
    for mark in _CONFLICT_MARKS:
        offset = lines.find(mark)
        if offset >= 0:
            texts.blame(path, line_at(lines, offset), "holds an unresolved merge conflict")
            return True
    if _PACKAGE_HEADER.search(lines):
        return False
    return texts.toml(path) is None
