"""Putting new content into a file so that at every moment the file is wholly old or wholly new."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PREFIX, _SUFFIX = ".tortoise-fix-", ".tmp"
_BINARY = getattr(os, "O_BINARY", 0)


def replace(root: Path, path: str, old: bytes, new: bytes) -> Fault | None:
    """Replace the content ``old`` of a file by ``new``; None when that was done.

    The new content goes into a hidden file beside it, which then takes its place. Permissions are
    kept, and the owner where the system allows it. A symbolic link stays and its target inside the
    root is replaced. Further hard links to the file keep the old content, so that a package cache
    or a second checkout is not changed behind its back.

    An edit that is saved in the instant between the last look at the file and the rename is lost:
    no call that every system has would keep both.

    Returns a Fault, with the file as it was, when its content is not ``old``, when it is read-only
    or no regular file, when it lies outside of ``root``, and when the system refuses a step.
    """
    real = os.path.realpath(f"{os.fspath(root)}/{path}")
    top = os.path.realpath(root)
    if not real.startswith(top.rstrip(os.sep) + os.sep):
        return Fault(path, 0, "was not written: it leads out of the project")
    try:
        return _replace(path, real, old, new)
    except OSError as error:
        reason = error.strerror or str(error)
        return Fault(path, 0, f"was not written: {reason[:1].lower()}{reason[1:]}")


def _replace(path: str, real: str, old: bytes, new: bytes) -> Fault | None:
    before = os.lstat(real)
    if not stat.S_ISREG(before.st_mode):
        return Fault(path, 0, "was not written: it is no longer a regular file")
    # The bits are looked at too, because they do not stop the superuser.
    if not before.st_mode & 0o222 or not os.access(real, os.W_OK):
        return Fault(path, 0, "was not written: it is read-only")
    if _read(real) != old:
        return Fault(path, 0, "was not written: it was edited during the run", "run again")
    temporary = f"{_folder(real)}/{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{_SUFFIX}"
    try:
        _fill(temporary, before, new)
        if _identity(os.lstat(real)) != _identity(before):
            os.unlink(temporary)  # noqa: PTH108
            return Fault(path, 0, "was not written: it was edited during the run", "run again")
        os.replace(temporary, real)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
    sync_folder(_folder(real))
    return None


def _fill(temporary: str, like: os.stat_result, content: bytes) -> None:
    """Create the temporary file, with the owner and the permissions of the one it stands in for."""
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        write_all(descriptor, content)
        made = os.fstat(descriptor)
        if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
            with suppress(OSError):
                os.chown(temporary, like.st_uid, like.st_gid)
        os.chmod(temporary, stat.S_IMODE(like.st_mode))  # noqa: PTH101
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of ``content`` to an open file. Raises OSError."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: str) -> None:
    """Make a rename in a folder durable, as far as the file system knows how to."""
    # By now the rename has happened: a failure here must not be told as if it had not.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(root: Path, paths: Iterable[str]) -> None:
    """Remove what a run that was killed while it replaced these files left beside them."""
    for folder in {_folder(os.path.realpath(f"{os.fspath(root)}/{path}")) for path in paths}:
        with suppress(OSError):
            for name in os.listdir(folder):  # noqa: PTH208
                if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                    os.unlink(f"{folder}/{name}")  # noqa: PTH108


def _folder(real: str) -> str:
    return real.rpartition(os.sep)[0] or os.sep


def _read(real: str) -> bytes:
    with open(real, "rb") as file:  # noqa: PTH123
        return file.read()


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode
