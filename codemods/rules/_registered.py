"""Which models the apps of a project list, where all of that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.configs import connections_of, starts_of
from ..project.field_kinds import aliased
from ..project.model_targets import is_test
from ..project.symbols import Class
from ..source import Fault
from ._aerich_place import MODEL as AERICH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..project.configs import App
    from ..project.index import Project

#: What starts the ORM with apps that no configuration tells.
OTHER_STARTS = (b"init_models", b"TortoiseContext")
#: The same, in tests.
_TEST_STARTS = (b"tortoise_test_context", b"initializer(")
#: The models of modules that other distributions have, where that is known.
_KNOWN = {AERICH: {"Aerich"}}


@dataclass(frozen=True, slots=True)
class Registered:
    """The models of one app.

    Attributes:
        models: Those of the project.
        foreign: Whether it lists modules of other distributions, whose models are not known.
        others: The names of models that such modules are known to have, and to have alone.
    """

    models: frozenset[Class]
    foreign: bool
    others: frozenset[str] = frozenset()


def is_started_by_tests(project: Project) -> bool:
    """Whether tests start the ORM by themselves, with labels of their own for the apps."""
    own = any(is_test(start.module.path) for start in starts_of(project))
    return own or is_mentioned(project, _TEST_STARTS)


def is_mentioned(project: Project, words: tuple[bytes, ...]) -> bool:
    """Whether a file of the project has one of the words; searched once."""
    key = (is_mentioned, words)
    if key not in project.memo:
        contents = (project.read(path) for path in project.relevant)
        texts = (data for data in contents if not isinstance(data, Fault))
        project.memo[key] = any(word in text for text in texts for word in words)
    return bool(project.memo[key])


def registered(project: Project, path: str) -> Mapping[str, Registered] | None:
    """The models that each app of the project around a file lists; None where not all are known."""
    key = (registered, project.versions_of(path).directory, is_test(path))
    if key not in project.memo:
        project.memo[key] = _registered(project, path)
    found: Mapping[str, Registered] | None = project.memo[key]
    return found


def _registered(project: Project, path: str) -> dict[str, Registered] | None:
    connections = connections_of(project, path)
    if connections is None or not connections.apps:
        return None
    listed = {label: _listed(project, path, app) for label, app in connections.apps.items()}
    known = {label: one for label, one in listed.items() if one is not None}
    return known if len(known) == len(listed) else None


def _listed(project: Project, path: str, app: App) -> Registered | None:
    found: set[Class] = set()
    foreign, others = False, set[str]()
    for name in sorted(app.modules or ()):
        place = name if name.endswith(".py") else project.modules.find(name, 0, path)
        if place is None and not project.modules.knows(name):
            if name == "__main__":
                return None
            others |= _KNOWN.get(name, set())
            foreign = foreign or name not in _KNOWN
            continue
        names = _names(project, place, frozenset()) if place and place.endswith(".py") else None
        if place is None or names is None:
            return None
        symbols = (aliased(project, project.resolve(place, one)) for one in names)
        found |= {symbol for symbol in symbols if isinstance(symbol, Class)}
    if app.modules is None:
        return None
    return Registered(frozenset(found), foreign, frozenset(others))


def _names(project: Project, path: str, seen: frozenset[str]) -> set[str] | None:
    """The names that a module has; None where not all are known."""
    facts = project.facts(path)
    if facts is None or "__models__" in facts.bindings or path in seen:
        return None
    names = {*facts.bindings}
    for star in facts.stars:
        target = project.modules.find(star.module, star.level, path)
        if target is None and not project.modules.knows(star.module) and not star.level:
            continue
        inner = None
        if target is not None and target.endswith(".py"):
            inner = _names(project, target, seen | {path})
        if inner is None:
            return None
        names |= inner
    return names
