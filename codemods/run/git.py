"""What git knows of the files of a project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_VARIABLES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
_MOST_ARGUMENTS = 500


def dirty(root: Path, files: Sequence[str]) -> list[str]:
    """Those of the files, relative to the root, that git could not restore as they are now.

    They have uncommitted changes, or git does not track them. Empty where there is no repository
    or no git program; all of the files where git refuses to tell.
    """
    top = os.path.realpath(root)
    if not files or not _in_repository(top):
        return []
    few = list(files) if len(files) <= _MOST_ARGUMENTS else ["."]
    options = ("--porcelain", "-z", "--untracked-files=all", "--ignored=matching", "--no-renames")
    prefix = _git(top, "rev-parse", "--show-prefix")
    status = _git(top, "status", *options, "--", *few)
    if prefix is None or status is None:
        return [] if _git(top, "--version") is None else list(files)
    start = len(os.fsdecode(prefix).removesuffix("\n"))
    changed = {entry[3 + start :] for entry in os.fsdecode(status).split("\0")}
    ignored = tuple(path for path in changed if path.endswith("/"))
    return [file for file in files if file in changed or file.startswith(ignored)]


def listed(top: str) -> set[str]:
    """The Python files below a folder that git tracks or would track, relative to it.

    Empty where git does not answer.
    """
    if not _in_repository(top):
        return set()
    options = ("-z", "--cached", "--others", "--exclude-standard", "--", "*.py")
    out = _git(top, "ls-files", *options)
    # Paths under a folder that git ignores are not listed, so that such a root comes out empty.
    return set(filter(None, os.fsdecode(out or b"").split("\0")))


def ignores(top: str, path: str) -> bool | None:
    """Whether git ignores a file below a folder, given relative to it; None without git."""
    if not _in_repository(top) or _git(top, "--version") is None:
        return None
    return _git(top, "check-ignore", "--quiet", "--", path) is not None


def _in_repository(top: str) -> bool:
    path = Path(top)
    return any(os.path.lexists(folder / ".git") for folder in (path, *path.parents))


def _git(top: str, *arguments: str) -> bytes | None:
    """What a git command prints, or None when it fails or there is no git."""
    import subprocess

    environment = {k: v for k, v in os.environ.items() if k not in _VARIABLES}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    if arguments[0] == "status":
        command.insert(1, "--literal-pathspecs")
    try:
        result = subprocess.run(
            command, cwd=top, env=environment, stdin=subprocess.DEVNULL, capture_output=True
        )
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None
