"""Configurations in files that are not Python: JSON, which Tortoise reads with ``config_file``."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING

from ..source import Fault
from .texts import Texts
from .values import Constant, Place, Row, Table, Text, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project

_READS_FILE = b"config_file"
_NAME = re.compile(rb"[\"']([\w./-]+\.json)[\"']")


def data_at(name: Value) -> Value:
    """The content of the file that a path leads to; unknown unless it is exactly one file.

    A relative path starts where the program is run: at the root, at the folder of the project's
    manifests, or beside the file that names it.
    """
    if not isinstance(name, Text) or not name.sure or not name.text.endswith(".json"):
        return Value(name.place)
    project, path = name.place.module.project, name.place.module.path
    texts = Texts(project.root)
    found = [one for one in _candidates(project, path, name.text) if texts.exists(one)]
    if len(found) != 1:
        return Value(name.place)
    try:
        return _of_data(name.place, json.loads(texts.read(found[0]) or ""))
    except (ValueError, RecursionError):
        return Value(name.place)


def config_files(project: Project) -> tuple[str, ...]:
    """Every path that a configuration may be read from, whether or not there is a file."""
    found: set[str] = set()
    for path in project.relevant:
        data = project.read(path)
        if not isinstance(data, Fault) and _READS_FILE in data:
            for match in _NAME.finditer(data):
                found.update(_candidates(project, path, match[1].decode()))
    return tuple(sorted(found))


def _candidates(project: Project, path: str, name: str) -> list[str]:
    """The files that a relative path may mean, each once."""
    bases = ("", project.versions_of(path).directory, posixpath.dirname(path))
    paths = (posixpath.normpath(posixpath.join(base, name)) for base in bases)
    return list(dict.fromkeys(one for one in paths if not one.startswith(("/", ".."))))


def _of_data(place: Place, data: object) -> Value:
    """The value of parsed data, all of it built at one place."""
    if isinstance(data, str):
        return Text(place, data)
    if isinstance(data, dict):
        return Table(place, dict(_pairs(place, data)))
    if isinstance(data, list):
        return Row(place, tuple(_of_data(place, one) for one in data))
    return Constant(place, data)


def _pairs(place: Place, data: dict[str, object]) -> Iterator[tuple[str, Value]]:
    for key, value in data.items():
        yield key, _of_data(place, value)
