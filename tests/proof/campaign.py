"""Many programs, in several processes: generated, rewritten, run before and after, compared."""

from __future__ import annotations

import faulthandler
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from .generate import Program, Weights, program
from .judge import UNFORESEEN, differences, until
from .player import Job
from .releases import INSTALLED, interpreter
from .rewrite import Rewritten, rewritten
from .runner import TESTS, Pair
from .shrink import shrink

if TYPE_CHECKING:
    from .player import Outcome

#: The databases of the runs before, and of those after; two for programs with two connections.
Urls = tuple[list[str], list[str]]
PATIENCE = 180  #: seconds after which a process that is stuck ends
#: Rules that repair what raises, beside those whose flaws are marked, and what it raises.
REPAIRED = {
    "TOR260": (UNFORESEEN[0], "An asyncio.Future, a coroutine or an awaitable is required"),
    "TOR264": ("NoValuesFetched: ",),
}
SQLITE = "sqlite://:memory:"
UNSAFE = 0.25  #: the share of programs to which unsafe repairs are applied


@dataclass
class Total:
    """What many programs showed together.

    Attributes:
        generated: How many programs were written.
        rewritten: How many of them a rule changed, so that they were run.
        raised: How many of those raised, before as after.
        repaired: How many raised before because of something unmarked that a rule repairs, so that
            there is nothing to compare with from there on.
        statements: How many statements they executed before.
        unsafe: To how many of them unsafe repairs were applied.
        fired: For each rule, how often it repaired something.
        doubted: For each rule, how often of these the repair was an unsafe one.
        programs: For each rule, in how many programs.
        failures: For each seed that showed a difference, what it showed.
    """

    generated: int = 0
    rewritten: int = 0
    raised: int = 0
    repaired: int = 0
    statements: int = 0
    unsafe: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    doubted: Counter[str] = field(default_factory=Counter)
    programs: Counter[str] = field(default_factory=Counter)
    failures: dict[int, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        rules = ", ".join(map(self._repairs, sorted(self.fired)))
        return (
            f"{self.rewritten} programs rewritten of {self.generated},"
            f" {self.unsafe} with unsafe repairs, {self.raised} of them raise,"
            f" {self.repaired} no longer raise, {self.statements} statements,"
            f" {len(self.failures)} with differences;"
            f" repairs: {rules}"
        )

    def _repairs(self, code: str) -> str:
        doubted = f" ({self.doubted[code]} unsafe)" if self.doubted[code] else ""
        return f"{code} {self.fired[code]}{doubted}"

    def add(self, other: Total) -> None:
        """Take the numbers of another total into this one."""
        for name in ("generated", "rewritten", "raised", "repaired", "statements", "unsafe"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.fired.update(other.fired)
        self.doubted.update(other.doubted)
        self.programs.update(other.programs)
        self.failures.update(other.failures)


def play(pair: Pair, generated: Program, seed: int = 0, release: str = INSTALLED) -> Total:
    """Rewrite one program for a release of the ORM, run it before and after, and compare."""
    if not _compiles(generated.files):
        return Total(1)
    made = rewritten(generated, release)
    if made.faults:
        return Total(1, failures={seed: [f"fault: {fault}" for fault in made.faults]})
    if not made.fired:
        return Total(1)
    first, second = _run(pair, generated, made, release)
    total = Total(1, 1, fired=made.fired, doubted=made.doubted)
    total.programs.update(set(made.fired))
    total.raised = int("Error: " in first.value)
    total.statements, total.unsafe = len(first.events), int(generated.unsafe)
    errors = [error for code in made.fired for error in REPAIRED.get(code, ())]
    total.repaired = int(any(error in first.value for error in errors))
    if total.repaired:
        found = until(errors, first, second)
    else:
        found = differences(first, second, made.fired, generated.through, generated.unsafe)
    if found:
        total.failures[seed] = found
    return total


def _compiles(files: dict[str, str]) -> bool:
    """Whether the running Python takes a program: 3.10 nests asynchronous comprehensions less."""
    try:
        for path, text in files.items():
            compile(text, path, "exec")
    except SyntaxError:
        return False
    return True


def _run(pair: Pair, generated: Program, made: Rewritten, release: str) -> tuple[Outcome, Outcome]:
    return pair.run(_job(generated, made.before, release), _job(generated, made.after, release))


def _job(generated: Program, files: dict[str, str], release: str) -> Job:
    files = spelled_for(release, files)
    return Job(files, generated.apps, generated.start, generated.seed, generated.connections)


def spelled_for(release: str, files: dict[str, str]) -> dict[str, str]:
    """The files with the name that a parameter of fields had before tortoise-orm 0.21."""
    if not release.startswith("0.20."):
        return files
    return {path: text.replace("primary_key=True", "pk=True") for path, text in files.items()}


def play_seeds(
    first: int,
    step: int,
    count: int,
    urls: Urls,
    release: str = INSTALLED,
    loops: bool = False,
    patient: bool = True,
) -> Total:
    """Run programs until ``count`` of them were rewritten; unless patient, until one differs."""
    total, pair, seed = Total(), Pair(*urls, interpreter(release)), first
    weights = Weights(urls[0][0] != SQLITE, loops, UNSAFE)
    while total.rewritten < count and (patient or not total.failures):
        # Whatever holds a program up, the campaign comes to its end, and says where it was.
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        total.add(play(pair, program(Random(seed), weights), seed, release))
        seed += step
    faulthandler.cancel_dump_traceback_later()
    pair.close()
    return total


def campaign(
    first: int, count: int, urls: list[Urls], release: str = INSTALLED, loops: bool = False
) -> Total:
    """Run the programs of seeds from ``first`` on, until ``count`` of them were rewritten.

    Args:
        first: The first seed.
        count: How many programs.
        urls: For each process, the databases of the runs before and after.
        release: The release of the ORM that they are rewritten for and run with.
        loops: Whether nearly everything in them is a loop over rows and their relations.
    """
    started = []
    for number, one in enumerate(urls):
        share = count // len(urls) + (number < count % len(urls))
        given = json.dumps([first + number, len(urls), share, one, release, loops])
        command = [sys.executable, "-m", "proof.campaign", given]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=TESTS, **pipes))  # type: ignore[call-overload]
    total = Total()
    for number, process in enumerate(started):
        out, errors = process.communicate()
        if process.returncode:
            told = errors.decode(errors="replace")[-5000:]
            raise RuntimeError(f"process {number} ended with {process.returncode}:\n{told}")
        found = json.loads(out.splitlines()[-1])
        found["failures"] = {int(seed): texts for seed, texts in found["failures"].items()}
        for name in ("fired", "doubted", "programs"):
            found[name] = Counter(found[name])
        total.add(Total(**found))
    return total


def smallest(generated: Program) -> Program:
    """The least of a program that still shows a difference, on SQLite."""
    pair = Pair([SQLITE] * 2, [SQLITE] * 2)

    def shows(candidate: Program) -> bool:
        try:
            made = rewritten(candidate)
            first, second = _run(pair, candidate, made, INSTALLED)
        except Exception:  # what is left of it cannot be read at all
            return False
        if first.broken or second.broken:
            return False
        return bool(differences(first, second, made.fired, candidate.through, candidate.unsafe))

    small = shrink(generated, shows)
    pair.close()
    return small


if __name__ == "__main__":
    print("\n" + json.dumps(vars(play_seeds(*json.loads(sys.argv[1])))), flush=True)
