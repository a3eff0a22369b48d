"""Which files that are not Python a run may change: configurations, when a repair needs it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from . import git, gitignore
from .files import MAX_BYTES
from .globs import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Documents:
    """The files of one run that are not Python, for as much as they are asked for.

    Args:
        root: The project root, absolute and without symbolic links.
        named: What the user named.
        exclude: Patterns of paths to leave out.
    """

    def __init__(self, root: Path, named: Sequence[Path], exclude: Sequence[str]) -> None:
        self._top = os.fspath(root)
        self._named = [os.path.realpath(path) for path in named]
        self._exclude = [pattern(glob) for glob in exclude]
        self._known: dict[str, bool] = {}

    def may_change(self, path: str) -> bool:
        """Whether a file lies in what the user named, and nothing keeps the run from it."""
        if path not in self._known:
            self._known[path] = self._decide(path)
        return self._known[path]

    def _decide(self, path: str) -> bool:
        full = os.path.normpath(f"{self._top}/{path}")
        inside = any(_reaches(one, full) for one in self._named)
        if not inside or any(glob.match(path) for glob in self._exclude):
            return False
        try:
            status = os.lstat(full)
        except OSError:
            return False
        usual = stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES
        return usual and not self._is_ignored(path)

    def _is_ignored(self, path: str) -> bool:
        ignored = git.ignores(self._top, path)
        return gitignore.ignores(self._top, path) if ignored is None else ignored


def _reaches(named: str, full: str) -> bool:
    return full == named or full.startswith(named.rstrip(os.sep) + os.sep)
