"""One place where a file of the project says which versions of a package it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from .version_range import Range, from_pep440

#: The packages whose version some rule depends on.
PACKAGES = frozenset({"tortoise-orm", "aerich", "fastapi", "starlette", "pydantic"})

_NAME = re.compile(
    r"(?<![\w.-])(tortoise[-_.]+orm|aerich|fastapi|starlette|pydantic)(?![\w]|[.-]\w)",
    re.IGNORECASE,
)
_LEADING_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_REQUIREMENT = re.compile(
    r"\s*[\w.-]+\s*(?:\[[^\]]*\]\s*)?"
    r"(?:@\s*(?P<url>\S+)(?:\s+|$)|\((?P<inside>[^;()]*)\)\s*|(?P<versions>[<>=!~][^;()]*)?)"
    r"(?:;(?P<marker>.*))?",
    re.DOTALL,
)
_EXTRA = re.compile(r"\bextra\b")
_EGG = re.compile(r"[#&]egg=([\w.-]+)")
_PRODUCTION = frozenset(
    {"", "app", "base", "common", "core", "default", "deploy", "main", "prod", "production"}
    | {"req", "reqs", "requirement", "requirements", "runtime"}
)


class Trust(IntEnum):
    """Which kind of source is believed first."""

    LOCK = 0  #: a lock file
    PINNED = 1  #: an exact version in a requirements file
    PYPROJECT = 2  #: pyproject.toml or Pipfile
    REQUIREMENTS = 3  #: a range in a requirements file
    SETUP_CFG = 4
    SETUP_PY = 5
    HINT = 6  #: what only suggests a version of Python


@dataclass(frozen=True, slots=True)
class Mention:
    """One place that names a package.

    Attributes:
        name: The normalised name of the package, or ``python``.
        allowed: The versions that the place allows.
        path: POSIX path of the file, relative to the project root.
        line: The line of the entry, from 1; 0 when it was not found.
        trust: The kind of source.
        runtime: Whether it is a dependency of the running program in every installation.
        declared: Whether a person wrote it, as opposed to a lock file.
        preferred: Whether it speaks before the other mentions of its kind.
    """

    name: str
    allowed: Range
    path: str
    line: int
    trust: Trust
    runtime: bool = False
    declared: bool = True
    preferred: bool = False

    @property
    def source(self) -> str:
        """``path:line``, or the path alone when the line is not known."""
        return f"{self.path}:{self.line}" if self.line else self.path


def normalised(name: str) -> str:
    """The name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_production(name: str) -> bool:
    """Whether a group or a requirements file of this name is installed wherever the program runs.

    Only names that say so count, since extras and groups are left out by default.
    """
    return all(word in _PRODUCTION for word in re.split(r"[^a-z0-9]+", name.lower()))


@dataclass(frozen=True, slots=True)
class Requirement:
    """A PEP 508 requirement for one of the packages that matter.

    Attributes:
        name: The normalised name.
        allowed: The versions that it allows; nothing is known of a direct reference.
        always: Whether it holds without asking for an extra.
    """

    name: str
    allowed: Range
    always: bool


def requirement(text: str) -> Requirement | None:
    """The requirement in ``text`` if it is about one of ``PACKAGES``.

    A text that names such a package and is otherwise malformed gives one of unknown version.
    """
    name = _name_of(text)
    if name not in PACKAGES:
        return None
    match = _REQUIREMENT.fullmatch(text)
    if not match:
        return Requirement(name, Range(), always=False)
    always = not _EXTRA.search(match["marker"] or "")
    if match["url"]:
        return Requirement(name, Range(text=f"@ {match['url']}"), always)
    return Requirement(name, from_pep440(match["versions"] or match["inside"] or ""), always)


def garbled(path: str, text: str, trust: Trust) -> list[Mention]:
    """What can be said of a file that cannot be parsed: it names these, in unknown versions."""
    found: dict[str, Mention] = {}
    for match in _NAME.finditer(text):
        name = normalised(match[1])
        line = line_at(text, match.start())
        found.setdefault(name, Mention(name, Range(), path, line, trust, declared=False))
    return list(found.values())


def line_at(text: str, offset: int) -> int:
    """The line, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1


def line_of(text: str, needle: str, start: int = 0) -> int:
    """The first line from offset ``start`` on that holds ``needle`` outside a comment; else 0."""
    pattern = re.compile(rf"^[^#\n]*?{re.escape(needle)}", re.MULTILINE)
    match = pattern.search(text, start)
    return line_at(text, match.end()) if match else 0


def _name_of(text: str) -> str:
    match = _LEADING_NAME.match(text)
    if match and "://" not in text.split("@")[0]:
        return normalised(match[1].rstrip("-_."))
    egg = _EGG.search(text)
    return normalised(egg[1]) if egg else ""
