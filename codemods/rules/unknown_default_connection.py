"""Reports apps whose connection the configuration does not have, and names the only one it has.

What it does
    Looks at `default_connection` of each app, which is "default" where it is left out. Where the
    configuration has one connection alone, that is what the app gets.

Why
    The start fails: since tortoise-orm 1.0 with

        ConfigurationError: App "models" refers to unknown connection "main"

    or, where `default_connection` is left out, with the error that all releases before have:

        ConfigurationError: Unable to get db settings for alias 'default'. Please check if the
        config dict contains this alias and try again

Before
    TORTOISE_ORM = {
        "connections": {"main": "sqlite://db.sqlite3"},
        "apps": {"models": {"models": ["shop.models"]}},
    }

After
    TORTOISE_ORM = {
        "connections": {"main": "sqlite://db.sqlite3"},
        "apps": {"models": {"models": ["shop.models"], "default_connection": "main"}},
    }

When it is safe
    With `default_connection` left out, it is safe from 1.0 on: the start fails as it is, and there
    is one connection alone. A name that is written but unknown may be a slip on either side: that
    repair is unsafe. So it is where another file names the configuration and "connections", which
    may be others for the same apps.

What it leaves alone
    Configurations whose connections are not all known; several connections are left for you.
    Before 1.0 an app without `default_connection` works, whatever the connection is called.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.documents import ReplaceText
from ..edits.elements import AddEntry
from ..edits.expressions import ReplaceExpression
from ..project.spelled import spelled_in
from ..project.values import Table, Text
from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations
from ._fetch_paths import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.config_values import AppConfig
    from ..project.index import Project
    from ..project.values import Place
    from ._configurations import Configuration

_SINCE = "1.0.0"
_KEY = "default_connection"
_UNKNOWN = 'ConfigurationError: App "{app}" refers to unknown connection "{name}"'
_NO_SETTINGS = "ConfigurationError: Unable to get db settings for alias '{name}'"
_VARIED = "it rests on no other file giving the apps other connections"
_CONNECTIONS = re.compile(rb"[\"']connections[\"']|\bconnections\s*=")
_RESTS = 'it rests on "{0}" being meant, the only connection there is'


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        known = None if one.config.assumed else one.config.connections
        for app in (one.config.apps or ()) if known is not None else ():
            if app.default_connection not in {*(known or ()), None}:
                yield from _finding(project, one, app)


def _finding(project: Project, one: Configuration, app: AppConfig) -> Iterator[Finding]:
    table = _table(one, app)
    value = table.entries.get(_KEY) if table else None
    recent = project.versions_of(one.path).at_least("tortoise-orm", _SINCE)
    written = isinstance(value, Text)
    if table is None or (not written and (value is not None or not recent)):
        return
    name, known = app.default_connection or "", sorted(one.config.connections or ())
    error = (_UNKNOWN if recent and written else _NO_SETTINGS).format(app=app.label, name=name)
    place = value.place if written and value is not None else app.place
    span = place.module.span(place.node)
    message = f'the app "{app.label}" is on a connection that is not there: "{error}"'
    edit = _edit(place, known[0], written) if len(known) == 1 else None
    if edit is None or place.via[len(one.config.place.via) :]:
        advice = f"name one of {', '.join(known)}" if known else "define the connection"
        yield Finding(RULE.code, place.module.path, span, message, Safety.MANUAL, (), advice)
        return
    advice = _RESTS.format(known[0]) if written else ""
    advice = advice or (_VARIED if _is_varied(project, one) else "")
    safety = Safety.UNSAFE if advice else Safety.SAFE
    yield Finding(RULE.code, place.module.path, span, message, safety, (edit,), advice)


def _is_varied(project: Project, one: Configuration) -> bool:
    """Whether another file may put other connections in the place of these, as for tests."""
    for held in one.config.place.via:
        for path, _ in spelled_in(project, held.name):
            data = project.read(path)
            if path != one.path and isinstance(data, bytes) and _CONNECTIONS.search(data):
                return True
    return False


def _table(one: Configuration, app: AppConfig) -> Table | None:
    """What the configuration says of an app."""
    apps = one.config.table.entries.get("apps")
    found = apps.entries.get(app.label) if isinstance(apps, Table) else None
    return found if isinstance(found, Table) and not found.open else None


def _edit(place: Place, name: str, written: bool) -> Edit | None:
    node, path, span = place.node, place.module.path, place.module.span(place.node)
    if place.inside is not None:
        inside = place.inside
        return ReplaceText(inside.path, inside.keys, name) if written else None
    if written and isinstance(node, ast.Constant):
        return ReplaceExpression(path, span, quoted(place.module, name))
    if not written and isinstance(node, ast.Dict) and node.keys:
        return AddEntry(path, span, quoted(place.module, _KEY), quoted(place.module, name))
    return None


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR425",
    name="unknown-default-connection",
    summary="an app is on a connection that the configuration does not have",
    find=_find,
    modules=_modules,
)
