"""Processes that run or serve programs, beside this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .player import Job, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = Path(__file__).parent.parent
LATE = "TimeoutError: "
IN_MEMORY = "sqlite://:memory:"
_RENEWED = 400  #: programs after which a process is started anew
_LIMIT = 3.0
_LONGER = 10.0
_SERVED = 60.0
_ENVIRONMENT = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


class Runner:
    """A process that runs programs, started anew from time to time.

    Args:
        urls: The databases, two of them for programs with two connections.
        python: The interpreter.
    """

    def __init__(self, urls: Sequence[str], python: str = sys.executable) -> None:
        self.urls = list(urls)
        self.python = python
        self._process: subprocess.Popen[str] | None = None
        self._count = 0

    def ask(self, job: Job) -> None:
        """Begin to run one program."""
        process = self._ready()
        assert process.stdin
        process.stdin.write(json.dumps(asdict(job)) + "\n")
        process.stdin.flush()

    def answer(self) -> Outcome:
        """What became of it."""
        assert self._process and self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            self._process = None
            return Outcome(broken=f"the process ended with {code}")
        return _read(line)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.wait(30)
            self._process.stdout.close()
            self._process = None

    def _ready(self) -> subprocess.Popen[str]:
        self._count += 1
        if self._count % _RENEWED == 0:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                [self.python, "-m", "proof.player", *self.urls],
                cwd=TESTS,
                env=_ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process


class Pair:
    """Two processes: one runs programs as they ought to be, one what the tool made of them.

    Args:
        before: The databases of the one.
        after: The databases of the other.
        python: The interpreter of both.
    """

    def __init__(
        self, before: Sequence[str], after: Sequence[str], python: str = sys.executable
    ) -> None:
        self.before, self.after, self.python = Runner(before, python), Runner(after, python), python

    def run(self, before: Job, after: Job) -> tuple[Outcome, Outcome]:
        """Run both at the same time, and again with more time if one of them had too little."""
        first, second = self._once(before, after, _LIMIT)
        if LATE in (first.exception, second.exception):
            first, second = self._once(before, after, _LONGER)
        return first, second

    def _once(self, before: Job, after: Job, limit: float) -> tuple[Outcome, Outcome]:
        self.before.ask(replace(before, limit=limit))
        self.after.ask(replace(after, limit=limit))
        return self.before.answer(), self.after.answer()

    def close(self) -> None:
        """End both processes."""
        self.before.close()
        self.after.close()


def served(jobs: Sequence[Job], urls: Sequence[str], python: str = sys.executable) -> list[Outcome]:
    """Serve programs at the same time, each in a process and on a database of its own."""
    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(_served, jobs, urls, [python] * len(jobs)))


def _served(job: Job, url: str, python: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="proof") as folder:
        # A database in memory would be gone before its rows can be looked at.
        url = url.replace(IN_MEMORY, f"sqlite://{folder}/served.sqlite3")
        files = {path: text.replace(IN_MEMORY, url) for path, text in job.files.items()}
        done = subprocess.run(
            [python, "-m", "proof.server", url],
            input=json.dumps(asdict(replace(job, files=files, limit=_SERVED))),
            capture_output=True,
            text=True,
            cwd=TESTS,
            env=_ENVIRONMENT,
            check=False,
        )
    if done.returncode:
        return Outcome(broken=f"the server ended with {done.returncode}: {done.stderr[-2000:]}")
    return _read(done.stdout.splitlines()[-1])


def _read(line: str) -> Outcome:
    found = json.loads(line)
    found["events"] = [(connection, text) for connection, text in found["events"]]
    return Outcome(**found)
