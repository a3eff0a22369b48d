"""The values of paths, and of what is read from the files that they lead to."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from .formats import data_at
from .values import Content, FilePath, Place, Text, Value

if TYPE_CHECKING:
    from ._around import Around

#: What gives the same path, as far as that matters here; links in a project are not followed.
_SAME = frozenset({"os.path.abspath", "os.path.realpath", "os.fspath"})
_JOIN = frozenset({"pathlib.Path", "pathlib.PurePath", "os.path.join"})
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix"})
_READ_METHODS = frozenset({"open", "read_text", "read_bytes"})
_LOADERS = {
    "json.load": "json",
    "json.loads": "json",
    "tomllib.load": "toml",
    "tomllib.loads": "toml",
    "tomli.load": "toml",
    "tomli.loads": "toml",
    "toml.load": "toml",
    "toml.loads": "toml",
    "yaml.safe_load": "yaml",
    "yaml.load": "yaml",
    "yaml.full_load": "yaml",
}


def path_of(place: Place, parts: list[Value]) -> Value:
    """The path that several parts make, each below the one before it."""
    texts = [part for part in parts[1:] if isinstance(part, Text) and part.sure]
    if not parts or len(texts) != len(parts) - 1 or any(_is_absolute(part) for part in texts):
        return Value(place)
    below = [part.text for part in texts]
    match parts[0]:
        case FilePath(path=path):
            return _in_project(place, posixpath.join(path, *below))
        case Text(text=text, sure=True) if text:
            return Text(place, posixpath.join(text, *below))
    return Value(place)


def _is_absolute(part: Text) -> bool:
    return part.text.startswith("/")


def _in_project(place: Place, path: str) -> Value:
    path = posixpath.normpath(path) if path else ""
    outside = path == ".." or path.startswith("../")
    return Value(place) if outside else FilePath(place, "" if path == "." else path)


def above(place: Place, path: Value, steps: int) -> Value:
    """The folder that many steps above a path of the project."""
    if not isinstance(path, FilePath):
        return Value(place)
    found = path.path
    for _ in range(steps):
        if not found:
            return Value(place)
        found = posixpath.dirname(found)
    return FilePath(place, found)


def of_parents(place: Place, node: ast.expr, index: ast.expr, around: Around) -> Value:
    """The value of ``path.parents[index]``."""
    number = index.value if isinstance(index, ast.Constant) else None
    if not isinstance(number, int) or number < 0:
        return Value(place)
    return above(place, around.value(place, node), number + 1)


def of_path_call(place: Place, name: str, arguments: list[Value]) -> Value | None:
    """The value of a call of a library function that knows paths or files; None for any other."""
    first = arguments[0] if arguments else Value(place)
    if name in _LOADERS:
        direct = name == "toml.load" and not isinstance(first, Content)
        file = first.file if isinstance(first, Content) else first if direct else Value(place)
        return data_at(place, file, (_LOADERS[name],))
    if name == "builtins.open":
        return Content(place, first)
    if name in _SAME:
        return first
    if name == "os.path.dirname":
        return above(place, first, 1)
    return path_of(place, arguments) if name in _JOIN else None


def of_path_method(
    place: Place, call: ast.Call, method: str, outer: Value, around: Around
) -> Value | None:
    """The value of a call of a method of a path or of an open file; None for any other."""
    if isinstance(outer, Content):
        return outer if method == "read" and not call.args else None
    if not isinstance(outer, FilePath | Text):
        return None
    if method in _SAME_METHODS:
        return outer
    if method in _READ_METHODS:
        return Content(place, outer)
    if method == "joinpath":
        return path_of(place, [outer, *(around.value(place, part) for part in call.args)])
    return None
