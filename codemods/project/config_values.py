"""Reading a Tortoise configuration from the source, as far as it is certain what it will be.

What is assigned once and never changed in place by its own module is followed; everything else is
unknown, and stays so.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..source import Fault
from .symbols import External, Package, Variable
from .uses import ANY, changed_keys

if TYPE_CHECKING:
    from .index import Project
    from .module import Module

_HOPS = 8
#: Changes below other keys of a configuration, ``use_tz`` for instance, do not matter to anyone.
_HEEDED = frozenset({ANY, "apps", "connections", "routers"})


@dataclass(frozen=True, slots=True)
class Place:
    """An expression, and the variables that were followed to get to it.

    Attributes:
        module: The file that it stands in.
        node: The expression.
        via: The variables, the outermost first.
    """

    module: Module
    node: ast.expr
    via: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelList:
    """The value of ``models`` of one app.

    Attributes:
        place: The expression that builds it, at the end of all variables.
        names: The modules in it. A module object counts as the path of its file.
    """

    place: Place
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppConfig:
    """One app of a configuration.

    Attributes:
        label: Its name.
        value: The value of ``models`` as the app's mapping writes it.
        models: That value, understood; None where it is not.
        default_connection: The connection that its models are on; None where not known.
        migrations: Whether it names a package for Tortoise's own migrations, or could.
    """

    label: str
    value: Place
    models: ModelList | None
    default_connection: str | None
    migrations: bool


@dataclass(frozen=True, slots=True)
class Config:
    """A Tortoise configuration.

    Attributes:
        assigned: The expression that was asked for, before any variable is followed.
        place: The mapping.
        connections: The names of its connections; None where not known.
        apps: Its apps, in order; None where not all are known.
        routers: Whether there are routers, or could be.
    """

    assigned: Place
    place: Place
    connections: frozenset[str] | None
    apps: tuple[AppConfig, ...] | None
    routers: bool


def read_variable(project: Project, variable: Variable) -> Config | None:
    """The configuration that a module-level variable holds; None where it is not certain."""
    assigned = _assigned(project, variable, _HEEDED)
    return _read(assigned) if assigned else None


def read_expression(module: Module, node: ast.expr) -> Config | None:
    """The configuration that an expression means at the module level of its file."""
    return _read(Place(module, node))


def entries(place: Place) -> dict[str, Place] | None:
    """The keys and values of a dict display or a call of ``dict``; None where not all are known."""
    node = place.node
    if isinstance(node, ast.Dict):
        pairs = [(_text(key), value) for key, value in zip(node.keys, node.values, strict=True)]
    elif isinstance(node, ast.Call) and not node.args and _is_builtin(place.module, node.func):
        pairs = [(keyword.arg, keyword.value) for keyword in node.keywords]
    else:
        return None
    found = {key: replace(place, node=value) for key, value in pairs if key is not None}
    return found if len(found) == len(pairs) else None


def follow(place: Place) -> Place | None:
    """The expression that a place stands for, through variables; None where not certain."""
    return _followed(place, frozenset())


def _followed(place: Place, heeded: frozenset[str]) -> Place | None:
    for _ in range(_HOPS):
        if not isinstance(place.node, ast.Name | ast.Attribute):
            return place
        symbol = place.module.resolve(place.node)
        found = _assigned(place.module.project, symbol, heeded)
        if found is None:
            return None
        place = replace(found, via=place.via + found.via)
    return None


def _assigned(project: Project, symbol: object, heeded: frozenset[str]) -> Place | None:
    """What is assigned to a variable; None if its module changes it below a key that is heeded."""
    if not isinstance(symbol, Variable):
        return None
    module = project.module(symbol.path)
    if isinstance(module, Fault):
        return None
    changed = changed_keys(module, symbol.name)
    if changed & heeded if heeded else changed:
        return None
    for node in module.tree.body:
        value = _value(node, symbol.name)
        if value is not None:
            return Place(module, value, (symbol,))
    return None


def _value(node: ast.stmt, name: str) -> ast.expr | None:
    """What a plain assignment gives to a name."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return None
    only = targets[0] if len(targets) == 1 else None
    return node.value if isinstance(only, ast.Name) and only.id == name else None


def _read(assigned: Place) -> Config | None:
    place = _followed(assigned, _HEEDED)
    table = entries(place) if place else None
    if place is None or table is None:
        return None
    connections = _table(table.get("connections"))
    return Config(
        assigned,
        place,
        frozenset(connections) if connections is not None else None,
        _apps(table.get("apps")),
        "routers" in table and not _is_empty(table["routers"].node),
    )


def _table(place: Place | None) -> dict[str, Place] | None:
    found = follow(place) if place else None
    return entries(found) if found else None


def _apps(place: Place | None) -> tuple[AppConfig, ...] | None:
    table = _table(place)
    if table is None:
        return None
    apps = [_app(label, value) for label, value in table.items()]
    known = tuple(app for app in apps if app is not None)
    return known if len(known) == len(apps) else None


def _app(label: str, place: Place) -> AppConfig | None:
    table = _table(place)
    if table is None or "models" not in table:
        return None
    models = table["models"]
    connection: str | None = "default"
    if "default_connection" in table:
        value = follow(table["default_connection"])
        connection = _text(value.node) if value else None
    migrations = "migrations" in table and not _is_empty(table["migrations"].node)
    return AppConfig(label, models, model_list(models), connection, migrations)


def model_list(place: Place) -> ModelList | None:
    """The modules of a list, a tuple or a sum of them; None where not all are known."""
    found = follow(place)
    names = _names(found) if found else None
    return ModelList(found, names) if found and names is not None else None


def _names(place: Place) -> tuple[str, ...] | None:
    node = place.node
    if isinstance(node, ast.List | ast.Tuple):
        return _sum([_element(replace(place, node=element)) for element in node.elts])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [follow(replace(place, node=side)) for side in (node.left, node.right)]
        return _sum([_names(side) if side else None for side in sides])
    return None


def _element(place: Place) -> tuple[str, ...] | None:
    if isinstance(place.node, ast.Starred):
        inner = model_list(replace(place, node=place.node.value))
        return inner.names if inner else None
    if isinstance(place.node, ast.Name | ast.Attribute):
        symbol = place.module.resolve(place.node)
        if isinstance(symbol, Package):
            return (symbol.path,)
        if isinstance(symbol, External):
            return (symbol.dotted,) if symbol.dotted == "aerich.models" else None
    found = follow(place)
    name = _text(found.node) if found else None
    return (name,) if name is not None else None


def _sum(parts: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = [part for part in parts if part is not None]
    return tuple(name for part in known for name in part) if len(known) == len(parts) else None


def _text(node: ast.expr | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _is_builtin(module: Module, node: ast.expr) -> bool:
    return module.resolve(node) == External("builtins.dict")


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.List | ast.Tuple) and not node.elts
