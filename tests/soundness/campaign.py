"""Many programs, in several processes."""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from .generate import Program, program
from .run import run
from .shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Seconds after which a program that cannot be stopped ends its process.
PATIENCE = 120


@dataclass
class Total:
    """What many runs showed together.

    Attributes:
        programs: How many programs ran.
        stopped: How many of them did not reach their end.
        expressions, decided, checked, values, regions, writing: Sums; see ``Result``.
        failures: For each seed that showed a contradiction, what it showed.
    """

    programs: int = 0
    stopped: int = 0
    expressions: int = 0
    decided: int = 0
    checked: int = 0
    values: int = 0
    regions: int = 0
    writing: int = 0
    failures: dict[int, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        share = self.decided / max(self.expressions, 1)
        return (
            f"{self.programs} programs ({self.stopped} stopped early): of {self.expressions}"
            f" expressions {self.decided} decided ({share:.1%}), {self.checked} of these were"
            f" reached, {self.values} values compared, {self.regions} regions whose writes are"
            f" known ({self.writing} with some),"
            f" {len(self.failures)} programs with contradictions"
        )

    def add(self, other: Total) -> None:
        """Take the numbers of another total into this one."""
        for name in ("programs", "stopped", "expressions", "decided", "checked", "values"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.regions += other.regions
        self.writing += other.writing
        self.failures.update(other.failures)


def play(generated: Program, seed: int = 0) -> Total:
    """Run one program."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # programs leave coroutines that nobody awaits
        try:
            result = run(generated.files, generated.apps, generated.start, silent=generated.silent)
        except SyntaxError:
            return Total(1, 1)
    total = Total(1, int(bool(result.error)))
    for name in ("expressions", "decided", "checked", "values", "regions", "writing"):
        setattr(total, name, getattr(result, name))
    if result.contradictions:
        total.failures[seed] = [str(found) for found in result.contradictions]
    return total


def play_seeds(seeds: Iterable[int], stop_at_first: bool = False) -> Total:
    """Run the programs of some seeds, one after the other."""
    total = Total()
    for seed in seeds:
        total.add(play(program(Random(seed)), seed))
        if stop_at_first and total.failures:
            break
    return total


def campaign(first: int, count: int) -> Total:
    """Run the programs of ``count`` seeds from ``first`` on, on all processors."""
    workers = os.cpu_count() or 1
    package = Path(__file__).parent
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                f"{package.name}.campaign",
                *map(str, (first + n, first + count, workers)),
            ],
            cwd=package.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for n in range(workers)
    ]
    total = Total()
    for n, process in enumerate(started):
        out, errors = process.communicate()
        if process.returncode:
            told = errors.decode(errors="replace")[-5000:]
            raise RuntimeError(f"worker {n} ended with {process.returncode}:\n{told}")
        found = json.loads(out.splitlines()[-1])
        found["failures"] = {int(seed): texts for seed, texts in found["failures"].items()}
        total.add(Total(**found))
    return total


def smallest(generated: Program) -> Program:
    """The least of a program that still shows a contradiction."""

    def shows(candidate: Program) -> bool:
        try:
            return bool(play(candidate).failures)
        except Exception:  # what is left of it cannot be run at all
            return False

    return shrink(generated, shows)


def _work(first: int, end: int, step: int) -> None:
    """What one process does: every ``step``-th seed from ``first`` on, up to ``end``."""
    total = Total()
    for seed in range(first, end, step):
        # Whatever holds a program up, the campaign comes to its end, and says where it was.
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        print(f"seed {seed}", file=sys.stderr)
        total.add(play_seeds([seed]))
    print("\n" + json.dumps(asdict(total)), flush=True)
    # A program that was stopped may have left a thread that never ends.
    os._exit(0)


if __name__ == "__main__":
    _work(*map(int, sys.argv[1:4]))
