"""The type of a call, by the type of what is called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.module import Module
from ..project.symbols import Class, External, Function, Symbol
from . import api, scopes
from ._builtin_calls import external_result
from ._parameters import receiver_of
from .annotations import annotated
from .attributes import derived
from .definitions import definition, is_property, plain_decorators
from .environment import join_all
from .foreign import gives_response, response_of
from .generics import arguments
from .origins import place
from .plain_classes import is_plain_class
from .types import (
    DATA,
    NONE,
    OBJECT,
    UNKNOWN,
    ApiMethod,
    BoundMethod,
    ClassObject,
    Coroutine,
    Foreign,
    Instance,
    ListOf,
    Manager,
    ModelClass,
    Object,
    OneOf,
    Plain,
    Query,
    Reference,
    Super,
    TupleOf,
    Type,
)

if TYPE_CHECKING:
    from ._context import Context
    from .annotations import Given

_PLAIN_RESULTS: dict[api.Returns, Type] = {
    api.Returns.COUNT: Plain("int"),
    api.Returns.ROWS_WRITTEN: Plain("int"),
    api.Returns.BOOL: Plain("bool"),
    api.Returns.STR: Plain("str"),
    api.Returns.NONE: Plain("None"),
    api.Returns.VALUES: Plain("object"),
    api.Returns.VALUES_LIST: Plain("object"),
    api.Returns.PLAIN: Plain("object"),
}
#: What the methods of plain values give, by what the method is.
_OF_PLAIN: dict[str, Type] = {"data method": DATA, "method": OBJECT}


class Calls:
    """Types of calls, as one scope sees them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._project = context.project

    def result(self, node: ast.Call, called: Type, values: list[Type]) -> Type:
        """The type of a call.

        Args:
            node: The call.
            called: The type of what is called.
            values: The types of the positional arguments.
        """
        if called is UNKNOWN:  # as most are: this is asked of every call
            return UNKNOWN
        if isinstance(called, OneOf):
            known = called.members - {NONE}  # calling None raises
            return join_all(self.result(node, member, values) for member in known)
        if isinstance(called, ApiMethod):
            connection = called.owner == api.Owner.CONNECTION.value
            return _of_client(called) if connection else self._api(called, node)
        if isinstance(called, ModelClass):
            return Instance(called.model)
        if isinstance(called, BoundMethod):
            return self.function(called.function, called.receiver)
        if isinstance(called, ClassObject):
            return self._constructed(called.symbol, exact=False)
        if isinstance(called, Reference):
            return self._reference(called.symbol, node, values)
        if isinstance(called, Foreign) and gives_response(called.kind):
            return Foreign(response_of(called.kind))
        if isinstance(called, Plain):
            return _OF_PLAIN.get(called.name, UNKNOWN)
        return UNKNOWN

    def _reference(self, symbol: Symbol, node: ast.Call, values: list[Type]) -> Type:
        if isinstance(symbol, Function):
            return self.function(symbol)
        if isinstance(symbol, External):
            if symbol.dotted == "builtins.super" and not node.args:
                return self._super()
            if symbol.dotted == "typing.cast" and node.args:
                return annotated(self._project, self._context.module.path, node.args[0])
            return external_result(symbol.dotted, node, values)
        return self._constructed(symbol) if isinstance(symbol, Class) else UNKNOWN

    def _super(self) -> Type:
        """``super()`` in a method; unknown in what stands in one."""
        module, scope = self._context.module, self._context.scope
        found = None if isinstance(scope, ast.Module) else receiver_of(module, scope)
        if found is None or scopes.bindings_in(module, scope)[found[0]] > 1:
            return UNKNOWN
        return Super(found[1], found[2])

    # The query API

    def _api(self, called: ApiMethod, node: ast.Call) -> Type:
        """The result of a method of the query API."""
        known = entry_of(self._context.module, called)
        model = subject(called.receiver)
        if known is None or model is None:
            return UNKNOWN
        result = _awaited(known.returns, called.receiver, model)
        if known.coroutine:
            return Coroutine(result)
        if not known.awaitable:
            return result
        if known.value is None:
            return UNKNOWN
        root = called.receiver.root if isinstance(called.receiver, Query) else place(node)
        return Query(model, known.value.value, result, root)

    # Functions and classes of the project

    def function(self, symbol: Function, receiver: Type = UNKNOWN) -> Type:
        """What calling a function of the project, or asking for a property, gives.

        Args:
            symbol: The function.
            receiver: The object or class that it is a method of.
        """
        given: Given = {}
        if isinstance(receiver, Object | ClassObject):
            owner = Class(symbol.path, symbol.qualname.rpartition(".")[0])
            given = arguments(self._project, receiver.symbol, owner)
        key = ("result", symbol, *given.items())
        return self._context.remembered(key, lambda: self._result_of(symbol, given))

    def _result_of(self, symbol: Function, given: Given) -> Type:
        module = self._project.module(symbol.path)
        node = definition(module, symbol) if isinstance(module, Module) else None
        if node is None or not isinstance(module, Module):
            return UNKNOWN
        if not plain_decorators(module, node) and not is_property(self._project, symbol):
            return UNKNOWN
        if scopes.is_generator(module, node):
            return UNKNOWN
        result = annotated(self._project, symbol.path, node.returns, given)
        if node.returns is None:
            result = self._context.elsewhere(module, node, None)
        return Coroutine(result) if isinstance(node, ast.AsyncFunctionDef) else result

    def _constructed(self, symbol: Class, exact: bool = True) -> Type:
        """An object of a project class; unknown where ``__new__`` or a metaclass may interfere."""
        classes = (symbol,) if exact else (symbol, *derived(self._project, symbol))
        facts = map(self._project.class_fact, classes)
        if not all(fact is not None and not fact.decorated for fact in facts):
            return UNKNOWN
        known = all(is_plain_class(self._project, one) for one in classes)
        return Object(symbol, exact) if known else UNKNOWN


def tortoise_version(module: Module) -> api.Version | None:
    """The one release of tortoise-orm that a file is written for; None where it is a range."""
    if tortoise_version not in module.memo:
        pin = module.project.versions_of(module.path).get("tortoise-orm")
        known = api.version_key(pin.exact) if pin and pin.exact else None
        module.memo[tortoise_version] = known
    version: api.Version | None = module.memo[tortoise_version]
    return version


def entry_of(module: Module, called: ApiMethod) -> api.Method | None:
    """What the API table says of a method, in the release that the file is written for."""
    owner, version = api.Owner(called.owner), tortoise_version(module)
    exact = api.method(owner, called.name, version) if version else None
    return exact or api.loosely(owner, called.name)


def subject(receiver: Type) -> Class | None:
    """The model that a method of the query API is about."""
    if isinstance(receiver, ModelClass | Instance | Query):
        return receiver.model
    return receiver.relation.target if isinstance(receiver, Manager) else None


def _of_client(called: ApiMethod) -> Type:
    """Rows as the driver gives them; nothing of the ORM."""
    known = api.loosely(api.Owner.CONNECTION, called.name)
    result = Plain("object") if known is not None else UNKNOWN
    return Coroutine(result) if known is not None and known.coroutine else UNKNOWN


def _awaited(returns: api.Returns, receiver: Type, model: Class) -> Type:
    """What a call gives once it has run."""
    row = Instance(model)
    if returns in (api.Returns.INSTANCE, api.Returns.SINGLE):
        return row
    if returns in (api.Returns.OPTIONAL_INSTANCE, api.Returns.SINGLE_OPTIONAL):
        return Instance(model, optional=True)
    if returns is api.Returns.INSTANCE_AND_BOOL:
        return TupleOf((row, Plain("bool")))
    if returns in (api.Returns.QUERYSET, api.Returns.LIST_OF_INSTANCES):
        return ListOf(row)
    if returns is api.Returns.SELF_INSTANCE:
        return receiver
    return _PLAIN_RESULTS.get(returns, UNKNOWN)
