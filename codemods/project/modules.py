"""Which file a dotted module name means, seen from another file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

#: Names that always mean the installed library: a module of the project that shadowed one of them
#: would break the project itself, and the library's own repository is judged as its users are.
LIBRARIES = frozenset({"tortoise", "aerich", "fastapi", "starlette", "pydantic"}) | frozenset(
    sys.stdlib_module_names
)


class ModuleFinder:
    """Maps module names to files without importing anything.

    Args:
        files: POSIX paths, relative to the project root, of all Python files.
    """

    def __init__(self, files: Collection[str]) -> None:
        self._files = frozenset(files)
        self._folders = _folders(self._files)
        self._tops = _tops(self._files, self._folders)

    def find(self, module: str, level: int, importer: str) -> str | None:
        """The file, or the folder of a namespace package, that an import means.

        Args:
            module: Dotted name without leading dots; may be empty for a relative import.
            level: How many leading dots.
            importer: Path of the importing file.

        Returns:
            None where the name is not the project's, or where several files could be meant.
        """
        folder = importer.rpartition("/")[0]
        parts = module.split(".") if module else []
        if level:
            base = _ancestor(folder, level - 1)
            return None if base is None else self._at(base, parts)
        if not parts or parts[0] in LIBRARIES:
            return None
        return self._absolute(folder, parts)

    def child(self, path: str, name: str) -> str | None:
        """The submodule ``name`` of a package, given the package's file or folder."""
        if path.endswith("/__init__.py"):
            path = path.removesuffix("/__init__.py")
        elif path == "__init__.py":
            path = ""
        elif path.endswith(".py"):
            return None
        return self._at(path, [name])

    def knows(self, module: str) -> bool:
        """Whether the project has a module or package of that top-level name anywhere."""
        top = module.partition(".")[0]
        return top in self._tops and top not in LIBRARIES

    def is_package(self, folder: str) -> bool:
        """Whether a folder holds an ``__init__.py``."""
        return _join(folder, "__init__.py") in self._files

    def _absolute(self, folder: str, parts: list[str]) -> str | None:
        """Nearest source root above the importer first; then the one place that has the name."""
        tops = self._tops.get(parts[0], frozenset())
        roots = [root for root in (folder, *_ancestors(folder)) if root in tops]
        for package in (False, True):
            found = {
                self._at(root, parts) for root in roots if self.is_package(root) is package
            } - {None}
            if len(found) == 1:
                return found.pop()
            if found:
                return None
        elsewhere = {self._at(root, parts) for root in tops if not self.is_package(root)} - {None}
        return elsewhere.pop() if len(elsewhere) == 1 else None

    def _at(self, base: str, parts: list[str]) -> str | None:
        folder = base
        for part in parts[:-1]:
            folder = _join(folder, part)
        path = _join(folder, parts[-1]) if parts else folder
        for candidate in (f"{path}.py" if parts else "", _join(path, "__init__.py")):
            if candidate in self._files:
                return candidate
        return path if path in self._folders else None


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _ancestor(folder: str, levels: int) -> str | None:
    for _ in range(levels):
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
    return folder


def _ancestors(folder: str) -> list[str]:
    found = []
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    return found


def _folders(files: Collection[str]) -> frozenset[str]:
    """Every folder below the root that holds Python files, at any depth."""
    folders: set[str] = set()
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(folders)


def _tops(files: Collection[str], folders: Collection[str]) -> dict[str, frozenset[str]]:
    """Module name to the folders that directly hold a module or package of that name."""
    tops: dict[str, set[str]] = {}
    for path in (*files, *folders):
        folder, _, name = path.rpartition("/")
        tops.setdefault(name.removesuffix(".py"), set()).add(folder)
    return {name: frozenset(roots) for name, roots in tops.items()}
