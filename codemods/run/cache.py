"""What earlier runs worked out, kept for as long as nothing that it rests on has changed.

Two things are kept for each project root, in the user's cache folder: the facts of each file, by
the file's content, and whole plans, by the content of everything that a plan is a function of:
every Python file of the selection, every manifest and script beside them, the request, and the tool
itself. Of a script, its size and its time of change stand for its content.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..project.scripts import scripts
from ..source import Fault
from .reader import Reader

if TYPE_CHECKING:
    from ..project.facts import FileFacts
    from .changes import Plan
    from .files import Selection
    from .request import Request

_KEPT_PLANS = 8
_MANIFEST = re.compile(
    r"(?:pyproject\.toml|setup\.(?:cfg|py)|Pipfile|aerich\.ini|\.python-version|pylock.*\.toml"
    r"|.*\.lock|.*requirements.*|.*constraints.*|tox\.ini)\Z"
)
_MANIFEST_FOLDER = re.compile(r"requirements\Z")


class Cache:
    """The cache of one request.

    Args:
        request: What the run is asked for.
        selection: The files that it looks at.
        wanted: Those of them that it may report on and change.

    Attributes:
        reader: Has read the files in order to tell whether they changed; the run goes on with it.
    """

    def __init__(self, request: Request, selection: Selection, wanted: frozenset[str]) -> None:
        self.reader = Reader(selection.root)
        self._folder = _cache_folder() / _digest(os.fsencode(selection.root))[:24]
        self._digests = {path: self._content(path) for path in selection.files}
        everything = (
            _tool(),
            repr(
                (
                    request.settings,
                    request.find_only,
                    request.paths,
                    selection.large,
                    selection.skipped,
                    sorted(wanted),
                )
            ),
            sorted(self._digests.items()),
            sorted(_manifests(selection)),
            list(scripts(selection.root, selection.files)),
        )
        self._key = _digest(repr(everything).encode("utf-8", "surrogateescape"))

    def plan(self) -> Plan | None:
        """The plan of an earlier run of the same request on the same files."""
        from .changes import Plan

        found = _load(self._folder / f"plan-{self._key}")
        if not isinstance(found, tuple) or len(found) != 2 or not isinstance(found[0], Plan):
            return None
        made, manifests = found
        root = self.reader.root
        current = {path: _digest_of_file(f"{root}/{path}") for path in manifests}
        return made if current == manifests else None

    def keep(self, made: Plan, manifests: tuple[str, ...]) -> None:
        """Keep a plan, which rests on these further files."""
        root = self.reader.root
        digests = {path: _digest_of_file(f"{root}/{path}") for path in manifests}
        _store(self._folder / f"plan-{self._key}", (made, digests))
        with suppress(OSError):
            plans = sorted(self._folder.glob("plan-*"), key=_age)
            for old in plans[_KEPT_PLANS:]:
                old.unlink(missing_ok=True)

    def facts(self) -> dict[str, FileFacts]:
        """The facts of the files whose content is as it was."""
        found = _load(self._folder / f"facts-{_digest(_tool().encode())[:16]}")
        if not isinstance(found, dict):
            return {}
        return {path: f for path, (digest, f) in found.items() if self._digests.get(path) == digest}

    def keep_facts(self, facts: dict[str, FileFacts]) -> None:
        """Keep facts for later runs."""
        kept = {
            path: (self._digests[path], f) for path, f in facts.items() if path in self._digests
        }
        _store(self._folder / f"facts-{_digest(_tool().encode())[:16]}", kept)

    def _content(self, path: str) -> str:
        data = self.reader(path)
        return str(data) if isinstance(data, Fault) else _digest(data)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _digest_of_file(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (a hot loop)
            return _digest(file.read())
    except OSError:
        return ""


def _tool() -> str:
    """What identifies this tool: its own files and the interpreter."""
    top = Path(__file__).resolve().parents[2]
    sources = sorted((top / "codemods").glob("**/*.py"))
    stamps = [(str(p), s.st_mtime_ns, s.st_size) for p in sources for s in (p.stat(),)]
    return repr((sys.version_info[:3], stamps))


def _manifests(selection: Selection) -> list[tuple[str, str]]:
    """The manifests in and above the folders of the files, with their digests."""
    folders = {""}
    for path in selection.files:
        folder = path.rpartition("/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    found = []
    for folder in folders:
        try:
            names = os.listdir(f"{selection.root}/{folder}")  # noqa: PTH208
        except OSError:
            continue
        prefix = f"{folder}/" if folder else ""
        for name in names:
            if _MANIFEST_FOLDER.match(name):
                found.extend(_texts_in(selection.root, prefix + name))
            elif _MANIFEST.match(name) and not name.endswith(".pyc"):
                digest = _digest_of_file(f"{selection.root}/{prefix}{name}")
                found.append((prefix + name, digest))
    return found


def _texts_in(root: Path, folder: str) -> list[tuple[str, str]]:
    names = sorted(path.name for path in (root / folder).glob("*.txt"))
    return [(f"{folder}/{name}", _digest_of_file(f"{root}/{folder}/{name}")) for name in names]


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(base or os.path.expanduser("~/.cache")) / "tortoise-fix"  # noqa: PTH111 (never raises)


def _load(path: Path) -> Any:
    """What was kept at a path; None for anything that cannot be read, whatever the reason."""
    try:
        return pickle.loads(path.read_bytes())
    except Exception:  # a pickle of another version, or a damaged one, can raise anything
        return None


def _store(path: Path, value: object) -> None:
    """Keep a value; a cache that cannot be written is no reason to fail."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
        temporary.replace(path)
    except (OSError, RecursionError):
        with suppress(OSError):
            temporary.unlink()


def _age(path: Path) -> int:
    try:
        return -path.stat().st_mtime_ns
    except OSError:
        return 0
