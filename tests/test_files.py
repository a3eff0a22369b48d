from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from tortoise_fix.codemods.run import files
from tortoise_fix.codemods.run.files import Selection, find_root, requested, select
from tortoise_fix.codemods.run.git import dirty
from tortoise_fix.codemods.source import Fault


def put(root: Path, *paths: str, text: str = "") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = (tmp_path / "project").resolve()
    top.mkdir()
    return top


@pytest.fixture(params=["git", "no git"])
def any_root(root: Path, request: pytest.FixtureRequest) -> Path:
    """A root with and without a repository: the selection must not depend on that."""
    if request.param == "git":
        git(root, "init")
    return root


def names(selection: Selection) -> list[str]:
    return list(selection.files)


def reasons(selection: Selection) -> dict[str, str]:
    return dict(selection.skipped)


def test_all_python_files_are_selected_in_order(any_root: Path) -> None:
    put(any_root, "b.py", "a/z.py", "a/b/é.py", "a.pyi", "README.md", "c.pyc", "a b/x y.py")
    assert names(select(any_root)) == ["a b/x y.py", "a/b/é.py", "a/z.py", "b.py"]


def test_ignored_files_are_left_out(any_root: Path) -> None:
    put(any_root, "keep.py", "gen/a.py", "sub/b.py", "sub/c.py", "sub/deep/only.py", "x/only.py")
    put(any_root, ".gitignore", text="gen/\nb.py\n")
    put(any_root, "sub/.gitignore", text="!b.py\n/c.py\n/deep/only.py\n")
    assert names(select(any_root)) == ["keep.py", "sub/b.py", "x/only.py"]


def test_a_gitignore_with_a_bad_line_keeps_its_other_lines(any_root: Path) -> None:
    put(any_root, "a.py", "b.py")
    put(any_root, ".gitignore", text="!\nb.py\n")
    assert names(select(any_root)) == ["a.py"]


def test_tracked_files_count_though_ignored_and_deleted_ones_do_not(root: Path) -> None:
    git(root, "init")
    put(root, "a.py", "gone.py", "new.py")
    git(root, "add", "a.py", "gone.py")
    put(root, ".gitignore", text="a.py\n")
    (root / "gone.py").unlink()
    assert names(select(root)) == ["a.py", "new.py"]


def test_a_folder_inside_a_repository_can_be_the_root(root: Path) -> None:
    git(root, "init")
    put(root, "a.py", "sub/b.py", "sub/c/d.py", "sub/ignored.py")
    put(root, ".gitignore", text="ignored.py\n")
    assert names(select(root / "sub")) == ["b.py", "c/d.py"]


def test_a_submodule_is_not_looked_into(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    put(other, "x.py")
    git(other, "init")
    git(other, "add", ".")
    git(other, "commit", "-m", "m")
    git(root, "init")
    put(root, "a.py")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "sub.py")
    assert names(select(root)) == ["a.py"]


def test_without_the_git_program_the_gitignore_files_decide(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "init")
    put(root, "a.py", "b.py")
    put(root, ".gitignore", text="b.py\n")
    monkeypatch.setenv("PATH", "")
    assert names(select(root)) == ["a.py"]
    assert dirty(root, ["a.py"]) == []


def test_a_git_hook_s_variables_do_not_lead_to_another_repository(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    put(other, "x.py")
    git(other, "init")
    git(root, "init")
    put(root, "a.py")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert names(select(root)) == ["a.py"]
    assert dirty(root, ["a.py"]) == ["a.py"]


@pytest.mark.parametrize(
    "folder",
    [
        "node_modules/p",
        "build/lib",
        "dist",
        "x.egg-info",
        ".eggs",
        ".tox/py",
        ".nox",
        "__pycache__",
        ".mypy_cache",
        "lib/site-packages/p",
        ".git/hooks",
    ],
)
def test_folders_that_hold_no_source_are_left_out(any_root: Path, folder: str) -> None:
    put(any_root, f"pkg/{folder}/a.py", f"{folder}/a.py", "pkg/builder/a.py")
    assert names(select(any_root)) == ["pkg/builder/a.py"]


def test_virtual_environments_are_known_by_what_is_in_them(any_root: Path) -> None:
    put(any_root, "odd/pyvenv.cfg", "odd/lib/a.py", "venv/bin/activate", "venv/lib/a.py")
    put(any_root, "conda/conda-meta/history", "conda/a.py", "env/settings.py", "src/env/b.py")
    selection = select(any_root)
    assert names(selection) == ["env/settings.py", "src/env/b.py"]
    assert reasons(selection) == dict.fromkeys(("odd", "venv", "conda"), "a virtual environment")


def test_installed_packages_are_read_when_they_are_named(any_root: Path) -> None:
    put(any_root, ".venv/pyvenv.cfg", ".venv/lib/site-packages/p/a.py", "a.py")
    put(any_root, ".gitignore", text=".venv\n")
    packages = any_root / ".venv/lib/site-packages"
    assert find_root([packages]) == packages
    assert names(select(packages)) == ["p/a.py"]
    assert find_root([packages / "p/a.py"]) == packages / "p"
    selection = select(any_root, named=[packages])
    assert names(selection) == [".venv/lib/site-packages/p/a.py", "a.py"]
    assert requested(selection, [packages]) == frozenset({".venv/lib/site-packages/p/a.py"})


def test_a_named_folder_is_read_though_it_is_ignored(any_root: Path) -> None:
    put(any_root, "a.py", "build/b.py", "scratch/c.py")
    put(any_root, ".gitignore", text="scratch/\n")
    selection = select(any_root, named=[any_root / "build", any_root / "scratch"])
    assert names(selection) == ["a.py", "build/b.py", "scratch/c.py"]
    assert select(any_root, named=[any_root]).files == ("a.py",)


def test_what_is_ignored_in_a_named_folder_stays_ignored(any_root: Path) -> None:
    put(any_root, "src/a.py", "src/gen.py")
    put(any_root, ".gitignore", text="gen.py\n")
    assert names(select(any_root, named=[any_root / "src"])) == ["src/a.py"]


def test_a_named_file_is_read_though_it_is_ignored_or_excluded(any_root: Path) -> None:
    put(any_root, "a.py", "b.py", "script", "build/c.py")
    put(any_root, ".gitignore", text="b.py\n")
    named = [any_root / name for name in ("a.py", "b.py", "script", "build/c.py")]
    selection = select(any_root, exclude=["a.py"], named=named)
    assert names(selection) == ["a.py", "b.py", "build/c.py", "script"]
    assert requested(selection, named[2:]) == frozenset({"build/c.py", "script"})


def test_excluded_patterns_are_read_as_in_a_gitignore(any_root: Path) -> None:
    put(any_root, "a.py", "gen/a.py", "x/gen/b.py", "x/old_a.py", "x/y/z.py")
    assert names(select(any_root, ["gen/", "old_*.py"])) == ["a.py", "x/y/z.py"]
    assert "x/y/z.py" not in select(any_root, ["/x/**/z.py"]).files


def test_migrations_are_left_out_even_when_named(any_root: Path) -> None:
    aerich, native = "migrations/models/0_20240102030405_init.py", "app/migrations/0001_initial.py"
    put(any_root, aerich, "migrations/models/helper.py", "app/migrations/__init__.py")
    text = "from tortoise import migrations\nclass Migration(migrations.Migration): ...\n"
    put(any_root, native, "app/not_one.py", text=text)
    put(any_root, "dj/migrations/0001.py", text="class Migration(django.Migration): ...\n")
    put(any_root, "migrations/writer.py", text="import tortoise\nx = 'class Migration('\n")
    selection = select(any_root, named=[any_root / aerich])
    assert reasons(selection) == {
        aerich: "a migration of aerich",
        native: "a migration of Tortoise",
    }
    assert native not in selection.files
    expected = {"app/not_one.py", "dj/migrations/0001.py", "migrations/writer.py"}
    assert expected < set(selection.files)
    assert requested(selection, [any_root / aerich]) == frozenset()


def test_large_files_are_told_apart(any_root: Path) -> None:
    put(any_root, "large.py", text="#" * (files.MAX_BYTES + 1))
    put(any_root, "small.py", text="#" * files.MAX_BYTES)
    selection = select(any_root)
    assert (selection.files, selection.large) == (("small.py",), ("large.py",))
    fault = requested(selection, [any_root / "large.py"])
    assert isinstance(fault, Fault)
    assert fault.reason == "is larger than 2 MB"


def test_links_are_not_followed_and_their_targets_count_once(
    any_root: Path, tmp_path: Path
) -> None:
    put(any_root, "real/a.py", "script")
    put(tmp_path, "outside/b.py")
    for link, target in {
        "again.py": "real/a.py",
        "folder": "real",
        "out.py": str(tmp_path / "outside/b.py"),
        "outside": str(tmp_path / "outside"),
        "loop.py": "loop.py",
        "up": "..",
        "real/self": ".",
        "broken.py": "nothing.py",
        "script.py": "script",
    }.items():
        (any_root / link).symlink_to(target)
    selection = select(any_root)
    assert names(selection) == ["real/a.py"]
    nowhere = "a symbolic link that leads nowhere or in a circle"
    assert reasons(selection) == {
        "broken.py": nowhere,
        "loop.py": nowhere,
        "out.py": "a symbolic link out of the project",
        "script.py": "a symbolic link to what is not looked at",
    }
    assert requested(selection, [any_root / "folder"]) == frozenset({"real/a.py"})
    assert requested(selection, [any_root / "again.py"]) == frozenset({"real/a.py"})


def test_a_folder_that_became_a_link_is_not_read_through(root: Path, tmp_path: Path) -> None:
    git(root, "init")
    put(root, "pkg/a.py")
    git(root, "add", ".")
    (root / "pkg").rename(tmp_path / "moved")
    (root / "pkg").symlink_to(tmp_path / "moved")
    assert names(select(root)) == []


def test_folders_and_pipes_named_like_modules_are_no_modules(any_root: Path) -> None:
    put(any_root, "folder.py/a.py")
    os.mkfifo(any_root / "pipe.py")
    assert names(select(any_root)) == ["folder.py/a.py"]


def test_names_that_are_not_utf8_are_selected(any_root: Path) -> None:
    path = os.fsencode(any_root) + b"/\xe9\n.py"
    Path(os.fsdecode(path)).write_bytes(b"")
    assert [os.fsencode(name) for name in select(any_root).files] == [b"\xe9\n.py"]


def test_a_folder_that_cannot_be_listed_is_a_fault(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.py", "closed/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    selection = select(root)
    assert names(selection) == ["a.py"]
    assert [str(fault) for fault in selection.faults] == [
        "closed: cannot be listed: Permission denied"
    ]


def test_the_root_is_the_nearest_repository(root: Path) -> None:
    put(root, "pyproject.toml", "a/pyproject.toml", "a/b/c.py")
    assert find_root([root / "a/b/c.py"]) == root / "a"
    (root / ".git").mkdir()
    assert find_root([root / "a/b/c.py"]) == root
    put(root, "a/.git", text="gitdir: elsewhere")
    assert find_root([root / "a/b", root / "a/b/c.py"]) == root / "a"
    assert find_root([root / "a/b", root / "pyproject.toml"]) == root


def test_a_project_that_is_its_own_virtual_environment_is_a_root(root: Path) -> None:
    put(root, "pyvenv.cfg", "pyproject.toml", "src/a.py")
    assert find_root([root / "src/a.py"]) == root


def test_without_any_marker_the_root_is_the_folder_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MARKERS", ("no-such-marker",))
    put(root, "a/b.py")
    assert find_root([root / "a"]) == root / "a"
    assert find_root([root / "a/b.py"]) == root / "a"
    monkeypatch.chdir(root)
    assert find_root([]) == root


def test_requested_names_files_and_folders(any_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(any_root, "a/b.py", "a/c/d.py", "ab.py")
    selection = select(any_root)
    monkeypatch.chdir(any_root / "a")
    assert requested(selection, [Path()]) == frozenset({"a/b.py", "a/c/d.py"})
    assert requested(selection, [Path("b.py"), Path("../ab.py")]) == frozenset({"a/b.py", "ab.py"})
    assert requested(selection, [any_root]) == frozenset(selection.files)


def test_a_wrong_path_is_a_fault(any_root: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside.py")
    selection = select(any_root)
    missing = requested(selection, [any_root / "missing.py"])
    outside = requested(selection, [tmp_path / "outside.py"])
    assert isinstance(missing, Fault)
    assert missing.reason == "does not exist"
    assert isinstance(outside, Fault)
    assert outside.reason.startswith("lies outside of the project root")


def test_dirty_names_what_git_could_not_restore(root: Path) -> None:
    git(root, "init")
    odd = ["clean.py", "changed.py", "staged.py", "sub/[a]*.py", "sub/é b.py", ":!x.py", "moved.py"]
    put(root, *odd, text="1")
    put(root, ".gitignore", text="ignored.py\nvenv/\n")
    git(root, "add", ".")
    git(root, "commit", "-m", "m")
    put(root, "changed.py", "staged.py", "sub/[a]*.py", "sub/é b.py", ":!x.py", text="2")
    put(root, "new.py", "sub/new/x.py", "ignored.py", "venv/x/y.py", text="3")
    git(root, "add", "staged.py")
    git(root, "mv", "moved.py", "renamed.py")
    asked = [*odd[:-1], "renamed.py", "new.py", "sub/new/x.py", "ignored.py", "venv/x/y.py"]
    assert dirty(root, asked) == asked[1:]
    assert dirty(root, ["clean.py"]) == []
    assert dirty(root, ["clean.py"] * 600 + ["new.py", "venv/x/y.py"]) == ["new.py", "venv/x/y.py"]
    assert dirty(root / "sub", ["new/x.py", "é b.py"]) == ["new/x.py", "é b.py"]


def test_before_the_first_commit_everything_is_dirty(root: Path) -> None:
    git(root, "init")
    put(root, "a.py")
    git(root, "add", "a.py")
    assert dirty(root, ["a.py"]) == ["a.py"]


def test_where_git_refuses_to_tell_everything_is_dirty(root: Path) -> None:
    (root / ".git").mkdir()
    put(root, "a.py")
    assert dirty(root, ["a.py"]) == ["a.py"]


def test_without_a_repository_nothing_is_dirty(root: Path) -> None:
    put(root, "a.py")
    assert dirty(root, ["a.py"]) == []


def test_listing_thousands_of_files_is_cheap(root: Path) -> None:
    put(root, *(f"p{n % 300}/q/m{n}.py" for n in range(3000)))
    git(root, "init")
    git(root, "add", ".")
    select(root)
    start = time.process_time()
    assert len(select(root).files) == 3000
    assert time.process_time() - start < 0.25  # far above what it takes, for a busy machine
