"""The changes of a plan while it is being made: files as they would be, and what is repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .changes import FileChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..rules._base import Finding
    from ..source import Fault
    from .reader import Reader


class Draft:
    """The changes so far.

    Args:
        reader: Gives the files as they are on disk.

    Attributes:
        files: The new bytes of each file that is changed.
    """

    def __init__(self, reader: Reader) -> None:
        self.files: dict[str, bytes] = {}
        self._reader = reader
        self._fixed: dict[str, list[Finding]] = {}

    def read(self, path: str) -> bytes | Fault:
        """A file as it would be with the changes so far."""
        return self.files[path] if path in self.files else self._reader(path)

    def mentions(self, path: str, word: bytes) -> bool:
        """Whether a word is in a file as it would be; not in one that cannot be read."""
        data = self.read(path)
        return isinstance(data, bytes) and word in data

    def take(self, files: Mapping[str, bytes], findings: Iterable[Finding]) -> None:
        """Add new contents, and what they repair."""
        self.files.update(files)
        for finding in findings:
            for path in finding.paths:
                self._fixed.setdefault(path, []).append(finding)

    def drop(self, paths: Iterable[str]) -> list[str]:
        """Take back the changes of files, and of those that one repair changed with them.

        Gives all of these files, sorted.
        """
        dropped = set(paths)
        links = [set(finding.paths) for found in self._fixed.values() for finding in found]
        while any(link & dropped and not link <= dropped for link in links):
            dropped |= {path for link in links if link & dropped for path in link}
        for path in dropped:
            self.files.pop(path, None)
            self._fixed.pop(path, None)
        return sorted(dropped)

    def changes(self) -> Iterator[FileChange]:
        """The changes of files whose content differs in the end, ordered by path."""
        for path in sorted(self.files):
            old, new = self._reader(path), self.files[path]
            if isinstance(old, bytes) and old != new:
                yield FileChange(path, old, new, tuple(self._fixed.get(path, ())))
