"""Reading small text files of the project once each, and remembering which could not be read."""

from __future__ import annotations

import codecs
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from ..source import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TOML_LINE = re.compile(r"at line (\d+)")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Texts:
    """The text files under ``root``, by POSIX path relative to it.

    Args:
        root: The directory that all paths are relative to.
        read: Gives the bytes of a file, if not as they are on disk.

    Attributes:
        root: The directory that all paths are relative to.
        faults: What could not be read or understood so far.
    """

    def __init__(self, root: Path, read: Callable[[str], bytes | Fault] | None = None) -> None:
        self.root = root
        self._read = read
        self.faults: list[Fault] = []
        self._texts: dict[str, str | None] = {}
        self._tried: set[str] = set()

    def names(self, directory: str) -> frozenset[str]:
        """The names in a directory; none when it cannot be listed."""
        try:
            return frozenset(entry.name for entry in os.scandir(self.root / directory))
        except OSError:
            return frozenset()

    def raw(self, path: str) -> bytes:
        """The content of a file; nothing, and a fault, when it cannot be read."""
        self._tried.add(path)
        data = self._read(path) if self._read else b""
        if isinstance(data, Fault):
            self.faults.append(data)
            return b""
        if self._read:
            return data
        try:
            return (self.root / path).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.blame(path, 0, f"cannot be read: {reason}")
        return b""

    def read(self, path: str) -> str | None:
        """The text of a file in UTF-8, or in what its byte order mark says.

        Returns None, and keeps a fault, when it cannot be read or decoded.
        """
        if path not in self._texts:
            self._texts[path] = self._decode(path, self.raw(path))
        return self._texts[path]

    def toml(self, path: str) -> dict[str, Any] | None:
        """The content of a TOML file; None, and a fault, when it cannot be read or parsed."""
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        text = self.read(path)
        if text is None:
            return None
        try:
            found: dict[str, Any] = tomllib.loads(text)
            return found
        except (ValueError, RecursionError) as error:
            line = _TOML_LINE.search(str(error))
            self.blame(path, int(line[1]) if line else 0, f"is not valid TOML: {error}")
            return None

    def salvage(self, path: str) -> str:
        """The text of a file that does not decode, each byte a character."""
        try:
            return _one_line_end((self.root / path).read_bytes().decode("latin-1"))
        except OSError:
            return ""

    def exists(self, path: str) -> bool:
        """Whether a normalised path leads to a file inside the root."""
        if path.startswith(("/", "../")):
            return False
        try:
            return (self.root / path).is_file()
        except (OSError, ValueError):
            return False

    def blame(self, path: str, line: int, reason: str) -> None:
        """Keep the reason why a file, or a part of it, is not taken into account."""
        fault = Fault(path, line, reason)
        if fault not in self.faults:
            self.faults.append(fault)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were read, or that reading was tried of, in order of path."""
        return tuple(sorted(self._tried))

    def _decode(self, path: str, data: bytes) -> str | None:
        bom, encoding = next((b for b in _BOMS if data.startswith(b[0])), (b"", "utf-8"))
        body = data[len(bom) :]
        try:
            return _one_line_end(body.decode(encoding))
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            self.blame(path, line, f"is not valid {encoding}")
            return None


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
