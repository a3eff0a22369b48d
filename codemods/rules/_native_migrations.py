"""Whether a project has migrations in the format that Tortoise itself reads, since 1.0."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..project.index import Project

_NATIVE = re.compile(rb"^\s*(?:from\s+tortoise\.migrations|import\s+tortoise\.migrations)\b", re.M)
_NATIVE_NAME = re.compile(rb"^\s*from\s+tortoise\s+import\s+.*\bmigrations\b", re.M)


def has_native_migrations(project: Project, folder: str) -> bool:
    """Whether migrations in Tortoise's own format lie below a folder."""
    for here, folders, files in os.walk(project.root / folder):
        folders[:] = [f for f in folders if not f.startswith(".") and not _is_foreign(here, f)]
        if "migrations" in here.replace(os.sep, "/").split("/"):
            paths = (f"{here}/{name}" for name in files if name.endswith(".py"))
            if any(_is_native(path) for path in paths):
                return True
    return False


def _is_foreign(here: str, folder: str) -> bool:
    if folder in ("node_modules", "site-packages", "dist-packages", "__pycache__"):
        return True
    return os.path.lexists(f"{here}/{folder}/pyvenv.cfg")


def _is_native(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except OSError:
        return False
    return bool(_NATIVE.search(data) or _NATIVE_NAME.search(data))
