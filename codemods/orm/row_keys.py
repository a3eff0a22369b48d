"""The functions by which code sorts rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import scopes
from .types import Instance, Type

if TYPE_CHECKING:
    from ..project.module import Module


def sort_key(call: ast.Call) -> ast.Lambda | None:
    """The key function of ``sorted``, if it does nothing with a row but read its attributes."""
    keys = [keyword.value for keyword in call.keywords if keyword.arg != "reverse"]
    key = keys[0] if len(keys) == 1 else None
    if not isinstance(key, ast.Lambda) or len(list(scopes.parameters(key))) != 1:
        return None
    uses = [node for node in ast.walk(key.body) if _is_parameter(node, key)]
    read = [n.value for n in ast.walk(key.body) if isinstance(n, ast.Attribute)]
    return key if all(use in read for use in uses) else None


def _is_parameter(node: ast.AST, function: ast.Lambda) -> bool:
    names = {one.arg for one in scopes.parameters(function)}
    return isinstance(node, ast.Name) and node.id in names


def reads_columns(module: Module, row: Type | None, key: ast.Lambda) -> bool:
    """Whether a key function that reads attributes of a row reads nothing but its columns."""
    model = module.project.models.get(row.model) if isinstance(row, Instance) else None
    names = {node.attr for node in ast.walk(key.body) if isinstance(node, ast.Attribute)}
    if model is None:
        return False
    columns = (model.fields.keys() - model.relations.keys()) | {"pk"}
    return names <= columns | {f"{name}_id" for name in model.relations.keys() & model.fields}


def is_sorted(module: Module, row: Type | None, use: ast.Name) -> bool:
    """``rows.sort(key=...)``: the same rows in another order."""
    method = module.parent(use)
    if not isinstance(method, ast.Attribute) or method.attr != "sort":
        return False
    call = module.parent(method)
    key = sort_key(call) if isinstance(call, ast.Call) and call.func is method else None
    return key is not None and reads_columns(module, row, key)
