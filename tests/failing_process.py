"""The process that ``failing_system.System`` starts: it runs each command in a child of its own.

Python tells of most calls of the system in audit events; of the others by standing in for them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from failing_system import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate")
_LOOKS = ("os.listdir", "os.scandir", "fcntl.flock")
_MOST_SECONDS = 60.0


def serve(sandbox: Path) -> None:
    """Answer requests until there are no more."""
    _import_all(sandbox)
    for line in sys.stdin:
        request = json.loads(line)
        failure = Failure(**request["failure"]) if request["failure"] else None
        (sandbox / "hit").write_text("")
        child = os.fork()
        if child == 0:
            _run(sandbox, request["command"], failure)
        if failure and failure.traced:
            print(child, flush=True)
        status = os.waitstatus_to_exitcode(_wait(child))
        texts = [(sandbox / name).read_text() for name in ("hit", "out", "err")]
        print(json.dumps([status, *texts]), flush=True)


def _import_all(sandbox: Path) -> None:
    """Carry out one run, so that no child has to read the tool's own files."""
    from tortoise_fix.cli import main

    warm = sandbox / "warm"
    shutil.copytree(sandbox / "project", warm, symlinks=True)
    with (sandbox / "out").open("w") as out:
        shown, sys.stdout = sys.stdout, out
        with suppress(SystemExit):
            main(["apply", "--jobs", "1", "--allow-dirty", "--no-cache", str(warm)])
        with suppress(SystemExit):
            main(["undo", str(warm)])
        sys.stdout = shown
    for left in (warm, sandbox / "state", sandbox / "cache"):
        shutil.rmtree(left, ignore_errors=True)


def _wait(child: int) -> int:
    until = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _run(sandbox: Path, command: list[str], failure: Failure | None) -> NoReturn:
    """The child: run the command and end."""
    from tortoise_fix.cli import main

    status = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(sandbox / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.chdir(sandbox / "project")
        _prepare(sandbox, failure)
        try:
            main(command, prog_name="tortoise-fix")
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _prepare(sandbox: Path, failure: Failure | None) -> None:
    if failure and failure.traced:
        _await_tracer()
        return
    # No waiting for the disk: what dies here is a process, not the machine.
    os.fsync = lambda fd: None
    if failure:
        Striking(sandbox, failure).begin()


def _await_tracer() -> None:
    while "TracerPid:\t0" in Path("/proc/self/status").read_text():
        time.sleep(0.001)


class Striking:
    """Counts the calls that touch a sandbox and strikes at one of them."""

    def __init__(self, sandbox: Path, failure: Failure) -> None:
        self._failure = failure
        self._places = tuple(f"{sandbox}/{name}/" for name in ("project", "state", "cache"))
        self._own_folder = (f"{sandbox}/project", f"{sandbox}/project/", sandbox / "project")
        self._report = os.open(sandbox / "hit", os.O_WRONLY)
        self._calls = 0
        self._active = True

    def begin(self) -> None:
        """Count from now on, in this process for good."""
        for name in ("write", "fsync"):
            setattr(os, name, self._counted(name, getattr(os, name)))
        if self._failure.looks:
            for name in ("stat", "lstat", "fstat", "access", "lseek"):
                setattr(os, name, self._counted(name, getattr(os, name)))
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active or not self._counts(event, arguments):
            return
        self._call(f"{event} {arguments[0]}")

    def _counts(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            writes = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            return (writes or self._failure.looks) and self._in_sandbox(arguments[0])
        looks = self._failure.looks and event in _LOOKS
        return (event in _CHANGES or looks) and self._in_sandbox(arguments[0])

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            # The project's own folder is there: the command line has looked before.
            counts = self._in_sandbox(arguments[0]) and arguments[0] not in self._own_folder
            if not self._active or not counts:
                return real(*arguments, **options)
            try:
                self._call(f"{name} {arguments[0]}")
            except OSError:
                if name == "access":
                    return False  # it is the one that does not raise
                raise
            if name == "write" and len(arguments[1]) > 64:
                # The system may write less than it is asked to, and does so here.
                return real(arguments[0], bytes(arguments[1][: len(arguments[1]) // 2]))
            return real(*arguments, **options)

        return call

    def _in_sandbox(self, place: Any) -> bool:
        if isinstance(place, int):
            place = f"/proc/self/fd/{place}"
            with suppress(OSError):
                place = Path(place).readlink()
        path = os.fsdecode(place) if isinstance(place, (str, bytes, os.PathLike)) else ""
        # Not resolved: that would make calls of its own.
        return f"{os.path.normpath(Path.cwd() / path)}/".startswith(self._places)

    def _call(self, name: str) -> None:
        self._calls += 1
        failure = self._failure
        if self._calls < failure.at or (self._calls > failure.at and not failure.lasting):
            return
        self._active = False
        os.lseek(self._report, 0, os.SEEK_SET)
        os.ftruncate(self._report, 0)
        os.write(self._report, name.encode(errors="replace"))
        if failure.edited:
            edit(Path(failure.edited), failure.text)
        elif not failure.error:
            os.kill(os.getpid(), signal.SIGKILL)
        self._active = True
        if failure.error:
            raise OSError(failure.error, os.strerror(failure.error))


def edit(path: Path, text: str) -> None:
    """Save a file as many editors do: a new file takes the place of the old one."""
    mode = stat.S_IMODE(path.stat().st_mode)
    saved = path.with_name(path.name + "~")
    saved.write_text(text)
    saved.chmod(mode)
    saved.replace(path)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
