"""On which connection a model lives, as far as the project's configuration shows it.

Where several connections are configured, a model is on the default connection of its app, unless a
router decides otherwise for a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.configs import App, Connections, connections_of
from ..project.facts import OPAQUE
from ..project.field_kinds import aliased

if TYPE_CHECKING:
    from ..project.index import Project
    from ..project.models import Model
    from ..project.symbols import Class

#: Packages whose model modules hold no model of a project.
_OF_LIBRARIES = frozenset({"aerich", "tortoise"})


def home_of(project: Project, path: str, symbol: Class) -> str | None:
    """The connection of a model, and of every model derived from it; None where it is not proven.

    Args:
        project: The project.
        path: The file that uses the model: with it goes which configurations hold.
        symbol: The model, which may be abstract.
    """
    key = (home_of, project.versions_of(path).directory, path, symbol)
    if key not in project.memo:
        project.memo[key] = _home(project, path, symbol)
    found: str | None = project.memo[key]
    return found


def is_routed(project: Project, path: str) -> bool:
    """Whether a router may choose another connection for a call than that of the model."""
    known = connections_of(project, path)
    return known is None or (known.routers and len(known.names) > 1)


def _home(project: Project, path: str, symbol: Class) -> str | None:
    known = connections_of(project, path)
    if known is None:
        return None
    if len(known.names) == 1:
        return next(iter(known.names))
    tables = [one for one in project.models.descendants(symbol) if not one.abstract]
    homes = {_of_table(project, path, known, one) for one in tables}
    return homes.pop() if len(homes) == 1 else None


def _of_table(project: Project, path: str, known: Connections, model: Model) -> str | None:
    """The connection of a model that is not abstract, by the apps that may list it."""
    label = model.meta.get("app")
    if known.apps is None or label == OPAQUE:
        return None
    homes: set[str | None] = set()
    for name, app in known.apps.items():
        lists = _lists(project, path, app, model.symbol)
        if lists is None:
            return None
        if lists and label in (None, name):
            homes.add(app.default_connection)
    return homes.pop() if len(homes) == 1 else None


def _lists(project: Project, path: str, app: App, symbol: Class) -> bool | None:
    """Whether a module of an app holds a model, imported ones included; None if it may."""
    if app.modules is None:
        return None
    found = [_holds(project, path, name, symbol) for name in app.modules]
    if True in found:
        return True
    return None if None in found else False


def _holds(project: Project, path: str, name: str, symbol: Class) -> bool | None:
    place = name if name.endswith(".py") else project.modules.find(name, 0, path)
    if place is None:
        return False if name.partition(".")[0] in _OF_LIBRARIES else None
    facts = project.facts(place) if place.endswith(".py") else None
    if facts is None or "__models__" in facts.bindings:
        return None
    if place == symbol.path and symbol.qualname in facts.bindings:
        return True
    names = {*facts.imports, *facts.aliases, symbol.name}
    return any(aliased(project, project.resolve(place, one)) == symbol for one in names)
