"""Writes `postgres://` for `postgresql://` in database URLs, where the release refuses the latter.

What it does
    In a URL that is handed to Tortoise, `postgresql://` becomes `postgres://`.

Why
    Before tortoise-orm 1.1.8 the start fails with

        ConfigurationError: Unknown DB scheme: postgresql

    `postgres://` means the same, in every release.

Before
    await Tortoise.init(
        db_url="postgresql://shop@localhost/shop", modules={"models": ["shop.models"]}
    )

After
    await Tortoise.init(
        db_url="postgres://shop@localhost/shop", modules={"models": ["shop.models"]}
    )

When it is safe
    The start fails as it is. The string is proven to be a connection of a configuration or the
    `db_url` of a call, and leads nowhere else. `postgres://` works in every release.

What it leaves alone
    Projects that may use 1.1.8 or newer. Strings that Tortoise does not get, however alike they
    look: guards, URLs of other libraries.
    Unsafe: a JSON, YAML or TOML file that several files of the project name; a configuration, where
    some code looks up its "connections".
    Left for you: a variable or a setting that something else uses too, which may well need
    `postgresql://`, as SQLAlchemy does; f-strings.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.documents import ReplaceText
from ..edits.expressions import ReplaceExpression
from ..project.configs import starts_of
from ..project.evaluate import value_of
from ..project.model_targets import is_test
from ..project.namings import is_found
from ..project.uses import uses_of
from ..project.values import Table, Text, Value
from ..source import Fault
from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_UNTIL = "1.1.8"
_WRONG, _RIGHT = "postgresql://", "postgres://"
_ERROR = "ConfigurationError: Unknown DB scheme: postgresql"
_RESTS = "it rests on nothing but Tortoise taking the URL from that file"
_LOOKED_UP = "it rests on nothing but Tortoise taking the URL from the configuration"
#: Where the connections of a mapping are looked up, as for another library.
_LOOKING = re.compile(rb"[\[(]\s*[\"']connections[\"']\s*[\],)]")


def _findings(project: Project) -> Iterator[Finding]:
    seen: set[object] = set()
    for value, depth in _urls(project):
        key, path = value.place.key, value.place.module.path
        older = project.versions_of(path).at_least("tortoise-orm", _UNTIL) is False
        if older and key not in seen and _is_wrong(value):
            seen.add(key)
            yield _finding(project, value, depth)


def _urls(project: Project) -> Iterator[tuple[Value, int]]:
    """What the connections are given, each with how many names lead to its configuration."""
    for one in configurations(project):
        connections = one.config.table.entries.get("connections")
        if isinstance(connections, Table):
            depth = len(one.config.place.via)
            yield from ((value, depth) for value in connections.entries.values())
    for start in starts_of(project):
        url = start.argument("db_url")
        if url is not None and not is_test(start.module.path):
            yield value_of(start.module, url, frozenset(), []), 0


def _is_wrong(value: Value) -> bool:
    if value.place.inside is not None:
        return isinstance(value, Text) and value.text.startswith(_WRONG)
    node = value.place.node
    first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    text = first.value if isinstance(first, ast.Constant) else None
    return isinstance(text, str) and text.startswith(_WRONG)


def _finding(project: Project, value: Value, depth: int) -> Finding:
    place = value.place
    module, span = place.module, place.module.span(place.node)
    message = f'the start fails with "{_ERROR}"'
    if place.inside is not None and isinstance(value, Text):
        new = value.text.replace(_WRONG, _RIGHT, 1)
        in_file = ReplaceText(place.inside.path, place.inside.keys, new)
        alone = _readers(project, place.inside.path) == 1
        safety, advice = (Safety.SAFE, "") if alone else (Safety.UNSAFE, _RESTS)
        return Finding(RULE.code, module.path, span, message, safety, (in_file,), advice)
    shared = [h.name for h in place.via[depth:] if uses_of(project, h).count != 1]
    text = module.text(place.node)
    if shared or text.count(_WRONG) != 1 or isinstance(place.node, ast.JoinedStr):
        what = f"{shared[0]} is used elsewhere too" if shared else "the string is put together"
        advice = f"{what}: pass {_RIGHT} to Tortoise"
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    edit = ReplaceExpression(module.path, span, text.replace(_WRONG, _RIGHT))
    taken = depth > 0 and is_found(module, _LOOKING)
    safety, advice = (Safety.UNSAFE, _LOOKED_UP) if taken else (Safety.SAFE, "")
    return Finding(RULE.code, module.path, span, message, safety, (edit,), advice)


def _readers(project: Project, path: str) -> int:
    """How many files of the project name a file that is not Python."""
    name = path.rpartition("/")[2].encode()
    contents = (project.read(one) for one in project.files)
    return sum(not isinstance(data, Fault) and name in data for data in contents)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR422",
    name="db-url-scheme",
    summary="a database URL begins with `postgresql://`, which releases before 1.1.8 refuse",
    until="1.1.8",
    find=_find,
    modules=_modules,
)
