"""Reports models that no app of the configuration lists.

What it does
    Names the models whose module none of the apps lists, neither itself nor through an import,
    where all configurations of the project are known.

Why
    The ORM never sees them. The first query of such a model fails with

        ConfigurationError: default_connection for the model <class '...'> cannot be None

    before 0.25.0 with `TypeError: 'NoneType' object is not iterable`, and a relation to it with
    `ConfigurationError: No model with name "..." registered in app "..."`. Neither migrations nor
    `generate_schemas` make its table.

Before
    "apps": {"models": {"models": ["shop.books"]}}  # and shop/orders.py with class Order(Model)

Use instead
    "apps": {"models": {"models": ["shop.books", "shop.orders"]}}

When it is safe
    It is never applied: a module may be left out on purpose, and which app it belongs to is not
    certain.

What it leaves alone
    Abstract models, tests, projects where a configuration or a list of modules is not wholly
    visible, and modules with `__models__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.configs import connections_of
from ..project.field_kinds import aliased
from ..project.model_targets import is_test
from ..project.symbols import Class
from ._base import Finding, Rule, Safety
from ._configurations import by_module

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..project.configs import App
    from ..project.index import Project

_ERROR = "ConfigurationError: default_connection for the model {} cannot be None"


def _findings(project: Project) -> Iterator[Finding]:
    if not any(True for _ in project.models.all()):
        return
    known: dict[str, tuple[frozenset[Class], str] | None] = {}
    by_file: dict[str, list[Class]] = {}
    for symbol, model in project.models.all().items():
        named = "." not in symbol.qualname and not is_test(symbol.path)
        if model.abstract or not model.closed or not named:
            continue
        home = project.versions_of(symbol.path).directory
        if home not in known:
            known[home] = _registered(project, symbol.path)
        found = known[home]
        if found is not None and symbol not in found[0]:
            by_file.setdefault(symbol.path, []).append(symbol)
    for path, symbols in sorted(by_file.items()):
        label = known[project.versions_of(path).directory]
        yield from _finding(project, path, symbols, label[1] if label else "")


def _registered(project: Project, path: str) -> tuple[frozenset[Class], str] | None:
    """The models that the apps of a project list, and the label of the only app, if there is one.

    None where not all of them are known.
    """
    connections = connections_of(project, path)
    if connections is None or not connections.apps:
        return None
    found: set[Class] = set()
    for app in connections.apps.values():
        listed = _listed(project, path, app)
        if listed is None:
            return None
        found |= listed
    labels = [*connections.apps]
    return frozenset(found), labels[0] if len(labels) == 1 else ""


def _listed(project: Project, path: str, app: App) -> set[Class] | None:
    found: set[Class] = set()
    for name in sorted(app.modules or ()):
        place = name if name.endswith(".py") else project.modules.find(name, 0, path)
        if place is None and not project.modules.knows(name):
            if name == "__main__":
                return None
            continue
        names = _names(project, place, frozenset()) if place and place.endswith(".py") else None
        if place is None or names is None:
            return None
        symbols = (aliased(project, project.resolve(place, one)) for one in names)
        found |= {symbol for symbol in symbols if isinstance(symbol, Class)}
    return found if app.modules is not None else None


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


def _finding(project: Project, path: str, symbols: list[Class], label: str) -> Iterator[Finding]:
    from ..source import Fault

    module = project.module(path)
    if isinstance(module, Fault):
        return
    first = min(symbols, key=lambda symbol: _line(project, symbol))
    node = _definition(module.tree.body, first.qualname)
    if node is None:
        return
    names = ", ".join(symbol.name for symbol in sorted(symbols, key=lambda s: _line(project, s)))
    message = f'no app lists {names}: a query fails with "{_ERROR.format(first.name)}"'
    app = f'the app "{label}"' if label else "an app"
    advice = f"add the module {path} to the models of {app}"
    yield Finding(RULE.code, path, module.span(node), message, Safety.MANUAL, (), advice)


def _line(project: Project, symbol: Class) -> int:
    fact = project.class_fact(symbol)
    return fact.line if fact else 0


def _definition(body: list[ast.stmt], name: str) -> ast.stmt | None:
    return next((node for node in body if getattr(node, "name", "") == name), None)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR417",
    name="models-module-not-registered",
    summary="a module with models is listed by no app of the configuration",
    safety=Safety.MANUAL,
    find=_find,
    modules=_modules,
)
