"""Configurations in files that are not Python: JSON, TOML and YAML."""

from __future__ import annotations

import json
import posixpath
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ..source import Fault, decode
from .texts import Texts
from .values import Constant, FilePath, Inside, Place, Row, Table, Text, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project

_FORMATS = {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
#: What ``config_file`` may name; Tortoise refuses the others.
OF_TORTOISE = ("json", "yaml")


def format_of(path: str) -> str:
    """The format that the name of a file says: json, toml or yaml; empty for any other."""
    return _FORMATS.get(posixpath.splitext(path)[1], "")


def is_document(path: str) -> bool:
    """Whether a file is changed as a document, not as Python code."""
    plain = path.endswith(".txt") or posixpath.basename(path) in ("setup.cfg", "Pipfile")
    return plain or bool(format_of(path))


def parsed(path: str, text: str) -> object:
    """The content of a document, in the format that its name says.

    Raises:
        ValueError: The text is not valid in that format, or nested too deeply.
    """
    try:
        match format_of(path):
            case "json":
                return json.loads(text)
            case "toml":
                return _of_toml(text)
            case "yaml":
                return _of_yaml(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    raise ValueError(f"{path} is in no format that is known")


def _of_toml(text: str) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _of_yaml(text: str) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content: object = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(str(error)) from error
    return content


def data_at(place: Place, name: Value, formats: tuple[str, ...]) -> Value:
    """The content of the file that a path leads to; unknown unless it is exactly one file.

    A relative path starts where the program is run: at the root, at the folder of the project's
    manifests, or beside the file that names it.

    Args:
        place: The expression that reads it.
        name: The path.
        formats: The formats that the reader of the file understands.
    """
    project, unknown = place.module.project, Value(place)
    names = [one for one in _candidates(project, name) if format_of(one) in formats]
    _looked_for(project).update(names)
    texts = Texts(project.root)
    found = [one for one in names if texts.exists(one)]
    data = project.read(found[0]) if len(found) == 1 else b""
    source = data if isinstance(data, Fault) or not data else decode(found[0], data)
    if isinstance(source, Fault | bytes):
        return unknown
    try:
        content = parsed(found[0], source.text)
    except ValueError:
        return unknown
    return _of_data(replace(place, inside=Inside(found[0])), content)


def looked_for(project: Project) -> tuple[str, ...]:
    """Every file that a configuration was read from so far, or would be if it existed."""
    return tuple(sorted(_looked_for(project)))


def _looked_for(project: Project) -> set[str]:
    found: set[str] = project.memo.setdefault(looked_for, set())
    return found


def _candidates(project: Project, name: Value) -> list[str]:
    """The files that a path may mean, each once."""
    if isinstance(name, FilePath):
        return [name.path]
    if not isinstance(name, Text) or not name.sure:
        return []
    path = name.place.module.path
    bases = ("", project.versions_of(path).directory, posixpath.dirname(path))
    paths = (posixpath.normpath(posixpath.join(base, name.text)) for base in bases)
    return list(dict.fromkeys(one for one in paths if not one.startswith(("/", ".."))))


def _of_data(place: Place, data: object) -> Value:
    """The value of parsed data."""
    if isinstance(data, str):
        return Text(place, data)
    if isinstance(data, dict):
        return Table(place, dict(_pairs(place, data)))
    if isinstance(data, list):
        return Row(place, tuple(_of_data(place, one) for one in data))
    return Constant(place, data)


def _pairs(place: Place, data: dict[object, object]) -> Iterator[tuple[str, Value]]:
    assert place.inside
    for key, value in data.items():
        inside = Inside(place.inside.path, (*place.inside.keys, str(key)))
        yield str(key), _of_data(replace(place, inside=inside), value)
