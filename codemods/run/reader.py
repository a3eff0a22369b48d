"""Reading the files of a project, once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Reader:
    """Reads files once, as values: bytes, or why not.

    Attributes:
        root: The folder that all paths are relative to.
    """

    _KEEP = 32_000_000  #: bytes kept in memory; what lies beyond is read again when needed

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._kept: dict[str, bytes] = {}
        self._failed: dict[str, Fault] = {}
        self._size = 0

    def __call__(self, path: str) -> bytes | Fault:
        known = self._kept.get(path)
        if known is not None:
            return known
        if path in self._failed:
            return self._failed[path]
        try:
            with open(f"{self.root}/{path}", "rb") as file:  # noqa: PTH123 (a hot loop)
                data = file.read()
        except OSError as error:
            self._failed[path] = Fault(path, 0, f"cannot be read: {error.strerror}")
            return self._failed[path]
        if self._size + len(data) <= self._KEEP:
            self._kept[path] = data
            self._size += len(data)
        return data

    def faults(self, wanted: Iterable[str]) -> list[Fault]:
        """The files among ``wanted`` that could not be read."""
        return [self._failed[path] for path in sorted(wanted) if path in self._failed]

    def mentions(self, path: str, word: bytes) -> bool:
        """Whether a file, however large, holds a word; read in pieces."""
        try:
            with open(f"{self.root}/{path}", "rb") as file:  # noqa: PTH123
                tail = b""
                while piece := file.read(1 << 20):
                    if word in tail + piece:
                        return True
                    tail = piece[-len(word) :]
        except OSError:
            return False
        return False
