"""What running a piece of code may do to the database, as far as it can be told.

Every database call of Tortoise is asynchronous, so only what is awaited, iterated with
``async for``, entered with ``async with``, or made into a coroutine that somebody else runs can
write. A task that code out of sight starts, in a function that is not asynchronous itself, is no
more counted than the tasks of other requests.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.module import Module
from ..project.symbols import External, Function
from . import api, scopes
from ._effect_kinds import PURE, Effects, Write, union
from .definitions import definition, plain_decorators
from .infer import TRANSACTION, Types, types_of
from .members import awaits_itself
from .types import (
    NONE,
    ApiMethod,
    BoundMethod,
    Coroutine,
    Forward,
    Instance,
    Manager,
    Query,
    Reference,
    Type,
    members_of,
)
from .written import written_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..project.index import Project
    from ..project.symbols import Class

_GATHER = "asyncio.gather"
_HARMLESS = frozenset({"asyncio.sleep", _GATHER})
#: Methods whose name says, of a row of a type that is not known, too, that they write.
_LIKELY = frozenset({"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create"})
#: What runs a coroutine without awaiting it; the last part of the name.
_STARTERS = frozenset(
    {"create_task", "ensure_future", "run_coroutine_threadsafe", "run_until_complete", "start_soon"}
)


def effects_of(module: Module, nodes: Iterable[ast.AST]) -> Effects:
    """What running these statements or expressions of one scope may do."""
    return _Walk().of(module, nodes)


def effects_of_function(project: Project, function: Function) -> Effects:
    """What calling a function of the project may do, with all that it calls in turn.

    The writes are those of the functions that it reaches, in no order that means something.
    """
    key = (effects_of_function, function)
    if key not in project.memo:
        reached = [function]
        for one in reached:
            _, calls = _alone(project, one)
            reached += [other for other in calls if other not in reached]
        project.memo[key] = _any(_alone(project, one)[0] for one in reached)
    found: Effects = project.memo[key]
    return found


def _alone(project: Project, function: Function) -> tuple[Effects, tuple[Function, ...]]:
    """What a function itself may do, and the functions of the project that it calls."""
    key = (_alone, function)
    if key not in project.memo:
        module = project.module(function.path)
        node = definition(module, function) if isinstance(module, Module) else None
        if node is None or not isinstance(module, Module) or not plain_decorators(module, node):
            project.memo[key] = (Effects(unknown=function.qualname), ())
        else:
            calls: dict[Function, None] = {}
            effects = _Walk(calls).of(module, node.body)
            project.memo[key] = (effects, tuple(calls))
    found: tuple[Effects, tuple[Function, ...]] = project.memo[key]
    return found


class _Walk:
    """A walk over code; where ``calls`` is given, the functions that it calls are put there."""

    def __init__(self, calls: dict[Function, None] | None = None) -> None:
        self._calls = calls

    def of(self, module: Module, nodes: Iterable[ast.AST]) -> Effects:
        found = PURE
        for node in nodes:
            types = types_of(module, module.scope(node))
            for inner in (node, *scopes.own_nodes(node)):
                found |= self._node(module, types, inner)
        return found

    def _node(self, module: Module, types: Types, node: ast.AST) -> Effects:
        if isinstance(node, ast.Call):
            return self._call(module, types, node)
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return Effects(unknown=f"the caller, at the yield (line {node.lineno}),")
        if isinstance(node, ast.Await):
            return self._awaited(module, types, node.value)
        if isinstance(node, ast.AsyncFor) or (
            isinstance(node, ast.comprehension) and node.is_async
        ):
            return self._awaited(module, types, node.iter)
        if isinstance(node, ast.AsyncWith):
            entered = (item.context_expr for item in node.items)
            return _any(self._entered(module, types, one) for one in entered)
        return PURE

    def _call(self, module: Module, types: Types, node: ast.Call) -> Effects:
        called = members_of(types.of(node.func))
        found = _any(self._called(module, node, one) for one in called)
        if any(map(_is_gather, called)):
            found |= _any(self._awaited(module, types, _each(one)) for one in node.args)
        elif _last_name(node.func) in _STARTERS:
            found |= _any(self._awaited(module, types, argument) for argument in node.args)
        return found

    def _called(self, module: Module, node: ast.Call, called: Type) -> Effects:
        """What a call of something of a known type does by itself."""
        if isinstance(called, ApiMethod):
            worst = api.worst_effect(api.Owner(called.owner), called.name)
            if worst is not api.Effect.WRITE:
                return PURE
            return _written(_where(module, node), written_models(module, called))
        function = _function(called)
        return PURE if function is None else self._function(module, node, function)

    def _function(self, module: Module, node: ast.Call, symbol: Function) -> Effects:
        if self._calls is not None:
            self._calls[symbol] = None
            return PURE  # what it does is counted where it stands
        inside = effects_of_function(module.project, symbol)
        where = _where(module, node)
        writes = (Write(where, union(one.models for one in inside.writes)),)
        return Effects(
            where if inside.write else "",
            where if inside.unknown else "",
            writes if inside.writes else (),
        )

    def _awaited(self, module: Module, types: Types, value: ast.expr) -> Effects:
        kinds = members_of(types.of(value))
        return _any(self._awaited_as(module, types, value, kind) for kind in kinds)

    def _awaited_as(self, module: Module, types: Types, value: ast.expr, kind: Type) -> Effects:
        if isinstance(kind, Query):
            # A bulk query has no entry of its own for being awaited; all of them write.
            worst = api.worst_effect(api.Owner(kind.owner), "__await__") or api.Effect.WRITE
            if worst is not api.Effect.WRITE:
                return PURE
            made = types.of(value.func) if isinstance(value, ast.Call) else None
            models = written_models(module, made) if isinstance(made, ApiMethod) else None
            return _written(_where(module, value), models)
        if isinstance(kind, Instance):
            known = awaits_itself(module.project, kind)
            return PURE if known else Effects(unknown=_where(module, value))
        if isinstance(kind, Manager | Forward):
            return PURE
        if isinstance(value, ast.Call):
            called = types.of(value.func)
            if all(map(_is_judged, members_of(called))):
                return PURE
            if isinstance(called, Reference) and isinstance(called.symbol, External):
                harmless = called.symbol.dotted in _HARMLESS
                return PURE if harmless else Effects(unknown=_where(module, value))
            if isinstance(kind, Coroutine):
                return PURE
        # A coroutine that comes from elsewhere runs only here, whatever it does.
        where = _where(module, value)
        written = isinstance(value, ast.Call) and _last_name(value.func) in _LIKELY
        return Effects(unknown=where) | (_written(where, None) if written else PURE)

    def _entered(self, module: Module, types: Types, value: ast.expr) -> Effects:
        called = types.of(value.func) if isinstance(value, ast.Call) else None
        symbol = called.symbol if isinstance(called, Reference) else None
        # Other context managers of the library may write: one that registers it creates tables.
        if isinstance(symbol, External) and api.canonical(symbol.dotted) == TRANSACTION:
            return PURE
        return Effects(unknown=_where(module, value))


def _each(argument: ast.expr) -> ast.expr:
    """What is awaited of an argument of ``gather``: of ``*[x for ...]``, each ``x``."""
    inner = argument.value if isinstance(argument, ast.Starred) else argument
    return inner.elt if isinstance(inner, ast.ListComp | ast.GeneratorExp) else argument


def _written(where: str, models: frozenset[Class] | None) -> Effects:
    return Effects(where, writes=(Write(where, models),))


def _function(called: Type) -> Function | None:
    if isinstance(called, BoundMethod):
        return called.function
    if isinstance(called, Reference) and isinstance(called.symbol, Function):
        return called.symbol
    return None


def _is_judged(called: Type) -> bool:
    """Whether a call says itself what waiting for its result does; calling None raises."""
    return isinstance(called, ApiMethod) or called == NONE or _function(called) is not None


def _is_gather(called: Type) -> bool:
    return isinstance(called, Reference) and called.symbol == External(_GATHER)


def _last_name(node: ast.expr) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _any(effects: Iterator[Effects]) -> Effects:
    found = PURE
    for one in effects:
        found |= one
    return found


def _where(module: Module, node: ast.expr) -> str:
    """A call as a message names it: its source up to the arguments, and its line."""
    text = module.text(node.func if isinstance(node, ast.Call) else node)
    text = " ".join(text.split())
    short = text if len(text) <= 40 else f"{text[:37]}..."
    return f"{short}{'()' if isinstance(node, ast.Call) else ''} (line {node.lineno})"


__all__ = ["PURE", "Effects", "Write", "effects_of", "effects_of_function"]
