"""Files that nobody wishes for: each is told in a line, and the good file beside it is repaired."""

from __future__ import annotations

import concurrent.futures
import errno
import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from tortoise_fix.cli import main
from tortoise_fix.codemods.run import files, parallel
from tortoise_fix.codemods.run import plan as plan_room
from tortoise_fix.codemods.run import write as write_room

if TYPE_CHECKING:
    from collections.abc import Callable

    from tortoise_fix.codemods.run.changes import Plan

MODELS = b"""\
from tortoise import fields
from tortoise.models import Model


class Book(Model):
    id = fields.IntField(primary_key=True)
    title = fields.TextField()
"""
BEFORE = b"""\
from models import Book
from tortoise.transactions import in_transaction


async def add(title: str) -> None:
    async with in_transaction() as conn:
        print("added")
        await Book.create(title=title)
"""
AFTER = BEFORE.replace(b"(title=title)", b"(title=title, using_db=conn)")
assert AFTER != BEFORE


class Tree:
    """A project with one file that needs a repair, and room for others."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.put("models.py", MODELS)
        self.put("good.py", BEFORE)

    def put(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def names(self) -> set[str]:
        return {path.name for path in self.root.iterdir()}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Tree(root)


def apply(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["apply", *arguments], prog_name="tortoise-fix")


def told(result: Result, name: str) -> str:
    """The one line on standard error that names a file."""
    (line,) = [line for line in result.stderr.splitlines() if name in line]
    return line.strip()


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "syntax error": (BEFORE + b"def (:\n", "bad.py:9: syntax error"),
    "unclosed bracket": (BEFORE + b"x = (\n", "bad.py:9: syntax error"),
    "bad indentation": (BEFORE + b"   x\n", "syntax error"),
    "null bytes": (BEFORE + b"x = '\0'\n", "bad.py:9: contains null bytes"),
    "latin-1 without a cookie": (BEFORE + b"x = '\xe9'\n", "bad.py:9: is not valid utf-8"),
    "a cookie that is wrong": (b"# coding: ascii\n" + BEFORE + b"# \xe9\n", "is not valid ascii"),
    "an unknown cookie": (b"# coding: klingon\n" + BEFORE, "bad.py:1: declares 'klingon'"),
    "a cookie that is no text": (b"# coding: rot13\n" + BEFORE, "bad.py:1: declares 'rot13'"),
    "a mark against a cookie": (
        b"\xef\xbb\xbf# coding: latin-1\n" + BEFORE,
        "begins with a UTF-8 byte order mark but declares 'latin-1'",
    ),
    "utf-16": (BEFORE.decode().encode("utf-16") + b"# tortoise", "bad.py"),
    "10,000 nested parentheses": (
        BEFORE + b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
        "bad.py",
    ),
    "a template": (b"from tortoise import {{ name }}\n{% if x %}\n" + BEFORE, "syntax error"),
    "broken models without a rule's trigger": (
        b"from tortoise.models import Model\nclass X(Model:\n",
        "bad.py:2: syntax error",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_once_and_stays(tree: Tree, kind: str) -> None:
    content, reason = UNREADABLE[kind]
    tree.put("bad.py", content)
    result = apply("--no-cache")
    assert tree.read("bad.py") == content
    assert tree.read("good.py") == AFTER
    assert result.exit_code == 2
    assert reason in told(result, "bad.py")
    assert "Traceback" not in result.stderr
    assert apply("--no-cache").exit_code == 2


@pytest.mark.parametrize("count", [500, 6_000])
def test_a_chain_of_operands_is_refused_or_left_but_never_ends_the_run(
    tree: Tree, count: int
) -> None:
    # How deep is too deep is up to the version of Python.
    before = BEFORE + b"x = " + b" + ".join([b"a"] * count) + b"\n"
    tree.put("bad.py", before)
    result = apply("--no-cache")
    assert tree.read("good.py") == AFTER
    if tree.read("bad.py") == before:
        assert result.exit_code == 2
        assert "nested too deeply" in told(result, "bad.py")
    else:
        assert tree.read("bad.py") == before.replace(BEFORE, AFTER)


def test_check_and_dry_run_name_it_too(tree: Tree) -> None:
    tree.put("bad.py", UNREADABLE["syntax error"][0])
    for arguments in (["check"], ["apply", "--dry-run"], ["apply", "--dry-run", "-q"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert told(result, "bad.py").startswith("bad.py:9: syntax error")
    assert tree.read("good.py") == BEFORE


def test_a_broken_file_that_does_not_name_the_framework_is_nobodys_business(tree: Tree) -> None:
    tree.put("bad.py", b"def (:\n")
    result = apply()
    assert (result.exit_code, "bad.py" in result.stderr) == (0, False)
    assert tree.read("good.py") == AFTER


def test_a_template_may_ask_to_be_skipped(tree: Tree) -> None:
    content = b"# tortoise-fix: skip-file\nfrom {{ x }} import in_transaction  # tortoise\n"
    tree.put("bad.py", content)
    result = apply()
    assert (result.exit_code, tree.read("bad.py")) == (0, content)
    assert tree.read("good.py") == AFTER


def mixed(text: bytes) -> bytes:
    ends = [b"\r\n", b"\n", b"\r"]
    return b"".join(
        line + ends[number % 3] for number, line in enumerate(text.splitlines(keepends=False))
    )


LAYOUTS: dict[str, Callable[[bytes], bytes]] = {
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "CRLF and a byte order mark": lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
    "CR": lambda text: text.replace(b"\n", b"\r"),
    "mixed line ends": mixed,
    "no final newline": lambda text: text.rstrip(b"\n"),
    "CRLF without a final newline": lambda text: text.rstrip(b"\n").replace(b"\n", b"\r\n"),
    "form feeds": lambda text: text.replace(b"\n\n\n", b"\n\x0c\n\n") + b"\x0c\n",
    "tabs": lambda text: text.replace(b"    ", b"\t"),
    "latin-1 with a cookie": lambda text: (
        b"# -*- coding: latin-1 -*-\n" + text.replace(b"added", b"caf\xe9 \xa4\xff")
    ),
    "cp1252 with a cookie in line 2": lambda text: (
        b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\n"
        + text.replace(b"added", b"\x80 5")
    ),
    "non-ASCII before the edit on its line": lambda text: text.replace(
        b"await Book", 'x = "é𐍈"; await Book'.encode()
    ),
    "trailing blanks and a line continuation": lambda text: text.replace(
        b'print("added")', b'print("added") ; \\\n        pass   '
    ),
    "Unicode line separators": lambda text: text.replace(b"added", "a\u2028b\x85c\x1c".encode()),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_an_unusual_file_is_rewritten_and_keeps_every_other_byte(tree: Tree, kind: str) -> None:
    before, after = LAYOUTS[kind](BEFORE), LAYOUTS[kind](AFTER)
    tree.put("odd.py", before)
    result = apply()
    assert result.exit_code == 0, result.stderr
    assert tree.read("odd.py") == after
    assert tree.read("good.py") == AFTER
    assert "Nothing changed." in apply().stdout


def test_an_empty_file_and_one_of_blanks_are_fine(tree: Tree) -> None:
    for name, content in (("empty.py", b""), ("blank.py", b"\n\n"), ("mark.py", b"\xef\xbb\xbf")):
        tree.put(name, content)
    result = apply()
    assert result.exit_code == 0
    assert [tree.read(n) for n in ("empty.py", "blank.py")] == [b"", b"\n\n"]
    assert tree.read("good.py") == AFTER


def test_a_file_of_50000_lines_is_rewritten(tree: Tree) -> None:
    filler = b"".join(b"# value\n" * 9 + b"VALUE_%d = 1\n" % number for number in range(5_000))
    tree.put("long.py", filler + BEFORE)
    assert apply("--no-cache").exit_code == 0
    assert tree.read("long.py") == filler + AFTER


def test_a_file_above_the_limit_is_named_and_left(tree: Tree) -> None:
    content = BEFORE + b"#" * 2_000_000
    tree.put("large.py", content)
    result = apply()
    assert result.exit_code == 0
    assert "larger than 2 MB" in told(result, "large.py")
    assert (tree.read("large.py"), tree.read("good.py")) == (content, AFTER)


def test_a_directory_named_like_a_module_is_walked_into(tree: Tree) -> None:
    tree.put("x.py/inner.py", BEFORE)
    assert apply().exit_code == 0
    assert (tree.read("x.py/inner.py"), tree.read("good.py")) == (AFTER, AFTER)


def test_links_are_not_followed_out_of_the_tree_nor_in_circles(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(BEFORE)
    (tree.root / "out.py").symlink_to(outside)
    (tree.root / "loop.py").symlink_to(tree.root / "loop.py")
    (tree.root / "same.py").symlink_to(tree.root / "good.py")
    (tree.root / "folder").symlink_to(tree.root)
    result = apply()
    assert result.exit_code == 0
    assert "out of the project" in told(result, "out.py")
    assert "in a circle" in told(result, "loop.py")
    assert outside.read_bytes() == BEFORE
    assert tree.read("good.py") == AFTER
    assert (tree.root / "same.py").is_symlink()


@pytest.mark.parametrize("in_git", [True, False])
def test_a_name_that_is_not_utf8_is_handled_and_shown_as_escapes(tree: Tree, in_git: bool) -> None:
    if in_git:
        subprocess.run(["git", "init", "-q"], check=True)
    for name, content in ((b"caf\xe9.py", BEFORE), (b"kaput\xff.py", BEFORE + b"(")):
        Path(os.fsdecode(name)).write_bytes(content)
    result = apply("--allow-dirty")
    assert result.exit_code == 2
    assert Path(os.fsdecode(b"caf\xe9.py")).read_bytes() == AFTER
    assert tree.read("good.py") == AFTER
    assert "syntax error" in told(result, r"kaput\xff.py")
    listed = CliRunner().invoke(main, ["check", "--output-format", "json"])
    assert listed.exit_code == 2
    assert CliRunner().invoke(main, ["undo"]).exit_code == 0
    assert Path(os.fsdecode(b"caf\xe9.py")).read_bytes() == BEFORE


def test_names_with_blanks_and_line_feeds_do_not_break_the_output(tree: Tree) -> None:
    tree.put("new\nline.py", BEFORE)
    tree.put("with blank.py", BEFORE)
    result = CliRunner().invoke(main, ["check"])
    assert sum(": TOR310 " in line for line in result.stdout.splitlines()) == 3
    assert apply().exit_code == 0
    assert tree.read("new\nline.py") == tree.read("with blank.py") == AFTER


@pytest.mark.skipif(os.name == "nt", reason="files in use cannot be removed on Windows")
@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.chmod(0o444), "read-only"),
        (lambda path: path.write_bytes(b"edited = 1\n"), "edited during the run"),
        (lambda path: (path.unlink(), path.mkdir()), "bad.py"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/hostname")), "out of the project"),
    ],
    ids=["vanishes", "read-only", "edited", "folder", "link"],
)
def test_what_happens_between_plan_and_write_costs_that_file_alone(
    tree: Tree,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Path], object],
    reason: str,
) -> None:
    path = tree.put("bad.py", BEFORE)
    real = plan_room.plan

    def planned(*arguments: Any) -> Plan:
        made = real(*arguments)
        happens(path)
        return made

    monkeypatch.setattr(plan_room, "plan", planned)
    result = apply()
    assert result.exit_code == 2
    assert reason in told(result, "bad.py").lower()
    assert "1 file changed, 1 fix" in result.stdout
    assert tree.read("good.py") == AFTER
    if path.is_file() and not path.is_symlink():
        assert tree.read("bad.py") in (BEFORE, b"edited = 1\n")


def test_a_file_that_vanishes_before_it_is_read_is_named(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tree.put("bad.py", BEFORE)
    real = files.select

    def selected(*arguments: Any) -> Any:
        selection = real(*arguments)
        path.unlink()
        return selection

    monkeypatch.setattr(plan_room, "select", selected)
    result = apply()
    assert result.exit_code == 2
    assert told(result, "bad.py") == "bad.py: cannot be read: No such file or directory"
    assert tree.read("good.py") == AFTER


def test_a_full_disk_leaves_files_whole_and_the_rest_is_tried(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put("bad.py", BEFORE)
    real = write_room.write_all
    full = iter([True])

    def write_all(descriptor: int, content: bytes) -> None:
        if content == AFTER and next(full, False):
            os.write(descriptor, content[:20])
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor, content)

    monkeypatch.setattr(write_room, "write_all", write_all)
    result = apply()
    assert result.exit_code == 2
    assert told(result, "bad.py") == "bad.py: was not written: no space left on device"
    assert (tree.read("bad.py"), tree.read("good.py")) == (BEFORE, AFTER)
    assert tree.names() == {"bad.py", "good.py", "models.py"}


def test_a_disk_that_stays_full_changes_nothing(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_room, "write_all", full)
    result = apply()
    assert result.exit_code == 2
    assert "No space left on device" in told(result, "good.py")
    assert "Nothing changed." in result.stdout
    assert tree.read("good.py") == BEFORE
    assert tree.names() == {"good.py", "models.py"}


def findings(jobs: int) -> str:
    result = CliRunner().invoke(main, ["check", "--no-cache", "--jobs", str(jobs)])
    assert result.exit_code == 1
    return result.stdout


def test_a_worker_that_is_killed_costs_no_findings(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    class Deadly(ProcessPoolExecutor):
        def submit(self, *arguments: Any, **keywords: Any) -> Future[Any]:
            future = super().submit(*arguments, **keywords)
            for process in list(self._processes.values())[:1]:
                if process.pid and not killed:
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process.pid)
            return future

    for number in range(6):
        tree.put(f"more{number}.py", BEFORE)
    alone = findings(1)
    monkeypatch.setattr(parallel, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", Deadly)
    assert findings(2) == alone
    assert len(killed) == 1


INTERRUPTED = """
import os, signal, sys
from tortoise_fix.codemods.run import parallel, plan, write
calls = 0
def interrupting(real):
    def call(*arguments):
        global calls
        calls += 1
        if calls == {when}:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments)
    return call
{what} = interrupting({what})
from tortoise_fix.cli import main
main(["apply", "--jobs", "1"])
"""


def interrupted(what: str, when: int) -> subprocess.CompletedProcess[bytes]:
    code = INTERRUPTED.format(what=what, when=when)
    return subprocess.run([sys.executable, "-c", code], capture_output=True)


@pytest.mark.parametrize("what", ["plan.select", "parallel.examine"])
def test_ctrl_c_while_planning_writes_nothing(tree: Tree, what: str) -> None:
    tree.put("more.py", BEFORE)
    done = interrupted(what, 1)
    assert (done.returncode, done.stderr) == (130, b"Interrupted. Nothing was written.\n")
    assert tree.read("good.py") == tree.read("more.py") == BEFORE
    assert apply().exit_code == 0


@pytest.mark.parametrize(
    ("what", "moments"), [("write._fill", 2), ("write.os.replace", 4), ("write.os.fsync", 8)]
)
def test_ctrl_c_while_writing_leaves_whole_files_and_undo_works(
    tree: Tree, what: str, moments: int
) -> None:
    tree.put("more.py", BEFORE)
    # The cache and the journal make the same calls, so that the moment moves through the run.
    for when in range(1, moments + 1):
        done = interrupted(what, when)
        contents = {tree.read("good.py"), tree.read("more.py")}
        assert contents <= {BEFORE, AFTER}
        assert tree.names() == {"good.py", "models.py", "more.py"}
        if done.returncode == 130:
            assert done.stderr.count(b"\n") == 1
        else:
            assert (done.returncode, contents) == (0, {AFTER})
        undone = CliRunner().invoke(main, ["undo"])
        assert undone.exit_code == 0, undone.stderr
        assert tree.read("good.py") == tree.read("more.py") == BEFORE


POOLED = """
from tortoise_fix.codemods.run import parallel
parallel.WORTH_A_PROCESS = 1
import concurrent.futures
real = concurrent.futures.as_completed
def as_completed(futures):
    print("waiting", flush=True)
    return real(futures)
concurrent.futures.as_completed = as_completed
from tortoise_fix.cli import main
main(["apply", "--jobs", "2"])
"""


@pytest.mark.skipif(os.name == "nt", reason="process groups are a matter of POSIX")
def test_ctrl_c_with_worker_processes_is_one_line(tree: Tree) -> None:
    for number in range(40):
        tree.put(f"more{number}.py", BEFORE * 40)
    command = [sys.executable, "-c", POOLED]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"Interrupted. Nothing was written.\n")
    assert tree.read("good.py") == BEFORE
