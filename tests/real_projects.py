"""Runs the tool over real projects and checks that it keeps its promises on each.

    python tests/real_projects.py --pypi              releases of PyPI, downloaded by pip
    python tests/real_projects.py --github DIR        work trees below DIR, named owner+name
    python tests/real_projects.py --mirrors DIR       bare repositories below DIR, named owner+name

Nothing of a project is installed or imported. On fresh copies, in fresh repositories:

- ``apply --dry-run`` writes nothing, and ``git apply --check`` accepts its diff;
- applying the diff and running ``apply`` give the same bytes in every file;
- no other file changes, and every rewritten file parses;
- a second run changes nothing and exits as the first did;
- no run ends in a traceback, a signal, an exit status above 2, or a fault of the tool itself.

Exit status: 0 when all of it holds for every project, 1 when not, 2 for a wrong call.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import corpus
from measure import Measured, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOOL = (sys.executable, "-m", "tortoise_fix")


@dataclass(frozen=True)
class Project:
    """A project: its name, and what writes its files into a folder that does not exist yet."""

    name: str
    provide: Callable[[Path], None]


@dataclass
class Result:
    """What came of one project; ``violations`` are promises that were not kept."""

    name: str
    findings: Counter[str] = field(default_factory=Counter)
    left: int = 0
    faults: list[str] = field(default_factory=list)
    python_files: int = 0
    changed: int = 0
    cpu: float = 0.0
    diff: bytes = b""
    violations: list[str] = field(default_factory=list)

    def must(self, kept: bool, promise: str) -> bool:
        """Record a violation unless the promise was kept; say whether it was."""
        if not kept:
            self.violations.append(promise)
        return kept


def main() -> int:
    """Run the command line; return its exit status."""
    options = parse_arguments()
    try:
        projects = list(choose(options))
    except corpus.CorpusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not projects:
        print("error: no project matches", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(max_workers=options.workers) as pool:
        results = []
        for result in pool.map(lambda project: examine(project, options.table), projects):
            results.append(result)
            report(result, options.diffs)
    print_table(results)
    return 1 if any(result.violations for result in results) else 0


def parse_arguments() -> argparse.Namespace:
    """The options of this command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pypi", action="store_true", help="run on the PyPI releases of the list")
    parser.add_argument("--github", type=Path, metavar="DIR", help="work trees named owner+name")
    parser.add_argument(
        "--mirrors", type=Path, metavar="DIR", help="bare git directories, likewise"
    )
    parser.add_argument("--projects", type=Path, default=corpus.LISTED, metavar="FILE")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="repeatable")
    parser.add_argument("--table", action="store_true", help="count findings; check nothing else")
    parser.add_argument("--diffs", type=Path, metavar="DIR", help="store each diff below DIR")
    parser.add_argument("--cache", type=Path, default=corpus.default_cache(), metavar="DIR")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    options = parser.parse_args()
    if not (options.pypi or options.github or options.mirrors):
        parser.error("name at least one of --pypi, --github DIR, --mirrors DIR")
    return options


def choose(options: argparse.Namespace) -> Iterator[Project]:
    """The projects that the options ask for, in a stable order."""
    listed = corpus.read_list(options.projects)
    commits = {entry.source.replace("/", "+"): entry.commit for entry in listed}
    found: list[Project] = []
    if options.pypi:
        releases = [entry.source for entry in listed if entry.kind == "pypi"]
        found += [release_project(release, options.cache) for release in releases]
    if options.github:
        found += [tree_project(tree) for tree in folders(options.github)]
    if options.mirrors:
        found += [mirror_project(m, commits.get(m.name, "")) for m in folders(options.mirrors)]
    wanted = [name.replace("/", "+").lower() for name in options.only]
    for project in found:
        if not wanted or any(name in project.name.lower() for name in wanted):
            yield project


def release_project(release: str, cache: Path) -> Project:
    """A release of PyPI."""

    def provide(target: Path) -> None:
        corpus.unpack(corpus.download(release, cache), target)

    return Project(release, provide)


def tree_project(tree: Path) -> Project:
    """A folder of files."""
    return Project(tree.name, lambda target: corpus.copy_tree(tree, target))


def mirror_project(mirror: Path, commit: str) -> Project:
    """A bare repository, at the commit or its newest one."""
    return Project(mirror.name, lambda target: corpus.check_out(mirror, commit, target))


def folders(parent: Path) -> list[Path]:
    """The folders of ``parent`` that are named owner+name. Raises CorpusError."""
    if not parent.is_dir():
        raise corpus.CorpusError(f"{parent} is not a folder")
    return sorted(path for path in parent.iterdir() if path.is_dir() and "+" in path.name)


def examine(project: Project, only_count: bool) -> Result:
    """Run everything on one project, in a temporary folder."""
    result = Result(project.name)
    with tempfile.TemporaryDirectory(prefix="real-") as name:
        work = Path(name)
        pristine = work / "pristine"
        try:
            project.provide(pristine)
        except corpus.CorpusError as error:
            result.must(False, f"could not be had: {error}")
            return result
        make_repository(pristine)
        count_findings(pristine, work, result)
        if not only_count and not result.violations:
            check_promises(pristine, work, result)
    return result


def make_repository(tree: Path) -> None:
    """Commit all files of a tree, with every conversion of git switched off."""
    git(tree, "init", "--quiet")
    attributes = tree / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* -text -ident -filter -working-tree-encoding\n")
    git(tree, "add", "--all", "--force")
    git(tree, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "as it was")


def git(tree: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git in a tree, without anybody's configuration."""
    return subprocess.run(
        ["git", "-c", "core.autocrlf=false", *arguments],
        cwd=tree,
        env=corpus.GIT_ENVIRONMENT,
        input=given,
        capture_output=True,
    )


def run_tool(tree: Path, work: Path, result: Result, *arguments: str) -> Measured:
    """Run the tool in a tree, with caches of its own, and check that it ended as it should."""
    environment = {
        **corpus.GIT_ENVIRONMENT,
        "XDG_CACHE_HOME": str(work / "cache"),
        "XDG_STATE_HOME": str(work / "state"),
    }
    done = measure([*TOOL, *arguments], tree, environment)
    name = " ".join(arguments)
    detail = done.err.decode(errors="replace")[-600:]
    result.must(b"Traceback" not in done.err + done.out, f"{name}: traceback: {detail}")
    result.must(done.status in (0, 1, 2), f"{name}: exit status {done.status}: {detail}")
    return done


def count_findings(pristine: Path, work: Path, result: Result) -> None:
    """Ask ``check`` what there is, by rule."""
    result.python_files = sum(1 for path in pristine.rglob("*.py") if path.is_file())
    done = run_tool(pristine, work, result, "check", "--no-cache", "--output-format", "json", ".")
    result.cpu = done.cpu
    try:
        said = json.loads(done.out)
    except ValueError:
        result.must(False, f"check: not JSON: {done.out[:200]!r}")
        return
    result.findings = Counter(finding["code"] for finding in said["findings"])
    result.left = sum(finding["safety"] != "safe" for finding in said["findings"])
    result.faults = [f"{f['path']}:{f['line']}: {f['reason']}" for f in said["faults"]]


def check_promises(pristine: Path, work: Path, result: Result) -> None:
    """The dry run and the writing run, against each other and against what was there."""
    old = dict(corpus.files_of(pristine))
    dry, written = work / "dry", work / "written"
    shutil.copytree(pristine, dry, symlinks=True)
    shutil.copytree(pristine, written, symlinks=True)
    result.diff = run_tool(dry, work, result, "apply", "--dry-run", ".").out
    result.must(dict(corpus.files_of(dry)) == old, "the dry run wrote to the tree")
    named = apply_diff(dry, result)
    first = run_tool(written, work, result, "apply", ".")
    new = dict(corpus.files_of(written))
    check_trees(old, dict(corpus.files_of(dry)), new, named, result)
    again = run_tool(written, work, result, "apply", "--allow-dirty", ".")
    result.must(dict(corpus.files_of(written)) == new, "the second run changed files")
    same = again.status == first.status
    result.must(same, f"the second run exits {again.status}, the first {first.status}")
    for line in first.err.decode(errors="replace").splitlines():
        # The advice of each fault that is the tool's own, such as an edit that fails verification.
        result.must("please report this" not in line, f"a fault of the tool: {line}")


def apply_diff(tree: Path, result: Result) -> set[str]:
    """Apply the diff with git; return the paths that it names."""
    if not result.diff:
        return set()
    accepted = git(tree, "apply", "--check", given=result.diff)
    result.must(accepted.returncode == 0, f"git apply --check: {accepted.stderr.decode()}")
    git(tree, "apply", "--whitespace=nowarn", given=result.diff)
    numbers = git(tree, "apply", "--numstat", "-z", given=result.diff).stdout
    return {os.fsdecode(row.split(b"\t", 2)[2]) for row in numbers.split(b"\0") if row}


def check_trees(
    old: dict[str, bytes],
    patched: dict[str, bytes],
    new: dict[str, bytes],
    named: set[str],
    result: Result,
) -> None:
    """What changed is what the diff names, it is the same either way, and it parses."""
    changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    result.changed = len(changed)
    differing = {p for p in patched.keys() | new.keys() if patched.get(p) != new.get(p)}
    result.must(not differing, f"the diff and the run differ in {sorted(differing)}")
    result.must(changed == named, f"changed but not in the diff, or not so: {changed ^ named}")
    for path in sorted(changed):
        result.must(path.endswith(".py") and path in new, f"{path} is not Python or is gone")
        problem = syntax_problem(new.get(path, b""))
        result.must(not problem, f"{path} no longer parses: {problem}")


def syntax_problem(data: bytes) -> str:
    """Why the bytes are not a Python module, or nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(data)
        except (SyntaxError, ValueError) as error:
            return str(error)
    return ""


def report(result: Result, diffs: Path | None) -> None:
    """Print how one project went, and store its diff."""
    mark = "BROKEN" if result.violations else "ok"
    print(f"{mark:6} {result.name}: {result.changed} of {result.python_files} files", flush=True)
    for line in (*result.faults, *result.violations):
        print(f"       {line}", flush=True)
    if diffs and result.diff:
        diffs.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.=+-]", "_", result.name)
        (diffs / f"{name}.diff").write_bytes(result.diff)


def print_table(results: list[Result]) -> None:
    """Findings by rule for each project, and the sums."""
    codes = sorted({code for result in results for code in result.findings})
    width = max(len(result.name) for result in results)
    print(f"\n{'project':{width}}  files  changed", *codes, " left  faults  CPU s", sep="  ")
    total = Result("total")
    for result in results:
        print_row(result, codes, width)
        total.findings.update(result.findings)
        total.left += result.left
        total.faults += result.faults
        total.python_files += result.python_files
        total.changed += result.changed
        total.cpu += result.cpu
    print_row(total, codes, width)
    broken = sum(1 for result in results if result.violations)
    print(f"\n{len(results)} projects, {broken} with a broken promise")


def print_row(result: Result, codes: list[str], width: int) -> None:
    """One line of the table."""
    numbers = [f"{result.findings[code] or '.':>{len(code)}}" for code in codes]
    head = f"{result.name:{width}}  {result.python_files:5}  {result.changed:7}"
    print(head, *numbers, f"{result.left:5}  {len(result.faults):6}  {result.cpu:5.2f}", sep="  ")


if __name__ == "__main__":
    sys.exit(main())
