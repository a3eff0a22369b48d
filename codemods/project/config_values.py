"""Reading a Tortoise configuration from the source, as far as it is certain what it will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .evaluate import given_to, value_of, value_of_held
from .uses import ANY
from .values import Choice, Place, Row, Table, Text, Value, is_empty, is_none, within

if TYPE_CHECKING:
    import ast

    from .index import Project
    from .module import Module
    from .uses import Held

#: Changes below other keys of a configuration, ``use_tz`` for instance, do not matter to anyone.
_HEEDED = frozenset({ANY, "apps", "connections", "routers"})


@dataclass(frozen=True, slots=True)
class ModelList:
    """The value of ``models`` of one app.

    Attributes:
        place: The expression that builds it, at the end of all variables.
        names: The modules in it. A module object counts as the path of its file. Of a list that
            depends on a condition, those of all its forms.
        sure: Whether it holds all of them in every run of the program.
    """

    place: Place
    names: tuple[str, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class AppConfig:
    """One app of a configuration.

    Attributes:
        label: Its name.
        place: The mapping of the app.
        value: The value of ``models`` as the app's mapping writes it.
        models: That value, understood; None where it is not.
        default_connection: The connection that its models are on; None where not known.
        migrations: Whether it names a package for Tortoise's own migrations, or could.
        migrations_package: That package, where it certainly does; else empty.
    """

    label: str
    place: Place
    value: Place
    models: ModelList | None
    default_connection: str | None
    migrations: bool
    migrations_package: str = ""

    @property
    def has_migrations(self) -> bool:
        """Whether it certainly names a package for Tortoise's own migrations."""
        return bool(self.migrations_package)


@dataclass(frozen=True, slots=True)
class Config:
    """A Tortoise configuration.

    Attributes:
        assigned: The expression that was asked for, before any variable is followed.
        place: The expression that builds the mapping, at the end of all variables.
        connections: The names of its connections; None where not known.
        apps: Its apps, in order; None where not all are known.
        routers: Whether there are routers, or could be.
        assumed: The settings that it rests on and that the environment may give another value.
        table: What is known of its content.
    """

    assigned: Place
    place: Place
    connections: frozenset[str] | None
    apps: tuple[AppConfig, ...] | None
    routers: bool
    assumed: tuple[str, ...]
    table: Table

    def connection(self, name: str) -> Value | None:
        """What is known of the value of a connection."""
        return within(self.table.entries.get("connections") or self.table, name)


def read_variable(project: Project, held: Held) -> Config | None:
    """The configuration that a variable or an attribute holds; None where it is not certain."""
    assumed: list[str] = []
    value, place = value_of_held(project, held, _HEEDED, assumed), given_to(project, held)
    return _config(value, place, assumed) if place else None


def read_expression(module: Module, node: ast.expr) -> Config | None:
    """The configuration that an expression means where it stands; None where it is not certain."""
    assumed: list[str] = []
    return _config(value_of(module, node, _HEEDED, assumed), Place(module, node), assumed)


def read_modules(module: Module, node: ast.expr) -> dict[str, ModelList | None] | None:
    """The models of each app in ``modules={...}``; None where not all apps are known."""
    found = value_of(module, node, frozenset(), [])
    if not isinstance(found, Table) or found.open:
        return None
    return {label: model_list(value) for label, value in found.entries.items()}


def read_config(value: Value) -> Config | None:
    """The configuration that a value is; None where it is not certain."""
    return _config(value, value.place, [])


def _config(value: Value | None, place: Place, assumed: list[str]) -> Config | None:
    if not isinstance(value, Table) or not value.entries:
        return None
    entries = value.entries
    routers = value.open if "routers" not in entries else not is_empty(entries["routers"])
    return Config(
        place,
        value.place,
        _keys(value.entries.get("connections")),
        _apps(value.entries.get("apps")),
        routers,
        tuple(assumed),
        value,
    )


def _keys(value: Value | None) -> frozenset[str] | None:
    """The keys of a table, or of all the tables that it may be."""
    if isinstance(value, Choice):
        parts = [_keys(option) for option in value.options]
        known = [part for part in parts if part is not None]
        return frozenset().union(*known) if len(known) == len(parts) else None
    if not isinstance(value, Table) or value.open:
        return None
    return frozenset(value.entries)


def _apps(value: Value | None) -> tuple[AppConfig, ...] | None:
    if not isinstance(value, Table) or value.open:
        return None
    apps = [_app(label, inner) for label, inner in value.entries.items()]
    known = tuple(app for app in apps if app is not None)
    return known if len(known) == len(apps) else None


def _app(label: str, value: Value) -> AppConfig | None:
    if not isinstance(value, Table) or "models" not in value.entries:
        return None
    models, connection = value.entries["models"], value.entries.get("default_connection")
    name = connection.text if isinstance(connection, Text) and connection.sure else None
    if is_none(connection) and not value.open:
        name = "default"
    migrations = value.open
    if "migrations" in value.entries:
        migrations = not is_empty(value.entries["migrations"])
    package = value.entries.get("migrations")
    named = package.text if isinstance(package, Text) else ""
    return AppConfig(label, value.place, models.place, model_list(models), name, migrations, named)


def model_list(value: Value) -> ModelList | None:
    """The modules of a list, a tuple or a sum of them; None where not all are known."""
    if isinstance(value, Choice):
        return _either(value)
    if not isinstance(value, Row) or value.texts is None:
        return None
    return ModelList(value.place, value.texts)


def _either(value: Choice) -> ModelList | None:
    lists = [model_list(option) for option in value.options]
    known = [one for one in lists if one is not None]
    if len(known) != len(lists):
        return None
    names = tuple(dict.fromkeys(name for one in known for name in one.names))
    sure = all(one.sure and set(one.names) == set(names) for one in known)
    return ModelList(value.place, names, sure)
