"""The types that matter to a rule. ``UNKNOWN`` is always a legal answer, and it stops a rewrite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..project.symbols import Class

if TYPE_CHECKING:
    from ..project.models import Relation
    from ..project.symbols import Function, Symbol

Place = tuple[int, int, int, int]  #: line, column, end line, end column, as ``ast`` counts
NOWHERE: Place = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is proven. There is one, ``UNKNOWN``, so that it can be told by identity."""


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
class ClassObject:
    """A class of the project that is no model, or one that is derived from it: ``cls``."""

    symbol: Class


@dataclass(frozen=True, slots=True)
class Super:
    """``super()`` in a method of ``symbol`` that has ``receiver`` as its ``self`` or ``cls``."""

    receiver: Type
    symbol: Class


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


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of one of a few types; none of them is unknown, and none is a ``OneOf`` itself.

    No rule takes it for any of them. It tells that nothing else can be there.
    """

    members: frozenset[Type]


Type = (
    Unknown
    | Plain
    | Foreign
    | Object
    | ClassObject
    | Super
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
    | OneOf
)

UNKNOWN = Unknown()
OBJECT = Plain("object")
NONE = Plain("None")
DATA = Plain("data")

_MOST = 4  #: how many types of one kind a value may be one of
ANY_MODEL = Class("", "Model")  #: stands for a model of which only that is known
#: What stands for every value of a kind.
_TOPS: dict[str, Type] = {
    "apart": OBJECT,
    "ModelClass": ModelClass(ANY_MODEL, exact=False),
    "Instance": Instance(ANY_MODEL),
}


def join(one: Type, other: Type) -> Type:
    """The type of a value that is either of the two."""
    if one is UNKNOWN or other is UNKNOWN:
        return UNKNOWN
    if one is other or one == other:
        return one
    found = _parts(one)
    for part in _parts(other):
        _add(found, part)
    if len(found) == 2 and NONE in found:
        row = found[found[0] == NONE]
        if isinstance(row, Instance):
            return replace(row, optional=True)
    if len(found) > _MOST:
        return _widened(found)
    return found[0] if len(found) == 1 else OneOf(frozenset(found))


def members_of(value: Type) -> tuple[Type, ...]:
    """The types that a value may be of, which is one for most."""
    return tuple(value.members) if isinstance(value, OneOf) else (value,)


def without_none(value: Type) -> Type:
    """The same type without None; unknown where nothing else is left."""
    parts = [part for part in _parts(value) if part != NONE]
    result = parts[0] if parts else UNKNOWN
    for part in parts[1:]:
        result = join(result, part)
    return result


def is_apart(value: Type) -> bool:
    """Whether a value is proven to be nothing of the ORM, whatever it may hold."""
    if isinstance(value, Super):
        return is_apart(value.receiver)
    return all(isinstance(one, Plain | Foreign | Object | ClassObject) for one in members_of(value))


def _parts(value: Type) -> list[Type]:
    """The same as ``members_of``, with None by itself."""
    if isinstance(value, Instance) and value.optional:
        return [replace(value, optional=False), NONE]
    return list(members_of(value))


def _add(found: list[Type], part: Type) -> None:
    """Take one more type into those that a value may be of."""
    for index, known in enumerate(found):
        both = known if known == part else _together(known, part) or _together(part, known)
        if both is not None:
            del found[index]
            _add(found, both)
            return
    found.append(part)


def _together(one: Type, other: Type) -> Type | None:
    """One type that says what two others say; None where there is none, or the other way round."""
    if isinstance(one, Instance) and isinstance(other, Instance):
        return _rows(one, other)
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        same = one.container if one.container == other.container else "iterable"
        return ListOf(join(one.element, other.element), same)
    if isinstance(one, Query) and isinstance(other, Query):
        return replace(one, root=NOWHERE) if one == replace(other, root=one.root) else None
    if isinstance(one, ModelClass) and isinstance(other, ModelClass):
        return replace(one, exact=False) if one.model in (other.model, ANY_MODEL) else None
    if one == OBJECT and is_apart(other):
        return one
    if isinstance(one, Plain) and isinstance(other, Plain):
        kept = {NONE, DATA} & {one, other} and "object" not in (one.name, other.name)
        return None if kept else OBJECT
    return None


def _widened(found: list[Type]) -> Type:
    """What is left to say of a value that may be of many types: no more than a few of each kind.

    What stands for all of a kind takes in the others, so that the order of joins does not matter.
    """
    kinds: dict[str, list[Type]] = {}
    for part in found:
        kind = "apart" if is_apart(part) else part.__class__.__name__
        kinds.setdefault(kind, []).append(part)
    kept: list[Type] = []
    for kind, parts in kinds.items():
        if len(parts) <= _MOST:
            kept += parts
        elif kind not in _TOPS:
            return UNKNOWN
        else:
            kept.append(_TOPS[kind])
    return kept[0] if len(kept) == 1 else OneOf(frozenset(kept))


def _rows(one: Instance, other: Instance) -> Instance | None:
    if one.model not in (other.model, ANY_MODEL):
        return None
    # An origin that is not known makes the sum of the origins not known.
    known = bool(one.origins and other.origins)
    origins = one.origins | other.origins if known else frozenset()
    return Instance(one.model, False, origins, one.stored and other.stored)
