"""The names that a file binds, wherever it does so."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, imports_of

if TYPE_CHECKING:
    from ..project.module import Module

_DEFINING: tuple[type[ast.stmt], ...] = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.Import, ast.ImportFrom),
)


def may_be_bound(module: Module, name: str) -> bool:
    """Whether a name may mean something of the file itself somewhere in it."""
    return name in bound_names(module) or bool(module.facts.stars)


def bound_names(module: Module) -> frozenset[str]:
    """Every name that a file binds, be it in a function or a class, or as a parameter."""
    if bound_names not in module.memo:
        module.memo[bound_names] = frozenset(_collected(module))
    found: frozenset[str] = module.memo[bound_names]
    return found


def _collected(module: Module) -> set[str]:
    stored = {n.id for n in module.nodes(ast.Name) if not isinstance(n.ctx, ast.Load)}
    stored |= {parameter.arg for parameter in module.nodes(ast.arg)}
    for node in (n for kind in _DEFINING for n in module.nodes(kind)):
        if isinstance(node, FunctionNode | ast.ClassDef):
            stored.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            stored |= {found.name for found in imports_of(node)}
    return stored | module.facts.bindings.keys()
