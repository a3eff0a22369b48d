"""Feeds mutated code to the tool, guided by what of the tool it reaches.

    python tests/fuzz.py FOLDER [SECONDS]       FOLDER keeps the inputs that reached something new

It takes atheris, which nothing else here needs, and a version of Python that atheris has a wheel
for. An input is the number of a file in the fixtures, then the content that takes its place; the
rules run over the project around it. ``check`` says what must hold of whatever comes out. The tests
draw on it as well, with mutations that nothing guides.
"""

from __future__ import annotations

import ast
import importlib
import io
import pkgutil
import random
import re
import shutil
import sys
import tempfile
import time
import tokenize
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tortoise_fix.codemods.run.changes import FileChange, Plan
    from tortoise_fix.codemods.source import Source

FIXTURES = Path(__file__).parent.parent / "fixtures"
_HEADER = 4
_TO_TOOLS = re.compile(r"#\s*(noqa|type:|pragma|pylint|pyright|mypy|fmt:|isort|nosec)")
_LONGEST = 20_000
COOKIES = [b"# coding: latin-1\n", b"# coding: cp1252\n", b"# coding: utf-16\n", b"\xef\xbb\xbf"]
BYTES = [b"\0", b"\xe9", b"\r", b"\x0c", b"\\\n", b"'''", b'"', b"(", b")", b":", b"\t", b"#", b";"]
BYTES += ["é".encode(), "\u2028".encode(), "🐢".encode(), b"async ", b"await ", b"lambda: ", b"*"]


class Place(NamedTuple):
    """A file of a project of the fixtures."""

    project: Path
    path: str

    def content(self) -> bytes:
        """What it holds in the fixtures."""
        return (self.project / self.path).read_bytes()


class BrokenPromiseError(AssertionError):
    """The tool did to some input what it must not do to any."""


def places() -> list[Place]:
    """The Python files of all cases that rewrite something, in a stable order."""
    projects = sorted(case / "before" for case in FIXTURES.glob("*/*") if (case / "after").is_dir())
    files = [(project, file) for project in projects for file in sorted(project.rglob("*.py"))]
    return [Place(project, file.relative_to(project).as_posix()) for project, file in files]


# What must hold


def check_source(data: bytes) -> None:
    """The bottom layer: what it accepts comes back byte for byte, and is what Python reads."""
    from tortoise_fix.codemods.source import Fault, decode, parse

    source = decode("a.py", data)
    if isinstance(source, Fault):
        return
    _must(source.encode(source.text) == data, "bytes were lost", data)
    tree = parse(source)
    if isinstance(tree, Fault):
        return
    end = len(source.text)
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            span = source.span(node)
            _must(0 <= source.offset(span.line, span.col) <= end, "a span lies outside", data)


def check(place: Place, data: bytes, work: Path) -> int:
    """Run all rules over a project in which one file holds ``data``; how many files would change.

    Args:
        place: The file.
        data: Its content.
        work: A folder for the project; what it holds is removed.

    Raises:
        BrokenPromiseError: See ``_check_change``; or the tool says that it failed.
    """
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(place.project, work)
    (work / place.path).write_bytes(data)
    made = plan_of(work)
    for fault in made.faults:
        _must("report" not in fault.advice, str(fault), data)
    for change in made.changes:
        _check_change(change, work)
        (work / change.path).write_bytes(change.new)
    if made.changes:
        again = plan_of(work)
        _must(not again.changes, "a second run changes more", data)
    return len(made.changes)


def plan_of(root: Path) -> Plan:
    """What all the rules would change below a folder."""
    from tortoise_fix.codemods.run.plan import plan
    from tortoise_fix.codemods.run.request import Request
    from tortoise_fix.codemods.run.settings import Settings

    return plan(Request(root, (root,), Settings(select=("ALL",), unsafe=True), cache=False))


def _check_change(change: FileChange, root: Path) -> None:
    """The old content is the file's, the new one parses, and nothing else of the file is lost.

    It keeps its byte order mark, its kinds of line ends, and its comments, save those that speak
    to other tools of a line that is no more.
    """
    from tortoise_fix.codemods.source import Fault, decode

    old, new = decode(change.path, change.old), decode(change.path, change.new)
    _must(change.old == (root / change.path).read_bytes(), "the old content is another", change.old)
    if isinstance(old, Fault) or isinstance(new, Fault):
        raise BrokenPromiseError(f"{old} became {new}")
    _must(_parses(new), "the new content does not parse", change.old)
    _must((old.bom, old.encoding) == (new.bom, new.encoding), "another encoding", change.old)
    _must(_line_ends(new) <= _line_ends(old), "other line ends", change.old)
    lost = _comments(old) - _comments(new)
    _must(not lost, f"lost comments {lost}", change.old)


def _parses(source: Source) -> bool:
    """Whether a file is what its name says: Python, a configuration, or lines of text."""
    from tortoise_fix.codemods.project.formats import format_of, is_document, parsed
    from tortoise_fix.codemods.source import parse

    if not is_document(source.path):
        return isinstance(parse(source), ast.Module)
    try:
        return not format_of(source.path) or parsed(source.path, source.text) is not None
    except ValueError:
        return False


def _line_ends(source: Source) -> set[str]:
    return {line[len(line.rstrip("\r\n")) :] for line in source.text.splitlines(True)} - {""}


def _comments(source: Source) -> Counter[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source.text, newline="").readline))
    except (tokenize.TokenError, SyntaxError):
        return Counter()
    comments = [token.string.strip() for token in tokens if token.type == tokenize.COMMENT]
    return Counter(comment for comment in comments if not _TO_TOOLS.match(comment))


def _must(kept: bool, promise: str, data: bytes) -> None:
    if not kept:
        raise BrokenPromiseError(f"{promise}: {data!r}")


# Mutations


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Some code after a few changes that people, tools and bad disks make."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(MUTATIONS)(data, chance, others)
    return data[:_LONGEST]


def _drop_line(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[(at := chance.randrange(len(lines) + 1)) : at + chance.choice([1, 1, 3])]
    return b"".join(lines)


def _repeat_lines(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    start, to = chance.randrange(len(lines) + 1), chance.randrange(len(lines) + 1)
    lines[to:to] = lines[start : start + chance.choice([1, 2, 5])]
    return b"".join(lines)


def _insert_lines(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    lines, given = data.splitlines(keepends=True), chance.choice(others).splitlines(keepends=True)
    start, to = chance.randrange(len(given) + 1), chance.randrange(len(lines) + 1)
    lines[to:to] = given[start : start + chance.choice([1, 2, 10])]
    return b"".join(lines)


def _indent(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    start = chance.randrange(len(lines) + 1)
    chosen = lines[start : start + chance.choice([1, 3, 100])]
    inner = [b"    " + line for line in chosen]
    head = chance.choice([b"", b"if x:\n", b"try:\n", b"async def f(self):\n", b"for i in x:\n"])
    return b"".join([*lines[:start], head, *inner, *lines[start + len(chosen) :]])


def _insert_bytes(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(BYTES) + data[at:]


def _damage_byte(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice([1, 2, 10, 100, 10_000]) :]


def _line_end(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    end = chance.choice([b"\r\n", b"\r", b"\n\n", b" \\\n", b"  # note\n", b";\n"])
    count = chance.choice([-1, 1, 3])
    return data.replace(b"\n", end, count)


def _head(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    return chance.choice(COOKIES) + data


MUTATIONS: list[Callable[[bytes, random.Random, list[bytes]], bytes]] = [
    _drop_line,
    _repeat_lines,
    _insert_lines,
    _indent,
    _insert_bytes,
    _damage_byte,
    _cut,
    _line_end,
    _head,
]


# Guided


def main() -> None:
    """Run until the time is over, or until a promise is broken."""
    atheris = _atheris()
    folder, seconds = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "600"
    with atheris.instrument_imports(include=["tortoise_fix"]):
        import tortoise_fix.codemods

        for module in pkgutil.walk_packages(
            tortoise_fix.codemods.__path__, "tortoise_fix.codemods."
        ):
            importlib.import_module(module.name)
    found = places()
    folder.mkdir(parents=True, exist_ok=True)
    for number, place in enumerate(found):
        seed = number.to_bytes(_HEADER, "big") + place.content()
        (folder / f"seed-{number}").write_bytes(seed)
    target = _Target(found, Path(tempfile.mkdtemp(prefix="fuzz-")), folder.with_suffix(".broken"))
    limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-rss_limit_mb=8000"]
    arguments = [sys.argv[0], str(folder), "-timeout=120", *limits]
    atheris.Setup(arguments, target.run, custom_mutator=target.mutate)
    atheris.Fuzz()


def _atheris() -> Any:
    return importlib.import_module("atheris")


class _Target:
    """What is run for each input; a broken promise is kept as a file, and the fuzzing goes on."""

    def __init__(self, found: list[Place], work: Path, broken: Path) -> None:
        self._places = found
        self._others = [place.content() for place in found]
        self._work = work / "project"
        self._broken = broken
        self._counts: Counter[str] = Counter()
        self._shown = time.monotonic()

    def run(self, data: bytes) -> None:
        """Check one input."""
        place = self._places[int.from_bytes(data[:_HEADER], "big") % len(self._places)]
        self._counts["inputs"] += 1
        try:
            check_source(data[_HEADER:])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._counts["changes"] += check(place, data[_HEADER:], self._work)
        except Exception as error:
            self._keep(place, data[_HEADER:], error)
        if time.monotonic() > self._shown + 20:
            self._shown = time.monotonic()
            print(dict(self._counts), flush=True)

    def _keep(self, place: Place, data: bytes, error: Exception) -> None:
        self._counts["broken"] += 1
        reason = f"{type(error).__name__}: {str(error)[:300]}"
        self._counts[reason[:80]] += 1
        if self._counts[reason[:80]] > 3:
            return
        self._broken.mkdir(exist_ok=True)
        name = f"{self._counts['broken']:04d}"
        (self._broken / f"{name}.py").write_bytes(data)
        (self._broken / f"{name}.txt").write_text(f"{place}\n{reason}\n", errors="replace")

    def mutate(self, data: bytes, longest: int, seed: int) -> bytes:
        """A mutation of lines and of code; now and then one of the fuzzer's own."""
        chance = random.Random(seed)
        if chance.random() < 0.2:
            return bytes(_atheris().Mutate(data, longest))
        return (data[:_HEADER] + mutated(data[_HEADER:], chance, self._others))[:longest]


if __name__ == "__main__":
    main()
