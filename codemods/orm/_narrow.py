"""What a test shows of the names in it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..project.symbols import External
from .environment import join_all
from .types import (
    NONE,
    UNKNOWN,
    Instance,
    ListOf,
    ModelClass,
    OneOf,
    Plain,
    Reference,
    TupleOf,
    Type,
    without_none,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .environment import Env

#: What an object of a builtin class is; nothing of the ORM is derived from them.
_BUILTINS: dict[str, Type] = {
    **{f"builtins.{name}": Plain(name) for name in ("str", "int", "float", "bytes", "dict")},
    "builtins.bool": Plain("bool"),
    "builtins.list": ListOf(UNKNOWN),
    "builtins.set": ListOf(UNKNOWN, "set"),
    "builtins.tuple": ListOf(UNKNOWN, "iterable"),
}
_IS_INSTANCE = Reference(External("builtins.isinstance"))


def narrow(
    test: ast.expr, env: Env, truth: bool, types: Mapping[ast.AST, Type], shared: Collection[str]
) -> Env:
    """``env`` where a test came out as ``truth``; changed in place.

    Args:
        test: The condition, which was visited before.
        env: What is known of the names.
        truth: How it came out.
        types: The types of the parts of the condition.
        shared: Names that can be bound again at any time.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return narrow(test.operand, env, not truth, types, shared)
    if isinstance(test, ast.BoolOp):
        for value in test.values if isinstance(test.op, ast.And) is truth else ():
            narrow(value, env, truth, types, shared)
        return env
    if isinstance(test, ast.Compare):
        _compare(test, env, truth)
    elif isinstance(test, ast.Call):
        if truth and len(test.args) == 2 and types.get(test.func) == _IS_INSTANCE:
            of_class(env, test.args[0], types.get(test.args[1], UNKNOWN), shared)
    else:
        _set_present(env, test, truth)
    return env


def of_class(env: Env, node: ast.expr, kind: Type, shared: Collection[str]) -> None:
    """What an expression is proven to be an object of; a name of which nothing is known gains."""
    if not isinstance(node, ast.Name) or node.id in shared:
        return
    kinds = kind.elements if isinstance(kind, TupleOf) else (kind,)
    found = join_all(map(_object_of, kinds))
    if env.get(node.id) == UNKNOWN:
        env[node.id] = found
    elif found != UNKNOWN:
        _set_present(env, node, True)


def _object_of(kind: Type) -> Type:
    """An object of a class, or of one that is derived from it."""
    if isinstance(kind, ModelClass):
        return Instance(kind.model)
    symbol = kind.symbol if isinstance(kind, Reference) else None
    return _BUILTINS.get(symbol.dotted, UNKNOWN) if isinstance(symbol, External) else UNKNOWN


def _compare(test: ast.Compare, env: Env, truth: bool) -> None:
    """``x is None`` and ``x is not None``."""
    other = test.comparators[0]
    is_none = isinstance(other, ast.Constant) and other.value is None
    if len(test.ops) == 1 and is_none and isinstance(test.ops[0], ast.IsNot | ast.Is):
        _set_present(env, test.left, isinstance(test.ops[0], ast.IsNot) is truth, sure=True)


def _set_present(env: Env, node: ast.expr, present: bool, sure: bool = False) -> None:
    """A name is None, or is not; ``sure`` where nothing else could have made the test fail."""
    target = node.target if isinstance(node, ast.NamedExpr) else node
    known = env.get(target.id) if isinstance(target, ast.Name) else None
    if not isinstance(target, ast.Name) or known is None:
        return
    if isinstance(known, Instance) and known.optional:
        env[target.id] = replace(known, optional=False) if present else NONE
    elif isinstance(known, OneOf) and NONE in known.members:
        if present:
            env[target.id] = without_none(known)
        elif sure:
            env[target.id] = NONE
