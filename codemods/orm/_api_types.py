"""The vocabulary of the API table: what an entry says, without any entry.

The entries are named tuples because defining and filling them at start-up must be cheap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

Version = tuple[int, int, int]  #: a release of tortoise-orm, comparable

_RELEASE = re.compile(r"\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")


def version_key(release: str) -> Version:
    """The comparable form of a release: ``"0.20.1"`` is ``(0, 20, 1)``, ``"1.1"`` is ``(1, 1, 0)``.

    What follows the third number (``rc1``, ``.post2``) is not looked at. Raises ValueError where
    the string does not begin with a number.
    """
    match = _RELEASE.match(release)
    if match is None:
        raise ValueError(f"not a release of tortoise-orm: {release!r}")
    major, minor, patch = (int(part or 0) for part in match.groups())
    return major, minor, patch


def covers(since: str, until: str, version: Version) -> bool:
    """Whether ``version`` lies in a range; an empty ``since`` or ``until`` leaves that end open.

    ``until`` is the first release outside the range.
    """
    return not (since and version < version_key(since)) and not (
        until and version >= version_key(until)
    )


class Owner(str, Enum):
    """What a method is called on."""

    MODEL = "model"  #: a model class
    INSTANCE = "instance"  #: a row as an object
    QUERYSET = "queryset"  #: a query for a list of rows
    SINGLE = "single"  #: a query for one row that raises DoesNotExist without one
    SINGLE_OPTIONAL = "single_optional"  #: a query for one row or None
    VALUES = "values"  #: ``values()`` or ``values_list()``
    COUNT = "count"
    EXISTS = "exists"  #: ``exists()`` or ``contains()``
    UPDATE = "update"
    DELETE = "delete"
    RAW = "raw"
    BULK = "bulk"  #: ``bulk_create()`` or ``bulk_update()``
    UNION = "union"
    REVERSE = "reverse"  #: the reverse side of a foreign key, on an instance
    MANY_TO_MANY = "many_to_many"  #: either side of a many-to-many relation, on an instance
    FORWARD = "forward"  #: a foreign key or one-to-one field, on an instance
    BACKWARD = "backward"  #: the reverse side of a one-to-one field, on an instance
    MANAGER = "manager"
    PREFETCH = "prefetch"
    CONNECTION = "connection"  #: a client, also the one that a transaction gives
    CONNECTIONS = "connections"  #: the handler that holds the clients by alias
    TRANSACTION = "transaction"  #: what ``in_transaction()`` returns
    TORTOISE = "tortoise"  #: the class ``Tortoise``
    CONTEXT = "context"  #: ``TortoiseContext``
    REGISTER = "register"  #: ``RegisterTortoise``


class Returns(str, Enum):
    """What a call gives, in terms of the receiver's model.

    For a query, the member also says what awaiting gives; see ``awaited``.
    """

    INSTANCE = "instance"
    OPTIONAL_INSTANCE = "optional_instance"  #: an instance or None
    INSTANCE_AND_BOOL = "instance_and_bool"  #: a tuple: the instance, whether it was created
    QUERYSET = "queryset"  #: awaiting it gives a list of instances
    SINGLE = "single"  #: awaiting it gives an instance, or raises DoesNotExist
    SINGLE_OPTIONAL = "single_optional"  #: awaiting it gives an instance or None
    UNION = "union"  #: awaiting it gives a list of instances of all the united models
    VALUES = "values"  #: plain dicts: a list, or one (or None) from a query for one row
    VALUES_LIST = "values_list"  #: plain tuples or values: a list, or one (or None) likewise
    COUNT = "count"  #: an int
    BOOL = "bool"
    ROWS_WRITTEN = "rows_written"  #: an int
    LIST_OF_INSTANCES = "list_of_instances"
    MIXED_INSTANCE = "mixed_instance"  #: an instance of one of several models
    MIXED_INSTANCES = "mixed_instances"  #: a list of instances of more than one model
    DICT_OF_INSTANCES = "dict_of_instances"  #: instances by the value of a field
    SELF_INSTANCE = "self_instance"  #: the receiver itself, an instance
    NONE = "none"
    STR = "str"
    CONNECTION = "connection"
    CONNECTIONS = "connections"
    TRANSACTION = "transaction"  #: an asynchronous context manager; entering it gives a connection
    CONTEXT = "context"
    REGISTER = "register"
    DECORATOR = "decorator"  #: a decorator that leaves the signature of the function as it is
    MANAGER = "manager"
    OTHER = "other"  #: something of the ORM that has no methods in the table; do not guess
    PLAIN = "plain"  #: a value that is not of the ORM


class Effect(str, Enum):
    """What running a call may do to the database; for a query, what awaiting it may do."""

    NONE = "none"
    READ = "read"
    WRITE = "write"  #: may change rows or tables, so also whatever runs SQL as the caller wrote it


class Step(str, Enum):
    """What a method that gives another query does to the rows of the one it is called on."""

    SELECTS = "selects"  #: chooses them, says their order, or on which connection
    HINTS = "hints"  #: tells the database how to find them
    CUTS = "cuts"  #: takes some of them by their number
    COMPARES = "compares"  #: drops those that are equal in all columns that are read
    FETCHES = "fetches"  #: reads their relations as well
    PICKS = "picks"  #: takes one of them


class Rows(str, Enum):
    """Which rows a method that writes can change."""

    OWN = "own"  #: of the model it is about
    LINKS = "links"  #: that link two models
    WITH_REFERENCES = "with_references"  #: of its model, and those that refer to them
    ANY = "any"  #: of every model


class Binds(str, Enum):
    """When a call decides which connection it runs on.

    A query keeps the connection that its receiver was bound to; the member then says what happens
    where the receiver was not bound. Once bound, a query stays bound.
    """

    CONSTRUCTION = "construction"  #: when it is called
    AWAIT = "await"  #: when it is awaited or iterated for the first time
    NEVER = ""  #: it uses none
    VARIES = "varies"  #: not the same in every version; only ``loosely`` says this


@dataclass(frozen=True, slots=True)
class Keyword:
    """The connection can be passed as a keyword argument."""

    name: str = "using_db"
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """The connection can be passed as a positional argument.

    Attributes:
        index: Which one, from 0, not counting ``self`` or ``cls``.
    """

    index: int
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """The connection can be set by ``.using_db(connection)`` on the value of the call."""

    since: str = ""
    until: str = ""


How = Keyword | Position | Chain  #: a way to pass a connection


class Method(NamedTuple):
    """One method, in a range of versions in which it means the same.

    For ``__await__`` the value is what awaiting the owner gives; for ``__aiter__`` and
    ``__iter__`` it is one element; for ``__aenter__`` and ``__enter__`` it is what ``as`` binds;
    ``__call__`` of a model is its constructor. What awaiting a ``BULK`` query gives is said by the
    method that made it.

    Attributes:
        owner: What it is called on.
        name: Its name.
        returns: What it gives.
        awaitable: Whether the call does its work only when its value is awaited.
        coroutine: Whether the call gives a coroutine, on which nothing can be chained.
        effect: What running it may do to the database.
        binds: When it decides which connection it runs on.
        connection: The ways in which it takes a connection; none at all where empty.
        since: The first release that this entry holds for; empty for the oldest one covered.
        until: The first release that it no longer holds for; empty where it still holds.
        value: Whose methods the value of the call has before it is awaited; None for coroutines
            and for values that are not of the ORM.
    """

    owner: Owner
    name: str
    returns: Returns
    awaitable: bool = False
    coroutine: bool = False
    effect: Effect = Effect.NONE
    binds: Binds = Binds.NEVER
    connection: tuple[How, ...] = ()
    since: str = ""
    until: str = ""
    value: Owner | None = None


class Attribute(NamedTuple):
    """Something of the API that is not called.

    Attributes:
        owner: What it is an attribute of.
        name: Its name; a dot steps through ``_meta``.
        returns: What it is.
        since, until: As of ``Method``.
    """

    owner: Owner
    name: str
    returns: Returns
    since: str = ""
    until: str = ""


class FieldKind(str, Enum):
    """What a field of a model stands for."""

    DATA = "data"  #: a column of its own
    FOREIGN_KEY = "foreign_key"
    ONE_TO_ONE = "one_to_one"
    MANY_TO_MANY = "many_to_many"


class Field(NamedTuple):
    """A class or function that declares a field of a model.

    Attributes:
        name: The canonical dotted name.
        kind: What the field stands for.
        parameters: The names of its first parameters, in order, where a rule may need them.
        since, until: As of ``Method``.
    """

    name: str
    kind: FieldKind
    parameters: tuple[str, ...] = ()
    since: str = ""
    until: str = ""


class RelationHint(NamedTuple):
    """A generic that annotates a relation of a model: ``fields.ReverseRelation["Hero"]``.

    An annotation is a hint, not a proof: projects annotate the reverse side of a one-to-one field
    with the names of the forward side. Where a field is declared, the declaration decides.

    Attributes:
        name: The canonical dotted name.
        owner: What the attribute is, as a receiver.
        nullable: Whether the annotation allows None.
    """

    name: str
    owner: Owner
    nullable: bool = False


class Class(NamedTuple):
    """A class that user code may name in an annotation or call.

    Attributes:
        name: The canonical dotted name.
        owner: What its objects are, as receivers; for ``Tortoise``, what the class itself is; None
            for expressions and for bases that say too little.
        parameters: The parameters of its constructor, in order, where a rule may need them.
        since, until: As of ``Method``.
    """

    name: str
    owner: Owner | None
    parameters: tuple[str, ...] = ()
    since: str = ""
    until: str = ""


class Object(NamedTuple):
    """An object that a module holds.

    Attributes:
        name: The canonical dotted name.
        returns: What it is.
        since, until: As of ``Method``.
    """

    name: str
    returns: Returns
    since: str = ""
    until: str = ""


class Function(NamedTuple):
    """A function of a module, or a class method whose parameters matter.

    Attributes:
        name: The canonical dotted name.
        returns: What it gives, or what awaiting it gives.
        coroutine: Whether the call gives a coroutine.
        effect, binds: As of ``Method``.
        connection: The ways in which it takes a connection object.
        alias: The ways in which it takes the alias of a connection, which is a string.
        parameters: All its parameters, in order.
        since, until: As of ``Method``.
    """

    name: str
    returns: Returns
    coroutine: bool = False
    effect: Effect = Effect.NONE
    binds: Binds = Binds.NEVER
    connection: tuple[How, ...] = ()
    alias: tuple[How, ...] = ()
    parameters: tuple[str, ...] = ()
    since: str = ""
    until: str = ""


class Alias(NamedTuple):
    """Another dotted name under which a thing can be imported.

    Attributes:
        dotted: The name.
        canonical: The name that the tables use.
        since, until: As of ``Method``.
    """

    dotted: str
    canonical: str
    since: str = ""
    until: str = ""
