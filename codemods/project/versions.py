"""Which versions of Tortoise ORM and its companions a project uses, and where that is written.

A repository may hold several projects. A file belongs to the nearest directory above it whose
manifests name tortoise-orm.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .lockfiles import read_toml_lock, workspace_members
from .mentions import PACKAGES, Mention, Trust
from .pipfile import read_pipfile, read_pipfile_lock
from .pyproject import read_pyproject
from .python_version import read_python_version
from .requirements import read_requirements, requirements_files
from .setuptools_config import read_setup_cfg, read_setup_py
from .texts import Texts
from .version_range import Range, hull, meet, series, version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ..source import Fault

_READERS = (
    ("poetry.lock", read_toml_lock),
    ("uv.lock", read_toml_lock),
    ("pdm.lock", read_toml_lock),
    ("pylock.toml", read_toml_lock),
    ("Pipfile.lock", read_pipfile_lock),
    ("pyproject.toml", read_pyproject),
    ("Pipfile", read_pipfile),
    ("setup.cfg", read_setup_cfg),
    ("setup.py", read_setup_py),
    (".python-version", read_python_version),
)
_TORTOISE = "tortoise-orm"
_TARGET_SOURCE = "target-version"


@dataclass(frozen=True, slots=True)
class Pin:
    """What is known of the version of one package.

    Attributes:
        name: The normalised name, or ``python``.
        lower: The lowest version that may be installed; empty when not known.
        upper: The first version that may not be installed; empty when not known.
        exact: The version, where only one may be installed; else empty.
        source: ``path:line`` of the entry, relative to the project root; empty when there is none.
        runtime: Whether it is declared as a dependency that every installation has, as opposed to
            one in an optional extra or a group for development.
        declared: Whether a person wrote it down; a lock file alone also lists what others need.
        text: The versions as the source writes them.
        disputed: ``path:line`` of an entry that contradicts ``source``; the bounds hold both.
        replaced: What the project itself says, where the user named another version.
    """

    name: str
    lower: str = ""
    upper: str = ""
    exact: str = ""
    source: str = ""
    runtime: bool = False
    declared: bool = False
    text: str = ""
    disputed: str = ""
    replaced: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """The path and the line (0 when not known) of ``source``."""
        path, _, line = self.source.rpartition(":")
        return (path, int(line)) if path and line.isdecimal() else (self.source, 0)

    def at_least(self, wanted: str) -> bool | None:
        """Whether every allowed version is ``wanted`` or newer (True) or older (False).

        None when neither is proven. Raises ValueError when ``wanted`` is not a version.
        """
        if self.lower and version(self.lower) >= version(wanted):
            return True
        if self.upper and version(self.upper) <= version(wanted):
            return False
        return None

    def __str__(self) -> str:
        if not self.source:
            return f"{self.name}, version unknown"
        said = self.exact or self.text or "of any version"
        but = f", but {self.disputed} disagrees" if self.disputed else ""
        but += f", in place of {self.replaced}" if self.replaced else ""
        return f"{self.name} {said} ({self.source}{but})"


@dataclass(frozen=True, slots=True)
class Versions:
    """What one project says about the packages that rules depend on.

    Attributes:
        pins: One for each package that it names, in order of name.
        python: The versions of Python that it supports.
        directory: Its directory, relative to the root; ``.`` for the root itself.
    """

    pins: tuple[Pin, ...] = ()
    python: Pin = field(default_factory=lambda: Pin("python"))
    directory: str = "."

    def get(self, name: str) -> Pin | None:
        """What is known of a package, by its normalised name, or of ``python``."""
        if name == "python":
            return self.python if self.python.source else None
        return next((pin for pin in self.pins if pin.name == name), None)

    def at_least(self, name: str, wanted: str) -> bool | None:
        """Whether every allowed version is ``wanted`` or newer (True) or older (False).

        None when neither is proven, and for a package that the project does not name. Raises
        ValueError when ``wanted`` is not a version.
        """
        pin = self.get(name)
        return pin.at_least(wanted) if pin else None

    def describe(self) -> str:
        """One line of all that was found and where, tortoise-orm first."""
        pins = sorted(self.pins, key=lambda pin: pin.name != _TORTOISE)
        if not self.get(_TORTOISE):
            pins.insert(0, Pin(_TORTOISE))
        if self.python.source:
            pins.append(self.python)
        return ", ".join(map(str, pins))


class VersionFinder:
    """Finds the versions of any number of files, reading each manifest once.

    Args:
        root: The project root; nothing above it is read.
        target: The version of tortoise-orm that the user named, or an empty string. ``1.1`` stands
            for all of 1.1.
        read: Gives the bytes of a file, if not as they are on disk.
    """

    def __init__(
        self, root: Path, target: str = "", read: Callable[[str], bytes | Fault] | None = None
    ) -> None:
        self._texts = Texts(root, read)
        self._target = self._target_range(target)
        self._mentions: dict[str, tuple[Mention, ...]] = {}
        self._projects: dict[str, Versions] = {}
        self._versions: dict[str, Versions] = {}

    def for_file(self, path: str) -> Versions:
        """The versions of a file, by its POSIX path relative to the root."""
        return self.for_directory(posixpath.dirname(path) or ".")

    def for_directory(self, directory: str) -> Versions:
        """The versions of the files of a directory, by its POSIX path relative to the root."""
        found = self._versions.get(directory)
        if found is None:
            found = self._versions[directory] = self._find(posixpath.normpath(directory))
        return found

    def mentions(self, directory: str) -> tuple[Mention, ...]:
        """All that the manifests of the project of a directory say of its packages."""
        home = self.for_directory(directory).directory
        return (*self._of(home), *self._shared_lock(home))

    def files(self) -> tuple[str, ...]:
        """The manifests that were read so far, relative to the root, in order."""
        return self._texts.files

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What could not be read or understood so far."""
        return tuple(self._texts.faults)

    def _find(self, directory: str) -> Versions:
        """The versions of the project that a directory belongs to."""
        above = list(_upwards(directory))
        home = next((d for d in above if self._names(d, _TORTOISE)), None)
        home = home or next((d for d in above if self._names(d, *PACKAGES)), above[-1])
        if home not in self._projects:
            self._projects[home] = self._project(home)
        return self._projects[home]

    def _project(self, home: str) -> Versions:
        mentions = [*self._of(home), *self._shared_lock(home)]
        pins = [_pin(name, mentions) for name in sorted({m.name for m in mentions} - {"python"})]
        pythons = (d for d in _upwards(home) if self._names(d, "python"))
        python = _pin("python", self._of(next(pythons, home)))
        return Versions(tuple(self._targeted(pins)), python, home)

    def _names(self, directory: str, *names: str) -> bool:
        return any(mention.name in names for mention in self._of(directory))

    def _of(self, directory: str) -> tuple[Mention, ...]:
        """What the manifests of one directory mention."""
        if directory not in self._mentions:
            self._mentions[directory] = tuple(_read(self._texts, directory))
        return self._mentions[directory]

    def _shared_lock(self, home: str) -> Iterator[Mention]:
        """What the lock file of the workspace above says, when it lists this directory."""
        if any(mention.trust is Trust.LOCK for mention in self._of(home)):
            return
        for above in list(_upwards(home))[1:]:
            path = posixpath.normpath(posixpath.join(above, "uv.lock"))
            inside = posixpath.relpath(home, above)
            if self._texts.exists(path) and inside in workspace_members(self._texts, path):
                yield from (one for one in self._of(above) if one.path == path)
                return

    def _target_range(self, target: str) -> Range | None:
        try:
            return series(target) if target else None
        except ValueError:
            self._texts.blame(_TARGET_SOURCE, 0, f"{target!r} is not a version")
            return None

    def _targeted(self, pins: list[Pin]) -> Iterator[Pin]:
        """The pins with what the user said about tortoise-orm in place of what was found."""
        if self._target is None:
            yield from pins
            return
        found = next((pin for pin in pins if pin.name == _TORTOISE), Pin(_TORTOISE))
        instead = str(found).removeprefix(f"{_TORTOISE} ") if found.source else ""
        target = replace(found, source=_TARGET_SOURCE, disputed="", replaced=instead)
        yield _with(target, self._target)
        yield from (pin for pin in pins if pin.name != _TORTOISE)


def find_versions(
    root: Path, directory: str, target: str = ""
) -> tuple[Versions, tuple[Fault, ...]]:
    """The versions of the files of one directory, and what could not be read on the way.

    Args:
        root: The project root; nothing above it is read.
        directory: POSIX path relative to ``root``; ``.`` or nothing for the root itself.
        target: The version of tortoise-orm that the user named, or an empty string.
    """
    finder = VersionFinder(root, target)
    return finder.for_directory(directory or "."), finder.faults


def _upwards(directory: str) -> Iterator[str]:
    """A directory and all above it up to the root; the root alone for one outside of it."""
    if directory.startswith(("/", "..")):
        directory = "."
    while directory not in ("", "."):
        yield directory
        directory = posixpath.dirname(directory)
    yield "."


def _read(texts: Texts, directory: str) -> Iterator[Mention]:
    names = texts.names(directory)
    for name, reader in _READERS:
        if name in names:
            yield from reader(texts, posixpath.normpath(posixpath.join(directory, name)))
    for path in requirements_files(texts, directory, names):
        yield from read_requirements(texts, posixpath.normpath(path))


def _pin(name: str, mentions: Iterable[Mention]) -> Pin:
    """What the mentions of one package say together."""
    ours = [mention for mention in mentions if mention.name == name]
    if not ours:
        return Pin(name)
    speaking = _speaking(ours)
    first = min(speaking, key=lambda one: (not one.allowed.known, one.trust))
    allowed, disputed = _weighed(speaking)
    runtime = any(one.runtime for one in ours)
    declared = any(one.declared for one in ours)
    pin = Pin(name, "", "", "", first.source, runtime, declared, "", disputed)
    return _with(pin, allowed)


def _weighed(mentions: list[Mention]) -> tuple[Range, str]:
    """The versions that the mentions allow, and the source of one that the others exclude.

    The most trusted kind of source that says something is believed. Where another kind excludes
    that, one of the two is stale, and only what holds for both is known.
    """
    trusts = sorted({one.trust for one in mentions if one.allowed.known})
    if not trusts:
        return hull(one.allowed for one in mentions), ""
    allowed, disputed = hull(one.allowed for one in mentions if one.trust == trusts[0]), ""
    for trust in trusts[1:]:
        rest = [one for one in mentions if one.trust == trust]
        other = hull(one.allowed for one in rest)
        if meet(allowed, other) is None:
            allowed = hull((allowed, other))
            disputed = disputed or rest[0].source
    return allowed, disputed


def _speaking(mentions: list[Mention]) -> list[Mention]:
    """Those that count: optional and stray entries only where nothing better exists."""
    declared = [one for one in mentions if one.trust is not Trust.LOCK]
    running = [one for one in declared if one.runtime] or declared
    if any(one.preferred for one in running):
        in_files = (Trust.PINNED, Trust.REQUIREMENTS)
        running = [one for one in running if one.preferred or one.trust not in in_files]
    return [one for one in mentions if one.trust is Trust.LOCK] + running


def _with(pin: Pin, allowed: Range) -> Pin:
    return replace(
        pin, lower=allowed.lower, upper=allowed.upper, exact=allowed.exact, text=allowed.text
    )
