"""What a test shows of the names in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .types import NONE, Instance

if TYPE_CHECKING:
    from .environment import Env


def narrow(test: ast.expr, env: Env, truth: bool) -> Env:
    """``env`` where a test came out as ``truth``; changed in place."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return narrow(test.operand, env, not truth)
    if isinstance(test, ast.BoolOp):
        for value in test.values if isinstance(test.op, ast.And) is truth else ():
            narrow(value, env, truth)
        return env
    if isinstance(test, ast.Compare):
        _compare(test, env, truth)
    else:
        _set_present(env, test, truth)
    return env


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
        env[target.id] = Instance(known.model, False, known.origins) if present else NONE
