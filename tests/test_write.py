from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from tortoise_fix.codemods.run import write
from tortoise_fix.codemods.run.write import replace, sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD, NEW = b"old\r\n", b"new content \xe9\n"
STEPS = ["lstat", "open", "write", "fstat", "chmod", "fsync", "close", "replace"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.py").write_bytes(OLD)
    return tmp_path


def everything(root: Path) -> dict[str, bytes | None]:
    found = root.rglob("*")
    return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else None for p in found}


def failing(real: Callable[..., Any], number: int) -> Callable[..., Any]:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


def test_the_new_content_is_in_place_and_nothing_else(root: Path) -> None:
    assert replace(root, "sub/a.py", OLD, NEW) is None
    assert everything(root) == {"sub": None, "sub/a.py": NEW}


def test_the_permissions_are_kept(root: Path) -> None:
    file = root / "sub/a.py"
    for mode in (0o755, 0o640, 0o606):
        file.chmod(mode)
        file.write_bytes(OLD)
        assert replace(root, "sub/a.py", OLD, NEW) is None
        assert stat.S_IMODE(file.stat().st_mode) == mode


def test_the_owner_is_asked_to_stay(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    fstat = os.fstat

    def of_another(descriptor: int) -> os.stat_result:
        status = list(fstat(descriptor))
        status[4] += 1
        return os.stat_result(status)

    monkeypatch.setattr(os, "fstat", of_another)
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: asked.append((uid, gid)))
    assert replace(root, "sub/a.py", OLD, NEW) is None
    assert asked == [(os.getuid(), (root / "sub/a.py").stat().st_gid)]


def test_a_file_edited_in_between_stays(root: Path) -> None:
    (root / "sub/a.py").write_bytes(b"mine")
    fault = replace(root, "sub/a.py", OLD, NEW)
    assert fault is not None
    assert str(fault) == "sub/a.py: was not written: it was edited during the run (run again)"
    assert everything(root) == {"sub": None, "sub/a.py": b"mine"}


def test_a_file_edited_while_the_new_content_is_written_stays(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def edit(descriptor: int) -> None:
        (root / "sub/a.py").write_bytes(b"mine")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", edit)
    fault = replace(root, "sub/a.py", OLD, NEW)
    assert fault is not None
    assert "edited during the run" in fault.reason
    assert everything(root) == {"sub": None, "sub/a.py": b"mine"}


def test_a_vanished_file_is_a_fault_and_is_not_made_again(root: Path) -> None:
    (root / "sub/a.py").unlink()
    fault = replace(root, "sub/a.py", OLD, NEW)
    assert fault is not None
    assert fault.reason == "was not written: no such file or directory"
    assert everything(root) == {"sub": None}


def test_a_read_only_file_is_left_alone(root: Path) -> None:
    (root / "sub/a.py").chmod(0o444)
    fault = replace(root, "sub/a.py", OLD, NEW)
    assert fault is not None
    assert fault.reason == "was not written: it is read-only"
    assert everything(root) == {"sub": None, "sub/a.py": OLD}


def test_what_became_a_folder_is_a_fault(root: Path) -> None:
    fault = replace(root, "sub", OLD, NEW)
    assert fault is not None
    assert fault.reason == "was not written: it is no longer a regular file"


def test_a_link_stays_and_its_target_is_replaced(root: Path) -> None:
    (root / "link.py").symlink_to("sub/a.py")
    assert replace(root, "link.py", OLD, NEW) is None
    assert (root / "link.py").is_symlink()
    assert (root / "sub/a.py").read_bytes() == NEW


@pytest.mark.parametrize("path", ["link.py", "../outside.py"])
def test_nothing_outside_of_the_root_is_written(root: Path, path: str) -> None:
    outside = root / "outside.py"
    outside.write_bytes(OLD)
    (root / "sub/link.py").symlink_to(outside)
    fault = replace(root / "sub", path, OLD, NEW)
    assert fault is not None
    assert fault.reason == "was not written: it leads out of the project"
    assert outside.read_bytes() == OLD


def test_other_hard_links_keep_the_old_content(root: Path) -> None:
    os.link(root / "sub/a.py", root / "cached.py")
    assert replace(root, "sub/a.py", OLD, NEW) is None
    assert (root / "cached.py").read_bytes() == OLD


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_the_system_refuses_leaves_no_trace(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, step, failing(getattr(os, step), number))
        fault = replace(root, "sub/a.py", OLD, NEW)
    assert fault is not None
    text = os.strerror(number)
    assert str(fault) == f"sub/a.py: was not written: {text[0].lower()}{text[1:]}"
    assert everything(root) == {"sub": None, "sub/a.py": OLD}


def test_short_writes_are_continued(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    assert replace(root, "sub/a.py", OLD, NEW) is None
    assert (root / "sub/a.py").read_bytes() == NEW


def test_a_folder_that_cannot_be_synced_is_no_fault(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    assert replace(root, "sub/a.py", OLD, NEW) is None
    assert (root / "sub/a.py").read_bytes() == NEW


@pytest.mark.parametrize("step", STEPS)
def test_an_interrupt_goes_on_and_leaves_no_trace(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupt(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, step, interrupt)
        with pytest.raises(KeyboardInterrupt):
            replace(root, "sub/a.py", OLD, NEW)
    assert everything(root) == {"sub": None, "sub/a.py": OLD}


def test_leftovers_of_a_killed_run_are_swept(root: Path) -> None:
    prefix, suffix = write._PREFIX, write._SUFFIX
    (root / f"sub/{prefix}1-ab{suffix}").write_bytes(b"half")
    (root / f"{prefix}1-ab{suffix}").write_bytes(b"elsewhere")
    sweep(root, ["sub/a.py", "gone/b.py"])
    assert sorted(everything(root)) == [f"{prefix}1-ab{suffix}", "sub", "sub/a.py"]
