"""Runs one command and says what it cost, with the processes that it started."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# A process begins with the peak memory of the one that forked it, so the command is started by a
# small process rather than by this one. wait4, unlike wait, tells the cost of this one command.
_STARTER = """
import json, os, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
code = os.waitstatus_to_exitcode(status)
with open(sys.argv[1], "w") as told:
    json.dump([code, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss], told)
"""


class Measured(NamedTuple):
    """One finished command.

    Attributes:
        status: Its exit status; negative when a signal ended it.
        out: What it wrote to standard output.
        err: What it wrote to standard error.
        cpu: User and system seconds of the process and of all descendants it waited for.
        wall: Seconds from start to end.
        memory: Megabytes of the largest single process among them, at its peak.
    """

    status: int
    out: bytes
    err: bytes
    cpu: float
    wall: float
    memory: float


def measure(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run ``command`` in ``cwd`` to its end. Raises RuntimeError when it cannot be started.

    Output goes to files, not pipes, so that reading it costs the command nothing.
    """
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.NamedTemporaryFile(mode="r", suffix=".json") as told,
    ):
        starter = [sys.executable, "-I", "-S", "-c", _STARTER, told.name, *command]
        done = subprocess.run(
            starter, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        out.seek(0)
        err.seek(0)
        if done.returncode:
            raise RuntimeError(f"cannot start {command[0]}: {err.read().decode(errors='replace')}")
        status, cpu, wall, peak = json.load(told)
        megabytes = peak / (2**20 if sys.platform == "darwin" else 2**10)
        return Measured(status, out.read(), err.read(), cpu, wall, megabytes)
