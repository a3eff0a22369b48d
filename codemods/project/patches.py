"""The statements of a module that change its own variable in place, one after the other."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .module import Module


class Way(Enum):
    """What a patch does with its value."""

    APPEND = "append"  #: one more element of a list
    EXTEND = "extend"  #: all elements of another list
    SET = "set"  #: the value of the last key
    UPDATE = "update"  #: all entries of another mapping


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A change of what lies below some keys of a variable.

    Attributes:
        statement: The whole statement, which stands directly in the module.
        keys: From the variable inwards; of ``Way.SET`` without the one that is set.
        way: What is done there.
        key: The key that is set, of ``Way.SET`` alone.
        value: What is added or set.
    """

    statement: ast.stmt
    keys: tuple[str, ...]
    way: Way
    value: ast.expr
    key: str = ""


_METHODS = {"append": Way.APPEND, "extend": Way.EXTEND, "update": Way.UPDATE}


def patches_of(module: Module, name: str) -> tuple[Patch, ...]:
    """The patches of a module-level variable, in order; none unless all of them can be told.

    The order of evaluation is only certain if nothing made a copy of the variable before.
    """
    key = (patches_of, name)
    if key not in module.memo:
        found = tuple(_patches(module, name))
        module.memo[key] = found if found and not _copied(module, name, found) else ()
    patches: tuple[Patch, ...] = module.memo[key]
    return patches


def _patches(module: Module, name: str) -> Iterator[Patch]:
    for statement in module.tree.body:
        patch = _patch(statement, name)
        if patch is not None:
            yield patch


def _patch(node: ast.stmt, name: str) -> Patch | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return _of_call(node, node.value, name)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        keys = _keys(node.targets[0], name) if len(node.targets) == 1 else None
        return Patch(node, keys[:-1], Way.SET, node.value, keys[-1]) if keys else None
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
        keys = _keys(node.target, name) if isinstance(node.op, ast.Add) else None
        return Patch(node, keys, Way.EXTEND, node.value) if keys else None
    return None


def _of_call(node: ast.stmt, call: ast.Call, name: str) -> Patch | None:
    if not isinstance(call.func, ast.Attribute) or len(call.args) != 1 or call.keywords:
        return None
    keys, way = _keys(call.func.value, name), _METHODS.get(call.func.attr)
    if keys is None or way is None or isinstance(call.args[0], ast.Starred):
        return None
    return Patch(node, keys, way, call.args[0])


def _keys(node: ast.expr, name: str) -> tuple[str, ...] | None:
    """The keys of ``name["a"]["b"]``; None for any other expression."""
    if isinstance(node, ast.Name):
        return () if node.id == name else None
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        return None
    outer, key = _keys(node.value, name), node.slice.value
    return (*outer, key) if outer is not None and isinstance(key, str) else None


def _copied(module: Module, name: str, patches: tuple[Patch, ...]) -> bool:
    """Whether a use before the last patch does more than put the variable into a mapping."""
    own, last = {id(patch.statement) for patch in patches}, patches[-1].statement.lineno
    for statement in module.tree.body:
        if statement.lineno >= last:
            return False
        if id(statement) in own or isinstance(
            statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            continue
        for node in ast.walk(statement):
            if _reads(node, name) and not isinstance(module.parent(node), ast.Dict):
                return True
    return False


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
