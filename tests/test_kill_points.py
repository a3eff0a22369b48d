"""Whatever ends a run, or stands in its way, at whatever call: files are whole, and undo works."""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from failing_system import Done, Failure, System, environment, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts calls by /proc")

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
        await Book.create(title=title)
"""
AFTER = BEFORE.replace(b"(title=title)", b"(title=title, using_db=conn)")
OLD = {
    "models.py": MODELS,
    "plain.py": BEFORE,
    "shop/dos.py": b"\xef\xbb\xbf" + BEFORE.replace(b"\n", b"\r\n"),
    "shop/latin.py": b"# coding: latin-1\nx = '\xe9'\n" + BEFORE,
}
NEW = {path: text.replace(b"(title=title)", b"(title=title, using_db=conn)") for path, text in
       OLD.items()}  # fmt: skip
MODES = {"plain.py": 0o755, "shop/dos.py": 0o600}
APPLY = ("apply", "--jobs", "1", "--allow-dirty")
ERRORS = [errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO]
MINE = b"# mine\n"
LAYOUTS = ["git", "no git"]
"""Where the journal lies: in the git folder, or among the user's state files."""


class Sandbox(NamedTuple):
    """A system, and a copy of what it holds at first."""

    system: System
    pristine: Path

    def reset(self) -> None:
        """Put the project back as it was, with neither a cache nor a journal."""
        self.restore(self.pristine)

    def restore(self, copy: Path) -> None:
        for name in ("project", "state", "cache"):
            shutil.rmtree(self.system.sandbox / name, ignore_errors=True)
            if (copy / name).exists():
                shutil.copytree(copy / name, self.system.sandbox / name, symlinks=True)

    def save(self, copy: Path) -> None:
        shutil.rmtree(copy, ignore_errors=True)
        for name in ("project", "state", "cache"):
            if (self.system.sandbox / name).exists():
                shutil.copytree(self.system.sandbox / name, copy / name, symlinks=True)

    def tree(self) -> dict[str, bytes]:
        """The files of the project. Their permissions must be those that they always had."""
        found = {}
        for path, content, mode in files(self.system.project):
            found[path] = content
            assert path not in OLD or mode == MODES.get(path, 0o644), path
        return found


@pytest.fixture(params=LAYOUTS)
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    pristine, place = tmp_path / "pristine", tmp_path / "sandbox"
    for path, content in OLD.items():
        file = pristine / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(MODES.get(path, 0o644))
    (pristine / "project/pyproject.toml").write_text("[project]\nname = 'shop'\n")
    if request.param == "git":
        command = ["git", "init", "-q", "--template="]
        subprocess.run(command, cwd=pristine / "project", env=environment(place), check=True)
    place.mkdir()
    (place / "home").mkdir()
    system = System(place)
    made = Sandbox(system, pristine)
    made.reset()
    with system:
        yield made


def whole(sandbox: Sandbox, done: Done) -> dict[str, bytes]:
    """The files after a failure: each is wholly old or wholly new."""
    tree = sandbox.tree()
    for path, old in OLD.items():
        assert tree[path] in (old, NEW[path]), (done.hit, path)
    return tree


def known(tree: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in tree.items() if path != "pyproject.toml"}


def test_wherever_apply_is_killed_undo_and_a_second_run_complete(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    partly = 0
    for at in itertools.count(1):
        sandbox.reset()
        done = sandbox.system.run(*APPLY, failure=Failure(at))
        if not done.hit:
            break
        assert done.status == -signal.SIGKILL, done
        tree = whole(sandbox, done)
        partly += OLD != known(tree) != NEW
        sandbox.save(tmp_path / "killed")
        check_undo(sandbox, done)
        sandbox.restore(tmp_path / "killed")
        check_second_run(sandbox, done)
        for _ in range(2):  # once for the second run, once for the one that was killed
            sandbox.system.run("undo")
        assert known(sandbox.tree()) == OLD, done.hit
    assert (done.status, known(sandbox.tree())) == (0, NEW)
    print(f"killed at {at - 1} points")
    assert at > 40
    assert partly > 10


def check_undo(sandbox: Sandbox, done: Done) -> None:
    undone = sandbox.system.run("undo")
    assert undone.status == 0, (done, undone)
    assert known(sandbox.tree()) == OLD, (done, undone)


def check_second_run(sandbox: Sandbox, done: Done) -> None:
    again = sandbox.system.run(*APPLY)
    assert again.status == 0, (done, again)
    assert known(sandbox.tree()) == NEW, (done, again)


ONCE = ["no git", False]
FROM_THEN_ON = [["git", True], ["no git", True]]


@pytest.mark.parametrize(("sandbox", "lasting"), [ONCE, *FROM_THEN_ON], indirect=["sandbox"])
def test_whatever_call_the_system_refuses_files_are_whole_and_the_run_can_go_on(
    sandbox: Sandbox, lasting: bool
) -> None:
    told = 0
    for at in itertools.count(1):
        sandbox.reset()
        error = ERRORS[at % len(ERRORS)]
        done = sandbox.system.run(*APPLY, failure=Failure(at, error, lasting, looks=not lasting))
        if not done.hit:
            break
        tree = whole(sandbox, done)
        assert done.status == 2 or (done.status, known(tree)) == (0, NEW), done
        assert "Traceback" not in done.err, done
        # What takes a file's place cannot be removed either where nothing can be any more.
        assert lasting or set(known(tree)) == set(OLD), done
        told += done.status == 2
        if lasting or known(tree) != OLD or at % 4 == 0:
            (check_undo if at % 2 else check_second_run)(sandbox, done)
    assert (done.status, known(sandbox.tree())) == (0, NEW)
    print(f"refused at {at - 1} points, of which {told} were told")
    assert told > 10


@pytest.mark.parametrize("sandbox", ["no git"], indirect=True)
def test_an_edit_at_any_moment_is_kept_and_the_other_files_are_repaired(sandbox: Sandbox) -> None:
    edited, lost = sandbox.system.project / "plain.py", []
    for at in itertools.count(1, 2):
        sandbox.reset()
        failure = Failure(at, edited=str(edited), text=(BEFORE + MINE).decode(), looks=True)
        done = sandbox.system.run(*APPLY, failure=failure)
        if not done.hit:
            break
        tree = known(sandbox.tree())
        if MINE not in tree["plain.py"]:
            lost.append(done.hit)
            continue
        assert tree["plain.py"] in (BEFORE + MINE, AFTER + MINE), done
        assert {**tree, "plain.py": AFTER} == NEW, done
        sandbox.system.run("undo")
        assert {**known(sandbox.tree()), "plain.py": BEFORE} == OLD, done
        assert MINE in edited.read_bytes(), done
    print(f"edited at {at // 2} points")
    assert at > 100
    # The one moment at which it cannot be seen: between the last look and the renaming.
    assert {hit.partition(" ")[0] for hit in lost} <= {"os.rename"}
    assert len(lost) <= 1


@pytest.mark.parametrize("fails", [False, True], ids=["killed", "refused"])
def test_wherever_undo_ends_calling_it_again_completes_it(
    sandbox: Sandbox, tmp_path: Path, fails: bool
) -> None:
    sandbox.system.run(*APPLY)
    sandbox.save(tmp_path / "applied")
    for at in itertools.count(1):
        sandbox.restore(tmp_path / "applied")
        error = ERRORS[at % len(ERRORS)] if fails else 0
        done = sandbox.system.run("undo", failure=Failure(at, error, looks=True))
        if not done.hit:
            break
        whole(sandbox, done)
        assert "Traceback" not in done.err, done
        sandbox.system.run("undo")
        assert known(sandbox.tree()) == OLD, done
        assert "Nothing to undo" in sandbox.system.run("undo").out, done
    assert known(sandbox.tree()) == OLD
    print(f"struck at {at - 1} points")
    assert at > 40


def can_trace() -> bool:
    """Whether strace is installed and may trace a process here."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_trace(), reason="needs strace")
@pytest.mark.parametrize("sandbox", ["no git"], indirect=True)
def test_the_same_at_every_true_call_that_writes(sandbox: Sandbox) -> None:
    last = 9_999
    calls = sandbox.system.run(*APPLY, failure=Failure(last, traced="write")).hit
    counted = Counter(re.findall(r"^(\w+)\(", calls, re.MULTILINE))
    for name, count in counted.items():
        for at in range(1, count + 1):
            sandbox.reset()
            error = ERRORS[at % len(ERRORS)] if at % 2 else 0
            done = sandbox.system.run(*APPLY, failure=Failure(at, error, traced=name))
            assert done.status in ((0, 1, 2) if error else (-signal.SIGKILL,)), (name, at, done)
            whole(sandbox, done)
            (check_undo if at % 4 < 2 else check_second_run)(sandbox, done)
    print(f"struck at {counted.total()} calls: {counted}")
    assert counted.total() > 20
