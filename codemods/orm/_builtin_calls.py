"""What the functions of other libraries give, the builtins above all."""

from __future__ import annotations

import ast
from dataclasses import replace

from . import api
from ._elements import element
from .environment import join_all
from .foreign import gives_data, gives_response, makes_foreign, response_of
from .types import (
    DATA,
    UNKNOWN,
    Client,
    Coroutine,
    Foreign,
    Forward,
    Instance,
    ListOf,
    Manager,
    Plain,
    Query,
    TupleOf,
    Type,
    members_of,
)

#: Builtins whose result is a plain value, whatever they are given.
_PLAIN_BUILTINS = {
    "len": "int", "str": "str", "int": "int", "float": "float", "bool": "bool", "repr": "str",
    "print": "None", "isinstance": "bool", "hasattr": "bool", "range": "range", "abs": "object",
    "round": "object", "any": "bool", "all": "bool", "hash": "int", "id": "int", "format": "str",
    "ord": "int", "chr": "str", "dict": "dict", "callable": "bool", "issubclass": "bool",
}  # fmt: skip
_COPIES = {
    "list": "list", "sorted": "list", "reversed": "iterator", "set": "set", "tuple": "iterable",
    "frozenset": "set", "iter": "iterator",
}  # fmt: skip
#: Copies that are lists or sets of their own, whatever they are made of.
_OWN_COPIES = frozenset({"list", "sorted", "set", "frozenset"})
_MAKERS = frozenset({"list", "set", "frozenset", "tuple"})
_GATHER = "asyncio.gather"


def external_result(dotted: str, node: ast.Call, values: list[Type]) -> Type:
    """What calling a thing outside the project gives.

    Args:
        dotted: Its full dotted name.
        node: The call.
        values: The types of the positional arguments.
    """
    if dotted.startswith("builtins."):
        known = _builtin(dotted.removeprefix("builtins."), node, values)
        return Foreign(dotted) if known == UNKNOWN and makes_foreign(dotted) else known
    if gives_data(dotted):
        return DATA
    if gives_response(dotted):
        return Foreign(response_of(dotted))
    if makes_foreign(dotted):
        return Foreign(dotted)
    if dotted == _GATHER:
        return _gathered(node, values)
    return Client() if _gives_client(dotted) else UNKNOWN


def _builtin(name: str, node: ast.Call, values: list[Type]) -> Type:
    if name in _PLAIN_BUILTINS:
        return Plain(_PLAIN_BUILTINS[name])
    if name in _COPIES:
        return _copy(name, values)
    each = [element(*pair, is_async=False) for pair in zip(node.args, values, strict=True)]
    if name == "next" and values:
        return join_all((each[0], *values[1:]))
    if name == "enumerate" and values:
        return ListOf(TupleOf((Plain("int"), each[0])), "iterator")
    if name == "zip" and all(keyword.arg == "strict" for keyword in node.keywords):
        return ListOf(TupleOf(tuple(each)), "iterator")
    return UNKNOWN


def _copy(name: str, values: list[Type]) -> Type:
    """A collection of the elements of another one."""
    if not values:
        return ListOf(UNKNOWN, _COPIES[name]) if name in _MAKERS | _OWN_COPIES else UNKNOWN
    copied = join_all(map(_copied, members_of(values[0])))
    if isinstance(copied, ListOf):
        return replace(copied, container=_COPIES[name])
    return ListOf(UNKNOWN, _COPIES[name]) if name in _OWN_COPIES else UNKNOWN


def _copied(value: Type) -> Type:
    """A collection with the elements of a value."""
    if isinstance(value, Manager) and value.relation.target:
        return ListOf(Instance(value.relation.target))
    return value if isinstance(value, ListOf) else UNKNOWN


def _gathered(node: ast.Call, values: list[Type]) -> Type:
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        return UNKNOWN
    return Coroutine(TupleOf(tuple(map(_awaited, values))))


def _awaited(value: Type) -> Type:
    """What awaiting a value gives, without where its rows came from."""
    if isinstance(value, Query | Coroutine):
        return value.result
    if isinstance(value, Manager) and value.relation.target:
        return ListOf(Instance(value.relation.target))
    if isinstance(value, Forward) and value.relation.target:
        return Instance(value.relation.target, value.relation.nullable or not value.stored)
    return UNKNOWN


def _gives_client(dotted: str) -> bool:
    """Whether a function of the library returns a connection."""
    name = api.canonical(dotted)
    function = api.function_named(name, None)
    if function is not None:
        return function.returns is api.Returns.CONNECTION and not function.coroutine
    owner, _, method = name.rpartition(".")
    owners = {
        "tortoise.Tortoise": api.Owner.TORTOISE,
        "tortoise.connection.connections": api.Owner.CONNECTIONS,
    }
    found = api.methods(owners[owner], method) if owner in owners else ()
    return bool(found) and all(entry.returns is api.Returns.CONNECTION for entry in found)
