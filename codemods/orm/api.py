"""What Tortoise's query API means: one table, release by release, and how to ask it.

The table covers the releases from ``OLDEST`` to ``NEWEST``. About an older release nothing is
said. A newer one is taken to be like the newest that is covered.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from ._api_aliases import ALIASES
from ._api_methods import ATTRIBUTES, METHODS, STEPS, WRITTEN_ROWS
from ._api_names import CLASSES, FIELDS, FUNCTIONS, OBJECTS, RELATION_HINTS
from ._api_types import (
    Alias,
    Attribute,
    Binds,
    Chain,
    Class,
    Effect,
    Field,
    FieldKind,
    Function,
    How,
    Keyword,
    Method,
    Object,
    Owner,
    Position,
    RelationHint,
    Returns,
    Rows,
    Step,
    Version,
    covers,
    version_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ALIASES",
    "ATTRIBUTES",
    "CLASSES",
    "FIELDS",
    "FUNCTIONS",
    "METHODS",
    "NEWEST",
    "OBJECTS",
    "OLDEST",
    "RELATION_HINTS",
    "STEPS",
    "WRITTEN_ROWS",
    "Alias",
    "Attribute",
    "Binds",
    "Chain",
    "Class",
    "Effect",
    "Field",
    "FieldKind",
    "Function",
    "How",
    "Keyword",
    "Method",
    "Object",
    "Owner",
    "Position",
    "RelationHint",
    "Returns",
    "Rows",
    "Step",
    "Version",
    "attribute",
    "awaited",
    "canonical",
    "class_named",
    "connection_ways",
    "covers",
    "field_named",
    "function_named",
    "loosely",
    "method",
    "method_names",
    "methods",
    "object_named",
    "only_selects",
    "owner_of",
    "relation_hint",
    "step",
    "version_key",
    "worst_effect",
    "written_rows",
]

OLDEST = "0.17.8"  #: the oldest release that the table covers
NEWEST = "1.1.9"  #: the newest release that the table was compared with

_AWAITED = {
    Returns.QUERYSET: Returns.LIST_OF_INSTANCES,
    Returns.SINGLE: Returns.INSTANCE,
    Returns.SINGLE_OPTIONAL: Returns.OPTIONAL_INSTANCE,
    Returns.UNION: Returns.MIXED_INSTANCES,
}

_OWNERS = {
    Returns.INSTANCE: Owner.INSTANCE,
    Returns.OPTIONAL_INSTANCE: Owner.INSTANCE,
    Returns.SELF_INSTANCE: Owner.INSTANCE,
    Returns.MIXED_INSTANCE: Owner.INSTANCE,
    Returns.QUERYSET: Owner.QUERYSET,
    Returns.SINGLE: Owner.SINGLE,
    Returns.SINGLE_OPTIONAL: Owner.SINGLE_OPTIONAL,
    Returns.UNION: Owner.UNION,
    Returns.CONNECTION: Owner.CONNECTION,
    Returns.CONNECTIONS: Owner.CONNECTIONS,
    Returns.TRANSACTION: Owner.TRANSACTION,
    Returns.CONTEXT: Owner.CONTEXT,
    Returns.REGISTER: Owner.REGISTER,
    Returns.MANAGER: Owner.MANAGER,
}


class _Versioned(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def since(self) -> str: ...
    @property
    def until(self) -> str: ...


_Entry = TypeVar("_Entry", bound=_Versioned)


def awaited(returns: Returns) -> Returns:
    """What awaiting a value gives; what is no query gives itself."""
    return _AWAITED.get(returns, returns)


def owner_of(returns: Returns) -> Owner | None:
    """Whose methods a value has, or None where the table describes none for it."""
    return _OWNERS.get(returns)


def methods(owner: Owner, name: str) -> tuple[Method, ...]:
    """All entries of a method, the oldest release first; empty where there is none.

    An instance also has the methods of its class, except those that the metaclass gives.
    """
    found = _methods_by_name().get((owner, name), ())
    if not found and owner is Owner.INSTANCE and not name.startswith("__"):
        return _methods_by_name().get((Owner.MODEL, name), ())
    return found


def method(owner: Owner, name: str, version: Version | None) -> Method | None:
    """What a method means in a release of tortoise-orm.

    Without a version, the answer is an entry that holds in every release that the table covers.
    None where the release has no such method, where the version is needed and not known, and for
    releases older than the table.
    """
    return _pick(methods(owner, name), version)


@cache
def loosely(owner: Owner, name: str) -> Method | None:
    """What holds of a method in every release that has it; None where the value itself differs.

    The connection is bound at ``Binds.VARIES`` where the releases differ, and the ways to pass one
    are those that work in all releases that have the method.
    """
    found = methods(owner, name)
    if not found:
        return None
    last = found[-1]
    if any(_value(entry) != _value(last) for entry in found):
        return None
    return last._replace(
        binds=last.binds if len({entry.binds for entry in found}) == 1 else Binds.VARIES,
        connection=tuple(
            how
            for how in last.connection
            if not how.since and not how.until and all(how in e.connection for e in found)
        ),
        since=found[0].since,
    )


@cache
def worst_effect(owner: Owner, name: str) -> Effect | None:
    """The most that a method may do to the database in any release; None where there is none."""
    effects = {entry.effect for entry in methods(owner, name)}
    ranked = (Effect.WRITE, Effect.READ, Effect.NONE)
    return next((effect for effect in ranked if effect in effects), None)


def only_selects(name: str) -> bool:
    """Whether a step of a query says which rows, in which order, and no more."""
    return step(name) in (Step.SELECTS, Step.HINTS)


def step(name: str) -> Step | None:
    """What a step of a query does to its rows; None where it makes something else of them."""
    return STEPS.get(name)


def written_rows(name: str) -> Rows:
    """The rows that a method of that name may write, whatever it is called on."""
    return WRITTEN_ROWS.get(name, Rows.ANY)


def connection_ways(entry: Method | Function, version: Version | None) -> tuple[How, ...]:
    """How a call takes a connection in a release; without one, in all that the entry covers."""
    if version is None:
        return tuple(how for how in entry.connection if not how.since and not how.until)
    return tuple(how for how in entry.connection if covers(how.since, how.until, version))


@cache
def method_names(owner: Owner | None = None) -> frozenset[str]:
    """The names of all methods in the table, or of those of one owner."""
    return frozenset(entry.name for entry in METHODS if owner in (None, entry.owner))


def attribute(owner: Owner, name: str, version: Version | None) -> Attribute | None:
    """What an attribute is that is not called; the version as of ``method``."""
    return _pick(tuple(a for a in ATTRIBUTES if (a.owner, a.name) == (owner, name)), version)


def canonical(dotted: str) -> str:
    """The one name that the tables use for a thing, whatever it was imported as.

    A name that is no alias, also one from outside Tortoise, comes back as it is. What follows an
    alias is kept: ``tortoise.connections.get`` is ``tortoise.connection.connections.get``.
    """
    head, tail = dotted, ""
    while head:
        if head in _canonical_names():
            return _canonical_names()[head] + tail
        head, dot, last = head.rpartition(".")
        tail = dot + last + tail
    return dotted


def field_named(dotted: str, version: Version | None) -> Field | None:
    """The class or function of that name that declares a field; the version as of ``method``."""
    return _pick(_fields_by_name().get(canonical(dotted), ()), version)


def relation_hint(dotted: str) -> RelationHint | None:
    """The relation annotation of that name."""
    name = canonical(dotted)
    return next((hint for hint in RELATION_HINTS if hint.name == name), None)


def class_named(dotted: str, version: Version | None) -> Class | None:
    """The class of that name; the version as of ``method``."""
    return _pick(_classes_by_name().get(canonical(dotted), ()), version)


def function_named(dotted: str, version: Version | None) -> Function | None:
    """The function of that name; the version as of ``method``."""
    return _pick(_functions_by_name().get(canonical(dotted), ()), version)


def object_named(dotted: str, version: Version | None) -> Object | None:
    """The object of that name that a module holds; the version as of ``method``."""
    name = canonical(dotted)
    return _pick(tuple(entry for entry in OBJECTS if entry.name == name), version)


def _pick(entries: tuple[_Entry, ...], version: Version | None) -> _Entry | None:
    """The entry that holds in a release, or the one that holds in all of them."""
    if version is None:
        return entries[0] if len(entries) == 1 and _holds_always(entries[0]) else None
    if version < version_key(OLDEST):
        return None
    return next((e for e in entries if covers(e.since, e.until, version)), None)


def _holds_always(entry: _Versioned) -> bool:
    ways: tuple[How, ...] = getattr(entry, "connection", ())
    return not any(part.since or part.until for part in (entry, *ways))


def _value(entry: Method) -> tuple[object, ...]:
    """What must agree for two entries to give the same value."""
    return (entry.returns, entry.awaitable, entry.coroutine, entry.effect, entry.value)


@cache
def _methods_by_name() -> dict[tuple[Owner, str], tuple[Method, ...]]:
    table: dict[tuple[Owner, str], tuple[Method, ...]] = {}
    for entry in METHODS:
        key = (entry.owner, entry.name)
        table[key] = (*table.get(key, ()), entry)
    return table


@cache
def _canonical_names() -> dict[str, str]:
    return {alias.dotted: alias.canonical for alias in ALIASES}


@cache
def _fields_by_name() -> dict[str, tuple[Field, ...]]:
    return _by_name(FIELDS)


@cache
def _classes_by_name() -> dict[str, tuple[Class, ...]]:
    return _by_name(CLASSES)


@cache
def _functions_by_name() -> dict[str, tuple[Function, ...]]:
    return _by_name(FUNCTIONS)


def _by_name(entries: Iterable[_Entry]) -> dict[str, tuple[_Entry, ...]]:
    table: dict[str, tuple[_Entry, ...]] = {}
    for entry in entries:
        table[entry.name] = (*table.get(entry.name, ()), entry)
    return table
