"""The diffs that are printed are exactly what ``git apply`` turns into the new bytes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise_fix.codemods.report.diff import quoted, unified

_LINES = st.sampled_from(
    [b"a", b"b", b"", b"\x0c", b"x\r", b"\r", b"r\rs", b"\t", b"\xe9", b"-- a", b"++ b", b"\\ No"]
)
_CONTENT = st.builds(
    lambda lines, end: b"\n".join(lines) + end,
    st.lists(_LINES, max_size=30),
    st.sampled_from([b"", b"\n", b"\r\n", b"\r", b"\xff"]),
)
_PATHS = ["x.py", "deep/er/and/er/x.py", "mit leer.py", "ü/é.py", 'q"u\\o\tte.py', "bad\udcff.py"]


def _git(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, env=environment)


def _applied(folder: Path, path: str, old: bytes, new: bytes) -> bytes:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(old)
    done = _git(folder, "apply", given=unified(path, old, new))
    assert done.returncode == 0, done.stderr
    return file.read_bytes()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=_CONTENT, new=_CONTENT, path=st.sampled_from(_PATHS))
def test_git_apply_turns_the_old_bytes_into_the_new(old: bytes, new: bytes, path: str) -> None:
    if old == new:
        assert unified(path, old, new) == b""
        return
    with tempfile.TemporaryDirectory() as folder:
        assert _applied(Path(folder), path, old, new) == new


def test_the_equal_end_stays_context_where_the_change_could_be_aligned_with_it(
    tmp_path: Path,
) -> None:
    old, new = b"a\na\nb\na\na\na", b"a\nb\na\nb\na\na\na"
    assert _applied(tmp_path, "x.py", old, new) == new


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=_CONTENT, at=st.integers(0, 30), insert=_LINES)
def test_git_apply_places_a_small_change_in_a_long_file(old: bytes, at: int, insert: bytes) -> None:
    lines = (old + b"\n" + b"\n".join(b"%d" % n for n in range(40))).split(b"\n")
    new = b"\n".join([*lines[:at], insert + b"!", *lines[at:]])
    with tempfile.TemporaryDirectory() as folder:
        assert _applied(Path(folder), "x.py", b"\n".join(lines), new) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"", b"a\n"), (b"", b"a"), (b"a\n", b""), (b"a", b""), (b"a", b"a\n"), (b"a\n", b"a")],
)
def test_empty_files_and_missing_final_newlines_apply(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    assert _applied(tmp_path, "x.py", old, new) == new


@pytest.mark.parametrize("path", _PATHS)
def test_a_diff_applies_inside_a_repository_and_from_a_folder_below_it(
    tmp_path: Path, path: str
) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "sub").mkdir()
    assert _applied(tmp_path / "sub", path, b"a\nb\n", b"a\r\nc") == b"a\r\nc"


@pytest.mark.parametrize("path", _PATHS)
def test_paths_are_quoted_as_git_quotes_them(tmp_path: Path, path: str) -> None:
    _git(tmp_path, "init", "-q")
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"a\n")
    _git(tmp_path, "add", "-A")
    file.write_bytes(b"b\n")
    theirs = _git(tmp_path, "diff").stdout.splitlines()
    ours = unified(path, b"a\n", b"b\n").splitlines()
    assert ours == theirs[2:]


def test_the_hunks_of_several_changes_apply_together(tmp_path: Path) -> None:
    old = b"".join(b"line %d\n" % n for n in range(200))
    new = old.replace(b"line 20\n", b"").replace(b"line 90\n", b"x\ny\n") + b"tail"
    diff = unified("x.py", old, new)
    assert diff.count(b"\n@@ ") == 3
    assert _applied(tmp_path, "x.py", old, new) == new


def test_a_plain_name_is_not_quoted() -> None:
    assert quoted(b"a/", "app/models.py") == b"a/app/models.py"


def test_color_marks_lines_and_changes_nothing_else() -> None:
    import re

    old, new = b"a\n-- b\nc\n", b"a\n++ b\nc"
    painted = unified("x.py", old, new, color=True)
    assert b"\x1b[31m--- b\x1b[0m\n" in painted
    assert b"\x1b[32m+++ b\x1b[0m\n" in painted
    assert re.sub(rb"\x1b\[\d*m", b"", painted) == unified("x.py", old, new)


def test_a_long_file_with_few_changes_is_compared_quickly() -> None:
    lines = [b"    value_%d = compute(%d)\n\n" % (n % 700, n) for n in range(25_000)]
    changed = [*lines]
    for n in (5, 12_000, 24_990):
        changed[n] = b"changed\n"
    start = time.process_time()
    diff = unified("x.py", b"".join(lines), b"".join(changed))
    assert diff.count(b"\n@@ ") == 3
    assert time.process_time() - start < 10
