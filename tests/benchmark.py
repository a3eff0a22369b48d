"""What a run costs, beside other tools, on two trees. It prints and never fails.

    python tests/benchmark.py [--runs N] [--no-bump-pydantic] [--cache DIR]

- The sparse tree is what a virtual environment holds: about 3,000 files, few about Tortoise.
- The dense tree is the source of tortoise-orm with its tests, and of packages built on it.
- The sample is one folder of the dense tree, for bump-pydantic takes seconds for each file.

The runs of the commands are interleaved, so that a busy machine slows all of them alike; the table
holds medians. A tool that rewrites files in place gets a fresh copy for each run. CPU is user and
system time of all processes of a run; memory is the peak of its largest process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import corpus
import inference_cost
from measure import Measured, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

SPARSE = (
    "django==5.2.19",
    "sqlalchemy==2.1.9",
    "sympy==1.14.0",
    "fastapi==0.165.0",
    "starlette==1.10.0",
    "pydantic==2.14.3",
    "tortoise-orm==1.1.9",
    "pypika-tortoise==0.6.5",
    "aerich==0.10.1",
)
DENSE = "tortoise-orm==1.1.9"
PEERS = ("ruff==0.17.6", "django-upgrade==1.33.0", "bump-pydantic==0.8.0")
UPGRADE = ("--target-version", "5.0", "--exit-zero-even-if-changed")
TOOL = str(Path(sys.executable).with_name("tortoise-fix"))
DRY_RUN = (TOOL, "apply", "--dry-run", "--quiet", "--isolated")
OURS, COLD, WARM = (f"tortoise-fix, {cache} cache" for cache in ("no", "cold", "warm"))


@dataclass(frozen=True)
class Command:
    """One line of the table.

    Attributes:
        name: What the table calls it.
        line: The command; ``{files}`` stands for the Python files of the tree.
        rewrites: Whether it changes the tree, so that each run needs a fresh copy.
        cold: Whether the tool's cache is emptied before each run.
        most: The most runs that it gets; a slow one would take hours.
    """

    name: str
    line: tuple[str, ...]
    rewrites: bool = False
    cold: bool = True
    most: int = 1000


@dataclass
class Tree:
    """A tree of files and what is to be told about it."""

    name: str
    root: Path
    files: list[str] = field(default_factory=list)
    mentions: int = 0

    def count(self) -> None:
        """List the Python files, and count those that mention Tortoise."""
        self.files = sorted(str(p.relative_to(self.root)) for p in self.root.rglob("*.py"))
        data = (Path(self.root, name).read_bytes() for name in self.files)
        self.mentions = sum(b"tortoise" in content.lower() for content in data)

    def __str__(self) -> str:
        share = 100 * self.mentions / len(self.files)
        return f"{self.name}: {len(self.files)} Python files, {share:.1f} % mention Tortoise"


def main() -> None:
    """Build the trees, run everything, print the tables."""
    options = parse_arguments()
    peers = {name: install_peer(name, options.cache) for name in PEERS}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        work = Path(name)
        sparse, dense = build_sparse(work, options.cache), build_dense(work, options.cache)
        start_up(work, options.runs * 3)
        compared = commands(peers[PEERS[0]], peers[PEERS[1]])
        for tree in (sparse, dense):
            show(tree, run_all(tree, compared, work, options.runs))
        print(inference_cost.report(dense.root), flush=True)
        if not options.no_bump_pydantic:
            sample = Tree("sample", next(dense.root.glob("tortoise_orm-*/tortoise/contrib")))
            sample.count()
            show(sample, run_all(sample, slow(peers[PEERS[2]]), work, options.runs))


def parse_arguments() -> argparse.Namespace:
    """The options of this command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of each command")
    parser.add_argument("--no-bump-pydantic", action="store_true", help="leave out the slowest")
    parser.add_argument("--cache", type=Path, default=corpus.default_cache(), metavar="DIR")
    return parser.parse_args()


def install_peer(requirement: str, cache: Path) -> Path:
    """The program of another tool, in an environment of its own that is kept in the cache."""
    folder = (cache / "peers" / f"{requirement}-{sys.implementation.cache_tag}").absolute()
    program = folder / "bin" / requirement.partition("==")[0]
    if not program.exists():
        print(f"installing {requirement} in {folder}", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        python = str(folder / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", requirement], check=True)
    return program


def build_sparse(work: Path, cache: Path) -> Tree:
    """What a virtual environment holds."""
    tree = Tree("sparse", work / "sparse")
    for requirement in SPARSE:
        corpus.unpack(corpus.download(requirement, cache), tree.root)
    tree.count()
    return tree


def build_dense(work: Path, cache: Path) -> Tree:
    """Tortoise ORM with its tests, and the listed releases of which a third or more mentions it."""
    tree = Tree("dense", work / "dense")
    corpus.unpack(corpus.download(DENSE, cache, source=True), tree.root)
    for entry in corpus.read_list(corpus.LISTED):
        if entry.kind == "pypi":
            target = tree.root / entry.source.partition("==")[0]
            corpus.unpack(corpus.download(entry.source, cache), target)
            part = Tree(entry.source, target)
            part.count()
            if 3 * part.mentions < len(part.files):
                shutil.rmtree(target)
    tree.count()
    return tree


def commands(ruff: Path, django_upgrade: Path) -> list[Command]:
    """What is compared on both trees."""
    return [
        Command("ruff check --select UP,B --no-cache", ruff_line(ruff)),
        Command("django-upgrade", (str(django_upgrade), *UPGRADE, "{files}"), rewrites=True),
        Command(OURS, (*DRY_RUN, "--no-cache", ".")),
        Command(f"{OURS}, 1 job", (*DRY_RUN, "--no-cache", "--jobs", "1", ".")),
        Command(COLD, (*DRY_RUN, ".")),
        Command(WARM, (*DRY_RUN, "."), cold=False),
    ]


def ruff_line(ruff: Path) -> tuple[str, ...]:
    """Ruff, reading every file of the tree and no configuration."""
    return (str(ruff), "check", "--isolated", "--select", "UP,B", "--no-cache", "--quiet", ".")


def slow(bump_pydantic: Path) -> list[Command]:
    """What is compared on the sample, with the peer that is built on libcst as well."""
    return [
        Command("bump-pydantic", (str(bump_pydantic), "."), rewrites=True, most=1),
        Command(OURS, (*DRY_RUN, "--no-cache", ".")),
    ]


def run_all(
    tree: Tree, lines: Sequence[Command], work: Path, runs: int
) -> dict[str, list[Measured]]:
    """Run each command ``runs`` times, taking turns."""
    done: dict[str, list[Measured]] = {command.name: [] for command in lines}
    for number in range(runs):
        for command in lines:
            if number < command.most:
                done[command.name].append(run_once(tree, command, work))
                print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return done


def run_once(tree: Tree, command: Command, work: Path) -> Measured:
    """One run. A warm one finds the cache that the cold run before it has left."""
    cache = work / f"cache-{tree.name}"
    if command.cold:
        shutil.rmtree(cache, ignore_errors=True)
    root = tree.root
    if command.rewrites:
        root = work / "copy"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(tree.root, root)
    line: list[str] = []
    for part in command.line:
        line += tree.files if part == "{files}" else [part]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "NO_COLOR": "1"}
    return checked(command, measure(line, root, environment))


def checked(command: Command, run: Measured) -> Measured:
    """The run, with a warning when it did not do what was to be measured."""
    if run.status not in (0, 1, 2) or b"Traceback" in run.err:
        tail = run.err.decode(errors="replace")[-300:]
        print(f"warning: {command.name} exits {run.status}: {tail}", file=sys.stderr)
    return run


def show(tree: Tree, done: dict[str, list[Measured]]) -> None:
    """Print the table of one tree and the ratios that matter."""
    print(f"\n{tree}")
    print(f"{'':36}  CPU s   wall s     MB  ms/file  runs")
    for name, runs in done.items():
        cpu, wall = median(runs, "cpu"), median(runs, "wall")
        memory = max(run.memory for run in runs)
        each = 1000 * cpu / len(tree.files)
        print(f"{name:36}  {cpu:6.2f}  {wall:6.2f}  {memory:5.0f}  {each:7.2f}  {len(runs):4}")
    for name in done:
        if not name.startswith("tortoise-fix"):
            print(f"CPU of {name} / {OURS}: {ratio(done, name, OURS, 'cpu'):.2f}", flush=True)
    if WARM in done:
        print(f"CPU, warm / cold: {ratio(done, WARM, COLD, 'cpu'):.2f}")
        print(f"wall, warm / cold: {ratio(done, WARM, COLD, 'wall'):.2f}", flush=True)


def ratio(done: dict[str, list[Measured]], one: str, other: str, what: str) -> float:
    """The median of one command's measure over that of another's."""
    return median(done[one], what) / median(done[other], what)


def median(runs: Sequence[Measured], what: str) -> float:
    """The median of one measure."""
    return float(statistics.median(getattr(run, what) for run in runs))


def start_up(work: Path, runs: int) -> None:
    """What ``--help`` and ``rules`` take beyond a bare interpreter."""
    lines = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "tortoise-fix --help": (TOOL, "--help"),
        "tortoise-fix rules": (TOOL, "rules"),
    }
    done: dict[str, list[Measured]] = {name: [] for name in lines}
    for _ in range(runs):
        for name, line in lines.items():
            done[name].append(measure(line, work))
    bare = done["python -c pass"]
    print(f"\n{'start-up':36}  CPU ms  wall ms  over a bare interpreter")
    for name, runs_of in done.items():
        cpu, wall = 1000 * median(runs_of, "cpu"), 1000 * median(runs_of, "wall")
        over = f"{cpu - 1000 * median(bare, 'cpu'):+4.0f} CPU"
        over += f"  {wall - 1000 * median(bare, 'wall'):+4.0f} wall"
        print(f"{name:36}  {cpu:6.0f}  {wall:7.0f}  {over}", flush=True)


if __name__ == "__main__":
    main()
