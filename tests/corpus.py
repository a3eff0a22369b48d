"""Real projects as trees of files: releases and git repositories, never installed or imported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTED = Path(__file__).with_name("projects.tsv")
GIT_ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "tests",
    "GIT_AUTHOR_EMAIL": "tests@localhost",
    "GIT_COMMITTER_NAME": "tests",
    "GIT_COMMITTER_EMAIL": "tests@localhost",
}
_LARGEST_BYTES = 500 * 2**20


class CorpusError(Exception):
    """A project could not be had, and why."""


class Listed(NamedTuple):
    """One line of the list: ``kind`` is pypi or github, ``source`` NAME==VERSION or OWNER/NAME."""

    kind: str
    source: str
    commit: str


def default_cache() -> Path:
    """Where downloads are kept between runs; ``TORTOISE_FIX_TEST_CACHE`` overrides it."""
    named = os.environ.get("TORTOISE_FIX_TEST_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tortoise-fix-tests"


def read_list(path: Path) -> list[Listed]:
    """The projects that ``path`` lists. Raises CorpusError when it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CorpusError(f"cannot read the list of projects {path}: {error.strerror}") from error
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    listed = [Listed(*[*row, "", ""][:3]) for row in rows if row[0] in ("pypi", "github")]
    if not listed:
        raise CorpusError(f"{path} lists no project: expected lines of kind, source, commit")
    return listed


def download(requirement: str, cache: Path, source: bool = False) -> Path:
    """The archive of one release, from the cache or from pip. Raises CorpusError.

    Wheels only, unless ``source``: pip runs the code of a source archive to learn its metadata.
    """
    name = requirement + ("-source" if source else "")
    folder = cache / "archives" / re.sub(r"[^\w.=-]", "_", name)
    found = _archives(folder)
    if not found:
        folder.mkdir(parents=True, exist_ok=True)
        kind = "--no-binary=:all:" if source else "--only-binary=:all:"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind]
        command += ["--ignore-requires-python", "--dest", str(folder), requirement]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        found = _archives(folder)
        if done.returncode or not found:
            raise CorpusError(f"pip cannot download {requirement}: {done.stderr.strip()}")
    return found[0]


def _archives(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.name.endswith((".whl", ".tar.gz")))


def unpack(archive: Path, target: Path) -> None:
    """Unpack a wheel or source archive below ``target``. Raises CorpusError for a hostile one."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                _check(archive, [(item.filename, item.file_size) for item in wheel.infolist()])
                wheel.extractall(target)
        else:
            with tarfile.open(archive) as tar:
                _check(archive, [(item.name, item.size) for item in tar])
                tar.extractall(target, filter="data")
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise CorpusError(f"cannot unpack {archive.name}: {error}") from error


def _check(archive: Path, items: list[tuple[str, int]]) -> None:
    if sum(size for _, size in items) > _LARGEST_BYTES:
        raise CorpusError(f"{archive.name} unpacks to more than {_LARGEST_BYTES >> 20} MB")
    for name, _ in items:
        if name.startswith(("/", "\\")) or ".." in Path(name).parts:
            raise CorpusError(f"{archive.name} holds the unsafe path {name!r}")


def copy_tree(source: Path, target: Path) -> None:
    """Copy the files of a project, without its ``.git``; links stay links."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def check_out(mirror: Path, commit: str, target: Path) -> None:
    """Write the files of ``commit`` of a bare repository below ``target``. Raises CorpusError.

    A blob that the mirror does not hold is left out, unless it is Python.
    """
    target.mkdir(parents=True)
    repository = find_repository(mirror)
    environment = {**GIT_ENVIRONMENT, "GIT_INDEX_FILE": str(target.with_suffix(".index"))}
    command = ["git", f"--git-dir={repository}", f"--work-tree={target}", "-c", "core.bare=false"]
    known = subprocess.run(
        [*command, "cat-file", "-e", f"{commit}^{{commit}}"], capture_output=True
    )
    revision = commit if commit and known.returncode == 0 else "HEAD"
    for step in (["read-tree", revision], ["checkout-index", "--all", "--quiet"]):
        done = subprocess.run(
            [*command, *step], env=environment, cwd=target, capture_output=True, text=True
        )
        missing = re.findall(r"sha1 file of (.*) \(\w+\)", done.stderr)
        python = [name for name in missing if name.endswith(".py")]
        if done.returncode and (python or not missing):
            raise CorpusError(f"{mirror.name}: git {step[0]}: {done.stderr.strip()}")


def find_repository(mirror: Path) -> Path:
    """The bare git directory at or directly below ``mirror``. Raises CorpusError."""
    for folder in (mirror, *sorted(mirror.glob("*"))):
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return folder
    raise CorpusError(f"{mirror} holds no git directory")


def files_of(root: Path) -> Iterator[tuple[str, bytes]]:
    """Each file below ``root`` but those of git: its POSIX path and its bytes; a link's target."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name != ".git")
        for name in sorted(files):
            path = Path(folder, name)
            link = path.is_symlink()
            data = b"-> " + os.fsencode(path.readlink()) if link else path.read_bytes()
            yield path.relative_to(root).as_posix(), data
