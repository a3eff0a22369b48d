"""What requirements files say: the lines of pip's format, with what they include."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .mentions import Mention, Requirement, Trust, garbled, is_production, requirement
from .version_range import hull, meet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .texts import Texts

_FILE = re.compile(r"(?:.*[-_.])?req(?:s|uirements?)?(?:[-_.\d].*)?\.txt", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTIONS = re.compile(r"\s--?[A-Za-z].*$")
_INCLUDE = re.compile(r"(?:-([rc])|--(requirement|constraint)(?=[\s=]))\s*=?\s*(.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+)")


def requirements_files(texts: Texts, directory: str, names: frozenset[str]) -> list[str]:
    """The requirements files of a directory, and those in its folder ``requirements``."""
    found = [posixpath.join(directory, name) for name in names if _FILE.fullmatch(name)]
    if "requirements" in names:
        folder = posixpath.join(directory, "requirements")
        inside = texts.names(folder)
        found += [posixpath.join(folder, name) for name in inside if name.endswith(".txt")]
    return sorted(found)


def read_requirements(texts: Texts, path: str) -> list[Mention]:
    """What a requirements file, with all that it includes, says of the packages that matter.

    A constraint says nothing by itself; it narrows the requirement of the same name.
    """
    required: list[Mention] = []
    constraints: list[Mention] = []
    stem = posixpath.basename(path)[: -len(".txt")]
    waiting, seen = [(path, False)], set()
    while waiting:
        current, constraint = waiting.pop()
        if (current, constraint) in seen:
            continue
        seen.add((current, constraint))
        (constraints if constraint else required).extend(_own(texts, current, is_production(stem)))
        for kind, included in _includes(texts, current):
            waiting.append((included, constraint or kind == "c"))
    preferred = stem.lower() == "requirements"
    return [replace(_narrowed(one, constraints), preferred=preferred) for one in required]


def _own(texts: Texts, path: str, runtime: bool) -> list[Mention]:
    """The requirements that the file itself holds."""
    text = texts.read(path)
    if text is None:
        return garbled(path, texts.salvage(path), Trust.REQUIREMENTS)
    found = []
    for line, entry in _logical_lines(text):
        one = _entry(entry)
        if one:
            trust = Trust.PINNED if one.allowed.exact else Trust.REQUIREMENTS
            always = runtime and one.always
            found.append(Mention(one.name, one.allowed, path, line, trust, always))
    return found


def _entry(entry: str) -> Requirement | None:
    editable = _EDITABLE.match(entry)
    if editable:
        return requirement(entry[editable.end() :])
    return None if entry.startswith("-") else requirement(_OPTIONS.sub("", entry))


def _includes(texts: Texts, path: str) -> Iterator[tuple[str, str]]:
    """The files that ``-r`` and ``-c`` name, with the letter; only those inside the project."""
    for line, entry in _logical_lines(texts.read(path) or ""):
        match = _INCLUDE.fullmatch(entry)
        if not match or "://" in match[3]:
            continue
        named = match[3].strip().strip("\"'").replace("\\", "/")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
        if not texts.exists(target):
            texts.blame(path, line, f"includes {named}, which is not a file of the project")
            continue
        yield (match[1] or match[2][0]), target


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers: continuations joined, comments and blank lines left out."""
    start, parts = 0, ""
    for number, raw in enumerate(text.split("\n"), 1):
        start = start if parts else number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            parts += raw[:-1]
            continue
        entry = _COMMENT.sub("", parts + raw).strip()
        parts = ""
        if entry:
            yield start, entry
    entry = _COMMENT.sub("", parts).strip()
    if entry:
        yield start, entry


def _narrowed(mention: Mention, constraints: list[Mention]) -> Mention:
    """The mention within the constraints of its name; their line when only they say a version."""
    ours = [one for one in constraints if one.name == mention.name]
    if not ours:
        return mention
    limit = hull(one.allowed for one in ours)
    allowed = meet(mention.allowed, limit) or hull((mention.allowed, limit))
    trust = Trust.PINNED if allowed.exact else mention.trust
    place = mention if mention.allowed.known else ours[0]
    return replace(mention, allowed=allowed, trust=trust, path=place.path, line=place.line)
