from __future__ import annotations

import errno
import os
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise_fix.codemods.run import journal as room
from tortoise_fix.codemods.run.journal import Journal, Refusal, UndoReport, undo
from tortoise_fix.codemods.run.write import replace

if TYPE_CHECKING:
    from pathlib import Path

    from tortoise_fix.codemods.source import Fault

FILES = {"a.py": b"old a\r\n", "sub/b.py": b"old b \xe9\n", "sub/c.py": b""}
NEW = {path: b"new " + old + b"\n{}" for path, old in FILES.items()}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk: what dies in these tests is a process, not the machine."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(params=["git", "no git"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    top = tmp_path / "project"
    fill(top)
    if request.param == "git":
        (top / ".git").mkdir()
    return top


def fill(top: Path, files: dict[str, bytes] = FILES) -> None:
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(content)


def tree(root: Path) -> dict[str, bytes]:
    """The files of a project, without those of git."""
    files = [p for p in root.rglob("*") if p.is_file() and ".git" not in p.parts]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in files}


def journals(root: Path) -> list[str]:
    return [file.suffix for file in room._journals(root)]


def run(root: Path, old: dict[str, bytes] = FILES, new: dict[str, bytes] = NEW) -> list[Fault]:
    """A run as the engine makes it: what cannot be recorded is not written."""
    journal = Journal.begin(root)
    faults = []
    for path in old:
        fault = journal.add(path, old[path], new[path]) or replace(root, path, old[path], new[path])
        faults.append(fault)
    faults.append(journal.finish())
    return [fault for fault in faults if fault]


def test_undo_restores_the_bytes_of_the_last_run(root: Path) -> None:
    assert run(root) == []
    assert tree(root) == NEW
    assert undo(root) == UndoReport(restored=("a.py", "sub/b.py", "sub/c.py"))
    assert tree(root) == FILES
    assert undo(root) == UndoReport()
    assert journals(root) == []


def test_a_run_leaves_nothing_in_the_work_tree(root: Path, state: Path) -> None:
    run(root)
    assert set(tree(root)) == set(FILES)
    assert state.exists() != (root / ".git/tortoise-fix").exists()


def test_only_the_last_finished_run_is_kept(root: Path) -> None:
    run(root)
    third = dict.fromkeys(FILES, b"third")
    run(root, NEW, third)
    assert journals(root) == [".done"]
    undo(root)
    assert tree(root) == NEW


def test_a_run_that_wrote_nothing_keeps_the_journal_before_it(root: Path) -> None:
    run(root)
    journal = Journal.begin(root)
    assert journal.finish() is None
    journal = Journal.begin(root)
    assert journal.add("a.py", NEW["a.py"], b"never written") is None
    assert journal.finish() is None
    assert journal.finish() is None
    undo(root)
    assert tree(root) == FILES


def test_an_interrupted_run_can_be_undone_even_after_later_runs(root: Path) -> None:
    journal = Journal.begin(root)
    assert journal.add("a.py", FILES["a.py"], NEW["a.py"]) is None
    assert replace(root, "a.py", FILES["a.py"], NEW["a.py"]) is None
    assert journal.add("sub/b.py", FILES["sub/b.py"], NEW["sub/b.py"]) is None
    os.close(journal._descriptor)  # as when the process ends
    for old, new in ((b"", b"second"), (b"second", b"third")):
        assert run(root, {"sub/c.py": old}, {"sub/c.py": new}) == []
    assert journals(root) == [".open", ".done"]
    assert undo(root).restored == ("sub/c.py",)
    assert undo(root).restored == ("a.py",)
    assert tree(root) == {**FILES, "sub/c.py": b"second"}
    assert journals(root) == []


def test_an_interrupted_run_is_undone_where_it_had_written(root: Path) -> None:
    journal = Journal.begin(root)
    for path in ("a.py", "sub/b.py"):
        assert journal.add(path, FILES[path], NEW[path]) is None
    assert replace(root, "a.py", FILES["a.py"], NEW["a.py"]) is None
    os.close(journal._descriptor)
    assert undo(root) == UndoReport(restored=("a.py",))
    assert tree(root) == FILES


def test_the_journal_of_a_run_in_progress_is_left_alone(root: Path) -> None:
    journal = Journal.begin(root)
    assert journal.add("a.py", FILES["a.py"], NEW["a.py"]) is None
    [fault] = undo(root).faults
    assert fault.reason == "belongs to a run that is still in progress"
    Journal.begin(root)
    assert journals(root) == [".open"]
    assert journal.finish() is None


def test_edited_and_removed_files_are_refused_and_can_be_retried(root: Path) -> None:
    run(root)
    (root / "a.py").write_bytes(b"mine")
    (root / "sub/b.py").unlink()
    refused = (Refusal("a.py", "it was edited since"), Refusal("sub/b.py", "it no longer exists"))
    assert undo(root) == UndoReport(restored=("sub/c.py",), refused=refused)
    assert (root / "a.py").read_bytes() == b"mine"
    (root / "a.py").write_bytes(NEW["a.py"])
    (root / "sub/b.py").write_bytes(NEW["sub/b.py"])
    assert undo(root) == UndoReport(restored=("a.py", "sub/b.py"))
    assert tree(root) == FILES


def test_a_file_that_cannot_be_restored_is_a_fault_and_can_be_retried(root: Path) -> None:
    run(root)
    (root / "a.py").chmod(0o444)
    report = undo(root)
    assert [fault.reason for fault in report.faults] == ["was not written: it is read-only"]
    (root / "a.py").chmod(0o644)
    assert undo(root).restored == ("a.py",)


def test_the_permissions_come_back(root: Path) -> None:
    (root / "a.py").chmod(0o755)
    run(root)
    (root / "a.py").chmod(0o600)
    undo(root)
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == 0o755


def test_a_file_written_twice_goes_back_to_the_beginning(root: Path) -> None:
    journal = Journal.begin(root)
    for old, new in ((FILES["a.py"], b"1"), (b"1", b"2")):
        assert journal.add("a.py", old, new) is None
        assert replace(root, "a.py", old, new) is None
    journal.finish()
    assert undo(root) == UndoReport(restored=("a.py",))
    assert tree(root) == FILES


def test_names_that_are_not_utf8_are_journaled(root: Path) -> None:
    path = os.fsdecode(b"\xe9\n.py")
    (root / path).write_bytes(b"1")
    assert run(root, {path: b"1"}, {path: b"2"}) == []
    assert undo(root).restored == (path,)
    assert (root / path).read_bytes() == b"1"


@pytest.mark.parametrize("text", ["gitdir: {}\n", "gitdir: ../elsewhere\n"])
def test_a_linked_work_tree_has_its_journal_in_its_git_folder(tmp_path: Path, text: str) -> None:
    top, git = tmp_path / "project", tmp_path / "elsewhere"
    fill(top)
    git.mkdir()
    (top / ".git").write_text(text.format(git))
    run(top)
    assert [file.suffix for file in (git / "tortoise-fix").iterdir()] == [".done"]
    undo(top)
    assert tree(top) == FILES


def test_real_git_is_not_disturbed(tmp_path: Path) -> None:
    top = tmp_path / "project"
    fill(top)
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    subprocess.run(["git", "add", "."], cwd=top, check=True)
    run(top)
    status = ["git", "status", "--porcelain"]
    listed = subprocess.run(status, cwd=top, check=True, capture_output=True, text=True).stdout
    assert [line[3:] for line in listed.splitlines()] == sorted(FILES)
    subprocess.run(["git", "fsck"], cwd=top, check=True, capture_output=True)


def test_where_the_git_folder_cannot_be_written_the_state_folder_serves(
    tmp_path: Path, state: Path
) -> None:
    top = tmp_path / "project"
    fill(top)
    (top / ".git").mkdir()
    (top / ".git/tortoise-fix").write_text("a file in the way")
    assert run(top) == []
    assert state.is_dir()
    assert undo(top).restored == tuple(sorted(FILES))


def test_without_any_place_for_a_journal_nothing_is_written(root: Path, state: Path) -> None:
    (root / ".git").mkdir(exist_ok=True)
    (root / ".git/tortoise-fix").write_text("a file in the way")
    state.write_text("another one")
    faults = run(root)
    assert [fault.path for fault in faults] == list(FILES)
    assert "its original cannot be kept for undo" in faults[0].reason
    assert tree(root) == FILES


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_the_state_folder_is_under_home_unless_an_absolute_one_is_set(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert room._homes(root)[-1].parent == tmp_path / "home/.local/state/tortoise-fix"


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_a_full_disk_stops_the_write_but_not_the_journal(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    journal = Journal.begin(root)
    assert journal.add("a.py", FILES["a.py"], NEW["a.py"]) is None
    real = getattr(os, step)

    def full(descriptor: int, *data: bytes) -> int:
        if data:
            real(descriptor, data[0][:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, full)
        fault = journal.add("sub/b.py", FILES["sub/b.py"], NEW["sub/b.py"])
    assert fault is not None
    assert fault.reason.endswith("No space left on device")
    assert journal.add("sub/c.py", FILES["sub/c.py"], NEW["sub/c.py"]) is None
    for path in ("a.py", "sub/c.py"):
        assert replace(root, path, FILES[path], NEW[path]) is None
    assert journal.finish() is None
    assert undo(root).restored == ("a.py", "sub/c.py")


def test_after_half_a_record_that_cannot_be_cut_off_nothing_more_is_recorded(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.begin(root)
    assert journal.add("a.py", FILES["a.py"], NEW["a.py"]) is None
    replace(root, "a.py", FILES["a.py"], NEW["a.py"])

    def broken(*arguments: Any) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        patch.setattr(os, "ftruncate", broken)
        assert journal.add("sub/b.py", FILES["sub/b.py"], NEW["sub/b.py"]) is not None
    assert journal.add("sub/c.py", FILES["sub/c.py"], NEW["sub/c.py"]) is not None
    journal.finish()
    assert undo(root).restored == ("a.py",)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cut=st.integers(0, 400), garbage=st.binary(max_size=8))
def test_a_damaged_journal_gives_its_whole_records_or_none(
    tmp_path: Path, cut: int, garbage: bytes
) -> None:
    entries = [room.Entry(path, old, "0" * 64, 0o644) for path, old in FILES.items()]
    whole = room._MAGIC + b"".join(map(room._record, entries))
    file = tmp_path / "damaged"
    file.write_bytes(whole[:cut] + garbage)
    found = list(room._entries(file))
    assert found == entries[: len(found)]
