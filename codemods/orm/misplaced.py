"""Chains of calls in which a connection stands where Tortoise does not take one.

Inference ends at a call that raises. Here such calls are read past: what the chain would be without
the connection is looked up in the API table, call by call.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import api
from .attributes import stores
from .calls import subject, tortoise_version
from .members import manager_owner
from .types import Client, Instance, Manager, ModelClass, Query, Type

if TYPE_CHECKING:
    from ..project.models import Model
    from ..project.module import Module
    from ..project.symbols import Class
    from .infer import Types

NAME = "using_db"
#: Methods whose keyword arguments are names of fields, or of annotations.
_BY_FIELD = frozenset({"filter", "exclude", "get", "get_or_none", "update", "exists"})
#: Methods whose keyword arguments are names that the caller makes up.
_BY_ALIAS = frozenset({"annotate", "values"})
#: What raises whatever it is given.
_NEVER = frozenset({(api.Owner.MANY_TO_MANY, "create")})
#: It may take any keyword, depending on the database.
_OPEN = frozenset({"explain"})


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a chain that would work.

    Attributes:
        call: The call.
        owner: What it is called on.
        entry: What the API table says of it, in the release that the file is written for.
    """

    call: ast.Call
    owner: api.Owner
    entry: api.Method


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A connection where none can be given.

    Attributes:
        after: How many steps of the chain come before it, its own call not counted.
        call: The call that raises: ``.using_db(...)``, or the one that takes no ``using_db=``.
        connection: The connection, as an expression.
        by_keyword: Whether it is a keyword argument of a step rather than a call of its own.
        receiver: What a call of its own is made on: the type where the chain starts, else the
            step before it.
    """

    after: int
    call: ast.Call
    connection: ast.expr
    by_keyword: bool
    receiver: Type | Step


@dataclass(frozen=True, slots=True)
class Broken:
    """A chain that holds a misplaced connection, so that running it raises.

    Attributes:
        root: What the first call is made on.
        start: Its type.
        model: The model that the chain is about.
        steps: The calls that would work, innermost first.
        misplaced: The connections that do not, innermost first; at least one.
    """

    root: ast.expr
    start: Type
    model: Class
    steps: tuple[Step, ...]
    misplaced: tuple[Misplaced, ...]


def broken(module: Module, types: Types, end: ast.Call) -> Broken | None:
    """The chain that a call is the end of, if it is proven to raise for a misplaced connection."""
    version = tortoise_version(module)
    if version is not None and version < api.version_key(api.OLDEST):
        return None
    calls = _calls(end)
    for position, call in enumerate(calls):
        assert isinstance(call.func, ast.Attribute)
        start = types.of(call.func.value)
        if subject(start) is not None:
            return _Reader(module, types, call.func.value, start).read(calls[position:])
    return None


def _calls(end: ast.Call) -> list[ast.Call]:
    """The method calls of a chain, innermost first."""
    found = []
    node: ast.expr = end
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        found.append(node)
        node = node.func.value
    return found[::-1]


class _Reader:
    """Reads one chain, from the expression that it starts with."""

    def __init__(self, module: Module, types: Types, root: ast.expr, start: Type) -> None:
        self._module, self._types = module, types
        self._version = tortoise_version(module)
        self._root, self._start = root, start
        self._owner = _owner_of(start)
        self._steps: list[Step] = []
        self._misplaced: list[Misplaced] = []
        model = subject(start)
        assert model is not None
        self._model = model

    def read(self, calls: list[ast.Call]) -> Broken | None:
        """The chain of these calls; None where it may run, or where anything in it is unknown."""
        if not all(map(self._take, calls)) or not self._misplaced:
            return None
        steps, misplaced = tuple(self._steps), tuple(self._misplaced)
        return Broken(self._root, self._start, self._model, steps, misplaced)

    def _take(self, call: ast.Call) -> bool:
        """Read one more call; False where what it does is not known."""
        assert isinstance(call.func, ast.Attribute)
        name = call.func.attr
        if name == NAME and self._lacks_using_db(call):
            return self._misplace(call)
        entry = self._entry(name)
        if entry is None or self._owner is None:
            return False
        keyword = next((k for k in call.keywords if k.arg == NAME), None)
        if keyword is not None and not self._may_take_keyword(self._owner, name, entry):
            if not self._raises(entry, keyword):
                return False
            self._misplaced.append(
                Misplaced(len(self._steps), call, keyword.value, True, self._start)
            )
        self._steps.append(Step(call, self._owner, entry))
        self._owner = entry.value
        return True

    def _misplace(self, call: ast.Call) -> bool:
        arguments = [*call.args, *(k.value for k in call.keywords)]
        if len(arguments) != 1 or isinstance(arguments[0], ast.Starred):
            return False
        if any(keyword.arg is None for keyword in call.keywords):
            return False
        receiver = self._steps[-1] if self._steps else self._start
        self._misplaced.append(Misplaced(len(self._steps), call, arguments[0], False, receiver))
        return True

    def _lacks_using_db(self, call: ast.Call) -> bool:
        """Whether what stands before the call certainly has no such method, or not so called."""
        if self._owner is None:
            return bool(self._steps) and self._steps[-1].entry.coroutine
        if api.methods(self._owner, NAME):
            return [keyword.arg for keyword in call.keywords] == [NAME] and not call.args
        if self._owner in (api.Owner.MODEL, api.Owner.INSTANCE):
            return _lacks(self._module, self._model, NAME)
        return True

    def _entry(self, name: str) -> api.Method | None:
        """What a method of the current receiver means; None where that is not certain."""
        owner = self._owner
        if owner is None or (owner, name) in _NEVER:
            return None
        by_model = owner in (api.Owner.MODEL, api.Owner.INSTANCE)
        if by_model and not _lacks(self._module, self._model, name):
            return None  # it need not be the library's
        if self._version is None:
            return api.loosely(owner, name)
        return api.method(owner, name, self._version)

    def _may_take_keyword(self, owner: api.Owner, name: str, entry: api.Method) -> bool:
        """Whether a method takes ``using_db=``: in the release, or in any if that is not known."""
        entries = (entry,) if self._version is not None else api.methods(owner, name)
        ways = {
            way
            for one in entries
            for way in (
                api.connection_ways(one, self._version) if self._version else one.connection
            )
        }
        return any(isinstance(way, api.Keyword) and way.name == NAME for way in ways)

    def _raises(self, entry: api.Method, keyword: ast.keyword) -> bool:
        """Whether a keyword argument that is no parameter of the method certainly raises."""
        if not entry.awaitable or entry.name in _OPEN:
            return False
        is_client = isinstance(self._types.of(keyword.value), Client)
        if entry.name in _BY_ALIAS:
            return is_client
        if entry.name in _BY_FIELD:
            # A query from elsewhere may have an annotation of that name.
            return _lacks(self._module, self._model, NAME) and (
                is_client or not isinstance(self._start, Query)
            )
        return True


def _owner_of(start: Type) -> api.Owner | None:
    """What the first call of a chain is made on."""
    if isinstance(start, Query):
        return api.Owner(start.owner)
    if isinstance(start, ModelClass):
        return api.Owner.MODEL
    if isinstance(start, Instance):
        return api.Owner.INSTANCE
    if isinstance(start, Manager):
        return manager_owner(start)
    return None


def _lacks(module: Module, symbol: Class, name: str) -> bool:
    """Whether no model, this or one derived from it, has an attribute of that name of its own."""
    models = module.project.models
    known = models.get(symbol)
    if known is None:
        return False
    return all(_is_without(module, model, name) for model in (known, *models.descendants(symbol)))


def _is_without(module: Module, model: Model, name: str) -> bool:
    from ..project.module import Module as Parsed

    if not model.closed or name in model.own or name in model.fields or name in model.relations:
        return False
    for base in model.lineage:
        found = module.project.module(base.path)
        if not isinstance(found, Parsed) or stores(found, base, name):
            return False
    return True
