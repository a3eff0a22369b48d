"""The originals of what a run changed, kept so that ``undo`` can bring them back.

A journal is one file, in the repository's git folder or else among the user's state files, never in
the work tree. It is a line that names the format, then one record a file: a JSON line and the
original bytes. A record is on the disk before its file is written, so that whatever stops a run,
each file is wholly old or wholly new and the journal tells which. A finished run discards the
journals of finished runs before it; that of an interrupted run stays until it is undone.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..source import Fault
from . import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC = b"tortoise-fix journal 1\n"
_OPEN, _DONE, _NEXT = ".open", ".done", ".next"


class Entry(NamedTuple):
    """One record: a file as it was, and the SHA-256 of what the run made of it, in hexadecimal."""

    path: str
    old: bytes
    new_sha256: str
    mode: int


class Refusal(NamedTuple):
    """A file that ``undo`` left alone, with a reason that completes "was not restored: ..."."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What ``undo`` did; all empty when there was nothing to undo.

    Attributes:
        restored: The files that are again as they were before the run.
        refused: The files that were edited or removed since; the journal still has them.
        faults: What went wrong; the journal still has the files that these name.
    """

    restored: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    faults: tuple[Fault, ...] = ()


class Journal:
    """The journal of the run in progress. Nothing is created before the first ``add``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file: Path | None = None
        self._descriptor = -1
        self._broken: Fault | None = None

    @classmethod
    def begin(cls, root: Path) -> Journal:
        """A journal for a run on this project, after clearing up behind runs that were killed."""
        for file in _journals(root):
            if file.suffix == _OPEN:
                _clear_up(root, file)
        return cls(root)

    def add(self, path: str, old: bytes, new: bytes) -> Fault | None:
        """Record a file before it is written; it must not be written if this returns a Fault.

        Args:
            path: The file, relative to the project root.
            old: Its content now.
            new: The content that it will get.
        """
        try:
            if self._file is None:
                self._create()
            mode = os.stat(f"{os.fspath(self._root)}/{path}").st_mode & 0o7777  # noqa: PTH116
            entry = Entry(path, old, hashlib.sha256(new).hexdigest(), mode)
            return self._broken or self._append(entry)
        except OSError as error:
            return _unwritable(path, error)

    def _create(self) -> None:
        """Create the journal in the first place where that works. Raises OSError."""
        number = max([time.time_ns(), *(int(file.stem) + 1 for file in _journals(self._root))])
        refused: OSError | None = None
        for home in _homes(self._root):
            file = home / f"{number:020d}{_OPEN}"
            try:
                home.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._descriptor = _new_journal(file)
            except OSError as error:
                refused = refused or error
            else:
                self._file = file
                return
        raise refused or OSError("there is no folder for it")

    def _append(self, entry: Entry) -> Fault | None:
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            write.write_all(self._descriptor, _record(entry))
            os.fsync(self._descriptor)
        except OSError as error:
            fault = _unwritable(entry.path, error)
            try:
                os.ftruncate(self._descriptor, end)
            except OSError:
                # Half a record ends what can be read back, so nothing may be added after it.
                self._broken = fault
            return fault
        return None

    def finish(self) -> Fault | None:
        """Close the journal: from now on ``undo`` means this run. May be called more than once.

        A run that in the end changed no file leaves the journal of the run before it in force.
        """
        if self._file is None:
            return None
        file, self._file = self._file, None
        try:
            if all(_is_old(self._root, entry) for entry in _entries(file)):
                file.unlink()
            else:
                done = file.rename(file.with_suffix(_DONE))
                write.sync_folder(str(done.parent))
                self._discard_before(done)
        except OSError as error:
            reason = f"the journal for undo could not be closed: {error.strerror}"
            return Fault(str(file), 0, reason)
        finally:
            os.close(self._descriptor)
        return None

    def _discard_before(self, done: Path) -> None:
        for file in _journals(self._root):
            if file.suffix == _DONE and file.stem < done.stem:
                file.unlink()


def undo(root: Path) -> UndoReport:
    """Bring back the files that the last run changed, except those that were edited since.

    After an interrupted run it brings back what had been written. The last run comes first; a run
    before it that was interrupted is undone by calling again.
    """
    for file in reversed(_journals(root)):
        try:
            with file.open("rb+") as held:
                if not _lock(held.fileno()):
                    fault = Fault(str(file), 0, "belongs to a run that is still in progress")
                    return UndoReport(faults=(fault,))
                report = _undo(root, file)
        except OSError as error:
            fault = Fault(str(file), 0, f"the journal cannot be used: {error.strerror}")
            return UndoReport(faults=(fault,))
        if report != UndoReport():
            return report
    return UndoReport()


def _undo(root: Path, file: Path) -> UndoReport:
    """Restore the files of one journal and keep of it what could not be restored."""
    entries = list(_entries(file))
    restored: list[str] = []
    refused: list[Refusal] = []
    faults: list[Fault] = []
    kept: list[Entry] = []
    write.sweep(root, [entry.path for entry in entries])
    for entry in reversed(entries):
        outcome = _restore(root, entry)
        if isinstance(outcome, Refusal):
            refused.append(outcome)
        elif isinstance(outcome, Fault):
            faults.append(outcome)
        elif outcome:
            restored.append(entry.path)
        if isinstance(outcome, (Refusal, Fault)):
            kept.insert(0, entry)
    _keep(file, kept)
    return UndoReport(tuple(sorted(set(restored))), tuple(sorted(set(refused))), tuple(faults))


def _restore(root: Path, entry: Entry) -> Refusal | Fault | bool:
    """Whether the file had been changed by the run and is now restored, or why it is not."""
    full = Path(f"{os.fspath(root)}/{entry.path}")
    try:
        now = full.read_bytes()
        if now == entry.old:
            return False
        if hashlib.sha256(now).hexdigest() != entry.new_sha256:
            return Refusal(entry.path, "it was edited since")
        fault = write.replace(root, entry.path, now, entry.old)
        if fault is None and full.stat().st_mode & 0o7777 != entry.mode:
            full.chmod(entry.mode)
    except FileNotFoundError:
        return Refusal(entry.path, "it no longer exists")
    except OSError as error:
        return Fault(entry.path, 0, f"was not restored: {error.strerror}")
    return fault or True


def _keep(file: Path, entries: Iterable[Entry]) -> None:
    """Reduce a journal to these entries; with none of them it goes. Raises OSError."""
    records = [_record(entry) for entry in entries]
    if not records:
        file.unlink()
        return
    following = file.with_suffix(_NEXT)
    descriptor = os.open(following, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write.write_all(descriptor, _MAGIC + b"".join(records))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    following.replace(file)
    write.sync_folder(str(file.parent))


def _record(entry: Entry) -> bytes:
    import json

    head = {
        "path": entry.path,
        "size": len(entry.old),
        "old": hashlib.sha256(entry.old).hexdigest(),
        "new": entry.new_sha256,
        "mode": entry.mode,
    }
    return json.dumps(head).encode("ascii") + b"\n" + entry.old + b"\n"


def _entries(file: Path) -> Iterator[Entry]:
    """The whole records of a journal; one cut short by a crash ends it. Raises OSError."""
    import json

    with file.open("rb") as stream:
        if stream.readline() != _MAGIC:
            return
        while line := stream.readline():
            try:
                head = json.loads(line)
                old, sha256 = stream.read(head["size"]), head["old"]
                entry = Entry(head["path"], old, head["new"], head["mode"])
            except (ValueError, KeyError, TypeError):
                return
            if stream.read(1) != b"\n" or hashlib.sha256(old).hexdigest() != sha256:
                return
            yield entry


def _clear_up(root: Path, file: Path) -> None:
    """Remove what a killed run left half-written, and its journal if that is empty."""
    with suppress(OSError), file.open("rb+") as held:
        if not _lock(held.fileno()):
            return
        paths = [entry.path for entry in _entries(file)]
        write.sweep(root, paths)
        if not paths:
            file.unlink()


def _new_journal(file: Path) -> int:
    """The descriptor of a new journal, locked and without records. Raises OSError."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _lock(descriptor)
        write.write_all(descriptor, _MAGIC)
        write.sync_folder(str(file.parent))
    except OSError:
        os.close(descriptor)
        with suppress(OSError):
            file.unlink()
        raise
    return descriptor


def _is_old(root: Path, entry: Entry) -> bool:
    try:
        return Path(f"{os.fspath(root)}/{entry.path}").read_bytes() == entry.old
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or the process ends; False when another one has it."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True  # without locks, two runs at a time on one project are the user's affair
    return True


def _journals(root: Path) -> list[Path]:
    """The journals of a project, the oldest first."""
    found = [file for home in _homes(root) for file in _listed(home)]
    return sorted(found, key=lambda file: file.stem)


def _listed(home: Path) -> list[Path]:
    with suppress(OSError):
        return [f for f in home.iterdir() if f.suffix in (_OPEN, _DONE) and f.stem.isdecimal()]
    return []


def _homes(root: Path) -> list[Path]:
    """Where journals of a project may lie, the preferred place first."""
    top = os.path.realpath(root)
    key = hashlib.sha256(os.fsencode(top)).hexdigest()[:24]
    places = [state / "tortoise-fix" / key for state in _state_folders()]
    git = _git_folder(Path(top))
    return [git / "tortoise-fix", *places] if git else places


def _state_folders() -> list[Path]:
    state = os.environ.get("XDG_STATE_HOME", "")
    if Path(state).is_absolute():  # the specification has other values ignored
        return [Path(state)]
    try:
        return [Path.home() / ".local" / "state"]
    except RuntimeError:
        return []  # this user has no home


def _git_folder(top: Path) -> Path | None:
    """The git folder of a root, which in a linked work tree or a submodule lies elsewhere."""
    git = top / ".git"
    with suppress(OSError):
        if git.is_dir():
            return git
        text = os.fsdecode(git.read_bytes())
        linked = top / text.removeprefix("gitdir:").strip()
        if text.startswith("gitdir:") and linked.is_dir():
            return linked
    return None


def _unwritable(path: str, error: OSError) -> Fault:
    reason = f"was not written: its original cannot be kept for undo: {error.strerror or error}"
    return Fault(path, 0, reason)
