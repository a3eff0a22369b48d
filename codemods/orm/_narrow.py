"""What a test shows of the names in it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..project.symbols import External
from .types import NONE, UNKNOWN, Instance, ModelClass, Reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .environment import Env
    from .types import Type

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
    if not isinstance(node, ast.Name) or node.id in shared or not isinstance(kind, ModelClass):
        return
    if env.get(node.id) == UNKNOWN:
        env[node.id] = Instance(kind.model)
    else:
        _set_present(env, node, True)


def _compare(test: ast.Compare, env: Env, truth: bool) -> None:
    """``x is None`` and ``x is not None``."""
    other = test.comparators[0]
    is_none = isinstance(other, ast.Constant) and other.value is None
    if len(test.ops) == 1 and is_none and isinstance(test.ops[0], ast.IsNot | ast.Is):
        _set_present(env, test.left, isinstance(test.ops[0], ast.IsNot) is truth)


def _set_present(env: Env, node: ast.expr, present: bool) -> None:
    target = node.target if isinstance(node, ast.NamedExpr) else node
    known = env.get(target.id) if isinstance(target, ast.Name) else None
    if isinstance(target, ast.Name) and isinstance(known, Instance) and known.optional:
        env[target.id] = replace(known, optional=False) if present else NONE
