"""Functions of the project that take a connection as an option and do nothing else but pass it on.

``async def refund(order, conn=None): await order.save(using_db=conn)``: given a connection, such a
function sends the same statements through it that it would otherwise send through the current one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.module import Module
from . import api, scopes
from .calls import entry_of, subject
from .chains import Link, chain_of
from .definitions import definition, plain_decorators
from .infer import Types, types_of
from .reach import function_called
from .transactions import awaited_in, is_atomic, runs_aside
from .types import BoundMethod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.facts import FunctionNode
    from ..project.symbols import Class, Function

_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """The parameter of a function through which a call could pass a connection.

    Attributes:
        parameter: Its name.
        models: The models of all the calls that get it.
    """

    parameter: str
    models: frozenset[Class]


def connection_taken_by(module: Module, types: Types, node: ast.expr) -> Taken | None:
    """The parameter that an expression, a call, could pass a connection by and does not."""
    symbol = function_called(types, node)
    if symbol is None or not isinstance(node, ast.Call):
        return None
    taken = _taken(module, symbol, _DEPTH)
    if taken is None or not _is_open(module, types, node, symbol, taken):
        return None
    return taken


def _is_open(module: Module, types: Types, node: ast.Call, symbol: Function, taken: Taken) -> bool:
    """Whether a call is proven to leave a parameter at its default."""
    unpacked = any(isinstance(one, ast.Starred) for one in node.args)
    if unpacked or any(keyword.arg in (None, taken.parameter) for keyword in node.keywords):
        return False
    found = _definition(module, symbol)
    if found is None:
        return False
    args = found[1].args
    names = [one.arg for one in (*args.posonlyargs, *args.args)]
    called = types.of(node.func)
    given = len(node.args) + (_binds_first(found[1]) if isinstance(called, BoundMethod) else 0)
    return taken.parameter not in names or names.index(taken.parameter) >= given


def _binds_first(function: FunctionNode) -> int:
    """How many parameters the receiver of a method takes."""
    return 0 if any(getattr(d, "id", "") == "staticmethod" for d in function.decorator_list) else 1


def _taken(module: Module, symbol: Function, depth: int) -> Taken | None:
    found = _definition(module, symbol)
    if found is None or not depth:
        return None
    other, function = found
    key = ("connection taken", symbol, depth)
    if key not in other.memo:
        other.memo[key] = None  # a function that calls itself proves nothing by that
        every = (_passed_on(other, function, p, depth) for p in _optional(function))
        passed = [one for one in every if one is not None]
        other.memo[key] = passed[0] if len(passed) == 1 else None
    answer: Taken | None = other.memo[key]
    return answer


def _definition(module: Module, symbol: Function) -> tuple[Module, ast.AsyncFunctionDef] | None:
    """The file and the node of a coroutine function that is just what it seems."""
    other = module.project.module(symbol.path)
    node = definition(other, symbol) if isinstance(other, Module) else None
    if not isinstance(other, Module) or not isinstance(node, ast.AsyncFunctionDef):
        return None
    plain = plain_decorators(other, node) and not is_atomic(other, node)
    return (other, node) if plain and not scopes.is_generator(other, node) else None


def _optional(function: FunctionNode) -> Iterator[ast.arg]:
    """The parameters that can be passed by name and are None otherwise."""
    for parameter in (*function.args.args, *function.args.kwonlyargs):
        default = scopes.default_of(function, parameter)
        if isinstance(default, ast.Constant) and default.value is None:
            yield parameter


def _passed_on(
    module: Module, function: ast.AsyncFunctionDef, parameter: ast.arg, depth: int
) -> Taken | None:
    """What a parameter is, if all its uses pass it as the connection of calls that run there."""
    name = parameter.arg
    uses = {n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name}
    once = scopes.bindings_in(module, function)[name] == 1
    types = types_of(module, function)
    if not uses or not once or runs_aside(types, function.body):
        return None
    models: set[Class] = set()
    for group in awaited_in(types, function.body):
        got = [_connections(module, types, node, name, depth) for node in group]
        if any(got) and not all(got):
            return None  # what runs at the same time has to use one client
        for use, model in (pair for pairs in got for pair in pairs):
            uses.discard(use)
            models |= model
    return Taken(name, frozenset(models)) if not uses and models else None


def _connections(
    module: Module, types: Types, node: ast.expr, name: str, depth: int
) -> list[tuple[ast.Name, frozenset[Class]]]:
    """Where an awaited expression passes a variable as a connection, and for which models."""
    chain = chain_of(types, node)
    model = subject(chain.start)
    if chain.links and model is not None:
        found = (_given(module, link) for link in chain.links)
        return [(one, frozenset({model})) for one in found if one is not None and one.id == name]
    symbol = function_called(types, node)
    taken = _taken(module, symbol, depth - 1) if symbol is not None else None
    if taken is None or not isinstance(node, ast.Call):
        return []
    values = [k.value for k in node.keywords if k.arg == taken.parameter]
    return [(v, taken.models) for v in values if isinstance(v, ast.Name) and v.id == name]


def _given(module: Module, link: Link) -> ast.Name | None:
    """The variable that a call of the query API is given as its connection."""
    if link.method.name == "using_db" and len(link.call.args) == 1 and not link.call.keywords:
        value: ast.expr | None = link.call.args[0]
    else:
        entry = entry_of(module, link.method)
        ways = entry.connection if entry else ()
        names = {way.name for way in ways if isinstance(way, api.Keyword)}
        value = next((k.value for k in link.call.keywords if k.arg in names), None)
    return value if isinstance(value, ast.Name) else None
