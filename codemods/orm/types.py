"""The types that matter to a rule. ``UNKNOWN`` is always a legal answer, and it stops a rewrite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..project.models import Relation
    from ..project.symbols import Class, Function, Symbol

Place = tuple[int, int, int, int]  #: line, column, end line, end column, as ``ast`` counts
NOWHERE: Place = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is proven."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Proven not to be of the ORM: a literal, a builtin, a number. ``name`` says what it is.

    ``data`` is decoded JSON or the like: plain all the way down. ``object`` can be any of these.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object of another library: not of the ORM, whatever it may hold. ``kind`` is its class."""

    kind: str


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a class of the project that is no model. ``exact``: of no subclass of it."""

    symbol: Class
    exact: bool = True


@dataclass(frozen=True, slots=True)
class ModelClass:
    """The model class itself. ``exact`` is False for ``cls``, which may be a subclass."""

    model: Class
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Instance:
    """A row as an object.

    Attributes:
        model: Its model.
        optional: Whether it can be None.
        origins: The expressions that it can have come from: queries, and relations that are
            awaited or iterated over; empty where not known.
        stored: Whether a query is known to have given it, so that its columns have values.
    """

    model: Class
    optional: bool = False
    origins: frozenset[Place] = frozenset()
    stored: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list (or another finished collection) whose elements all have one type."""

    element: Type
    container: str = "list"


@dataclass(frozen=True, slots=True)
class TupleOf:
    """A tuple of known length."""

    elements: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Something of the query API that has not run yet.

    Attributes:
        model: The model it is about.
        owner: The value of the API table's ``Owner`` that it is, as a string.
        result: What awaiting it gives.
        root: The call that began the chain; ``NOWHERE`` where it is not known, or one of several.
    """

    model: Class
    owner: str
    result: Type
    root: Place


@dataclass(frozen=True, slots=True)
class Coroutine:
    """A coroutine object; awaiting it gives ``result``."""

    result: Type


@dataclass(frozen=True, slots=True)
class Manager:
    """A to-many relation as an attribute of an instance: ``team.heroes``."""

    relation: Relation


@dataclass(frozen=True, slots=True)
class Forward:
    """A to-one relation as an attribute of an instance; fetched or not is not known.

    ``stored``: whether the instance is known to come from the database. On one that was only
    constructed, even a relation that cannot be null can be without a value.
    """

    relation: Relation
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A database connection. ``block`` is the ``async with`` item that opened its transaction."""

    block: Place | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A function, class, module or external thing, named but not called."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method of the project, bound to an object or class of a known type."""

    function: Function
    receiver: Type


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """A method of the query API, not called yet."""

    owner: str
    name: str
    receiver: Type


Type = (
    Unknown
    | Plain
    | Foreign
    | Object
    | ModelClass
    | Instance
    | ListOf
    | TupleOf
    | Query
    | Coroutine
    | Manager
    | Forward
    | Client
    | Reference
    | BoundMethod
    | ApiMethod
)

UNKNOWN = Unknown()
NONE = Plain("None")
DATA = Plain("data")


def join(one: Type, other: Type) -> Type:
    """The type of a value that is either of the two."""
    if one == other:
        return one
    if isinstance(one, Instance) and isinstance(other, Instance) and one.model == other.model:
        optional = one.optional or other.optional
        # An origin that is not known makes the sum of the origins not known.
        known = bool(one.origins and other.origins)
        origins = one.origins | other.origins if known else frozenset()
        return Instance(one.model, optional, origins, one.stored and other.stored)
    if isinstance(one, Instance) and other == NONE:
        return replace(one, optional=True)
    if isinstance(other, Instance) and one == NONE:
        return replace(other, optional=True)
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        same = one.container if one.container == other.container else "iterable"
        return ListOf(join(one.element, other.element), same)
    if isinstance(one, Query) and isinstance(other, Query):
        return replace(one, root=NOWHERE) if one == replace(other, root=one.root) else UNKNOWN
    apart = (Plain, Foreign, Object)  # none of the ORM, so neither is what is one of them
    if isinstance(one, apart) and isinstance(other, apart):
        return Plain("object")
    return UNKNOWN
