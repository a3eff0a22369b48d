"""Runs the tool in processes that are killed, or refused a call, at a call of one's choice.

``System`` keeps one process that has the tool imported, which is ``failing_process.py``. For each
command it forks a child, in which the chosen call of the system is the last one, or fails, or finds
that somebody else was there. Only calls that touch the sandbox count: the project, the cache, the
journal.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

CHILD = Path(__file__).with_name("failing_process.py")
_WRITING = "write,pwrite64,writev,ftruncate,rename,renameat,renameat2,link,linkat,"
_WRITING += "unlink,unlinkat,rmdir,mkdir,mkdirat,chmod,fchmod,fchmodat,symlink,symlinkat"


@dataclass(frozen=True)
class Failure:
    """What happens at a call.

    Attributes:
        at: The number of the call, from 1.
        error: The error number that the call fails with; 0 kills the process instead.
        lasting: Whether the calls after it fail as well.
        edited: A file of the project that somebody edits at that moment, and nothing fails.
        text: What it then says.
        looks: Whether calls count that only read.
        traced: The true call of the system that is meant, such as ``rename``; strace strikes.
    """

    at: int
    error: int = 0
    lasting: bool = False
    edited: str = ""
    text: str = ""
    looks: bool = False
    traced: str = ""


class Done(NamedTuple):
    """How a command ended: its exit status, the call that was hit if any, and what it printed.

    Where it was traced, ``hit`` is the log of its calls.
    """

    status: int
    hit: str
    out: str
    err: str


class System:
    """A sandbox with the folders ``project``, ``state``, ``cache``, and commands run in it."""

    def __init__(self, sandbox: Path) -> None:
        self.sandbox = sandbox
        self.project = sandbox / "project"

    def __enter__(self) -> System:
        self._server = subprocess.Popen(
            [sys.executable, str(CHILD), str(self.sandbox)],
            env=environment(self.sandbox),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._server:
            self._server.terminate()

    def run(self, *command: str, failure: Failure | None = None) -> Done:
        """Run a command of the tool in the project."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        request = {"command": command, "failure": asdict(failure) if failure else None}
        print(json.dumps(request), file=self._server.stdin, flush=True)
        if failure is None or not failure.traced:
            return Done(*json.loads(self._server.stdout.readline()))
        child = int(self._server.stdout.readline())
        log = self.sandbox / "strace"
        with subprocess.Popen(strace(child, failure, log), stderr=subprocess.PIPE):
            done = Done(*json.loads(self._server.stdout.readline()))
        return done._replace(hit=log.read_text())


def environment(sandbox: Path) -> dict[str, str]:
    """The environment of the commands: nothing of the user's own is read or written."""
    return {
        **os.environ,
        "HOME": str(sandbox / "home"),
        "XDG_STATE_HOME": str(sandbox / "state"),
        "XDG_CACHE_HOME": str(sandbox / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def strace(child: int, failure: Failure, log: Path) -> list[str]:
    """The command that attaches to a process and makes one of its writing calls fail."""
    what = f"error={failure.error}" if failure.error else "signal=KILL"
    when = f"{failure.at}+" if failure.lasting else str(failure.at)
    inject = f"inject={failure.traced}:{what}:when={when}"
    command = ["strace", "-q", "-p", str(child), "-o", str(log)]
    return [*command, "-e", f"trace={_WRITING}", "-e", inject]


def files(root: Path) -> Iterator[tuple[str, bytes, int]]:
    """The files below a folder but those of git: path, content, permissions."""
    for folder, names, found in os.walk(root):
        names[:] = sorted(name for name in names if name != ".git")
        for name in sorted(found):
            path = Path(folder, name)
            mode = stat.S_IMODE(path.lstat().st_mode)
            yield path.relative_to(root).as_posix(), path.read_bytes(), mode
