"""How the files of a project are called where the user stands."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..source import display

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Where:
    """The project root, and the folder that the user stands in.

    Attributes:
        root: The project root.
        cwd: The folder that printed paths are relative to.
    """

    root: str
    cwd: str = field(default_factory=os.getcwd)

    def relative(self, path: str) -> str:
        """A path given relative to the root, or absolute, as one relative to the user's folder."""
        full = path if os.path.isabs(path) else f"{self.root}/{path}"  # noqa: PTH117
        return os.path.relpath(full, self.cwd).replace(os.sep, "/")

    def show(self, path: str) -> str:
        """``relative``, with what does not print written as escapes."""
        return display(self.relative(path)) if path else ""

    def patch_root(self, paths: Iterable[str]) -> str:
        """The folder in which a patch of these paths is applied.

        It is the user's own folder, unless a path lies outside of it: a patch cannot lead upwards.
        """
        outside = any(self.relative(path).startswith("../") for path in paths)
        return self.root if outside else self.cwd
