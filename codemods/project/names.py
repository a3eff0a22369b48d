"""What a dotted expression means where it stands, local names and imports included."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .facts import FunctionNode, imports_of
from .walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .module import Module
    from .symbols import Symbol

#: Nodes that bind their name, where they have one.
_NAMED = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.ExceptHandler
    | ast.MatchAs
    | ast.MatchStar
)


def meaning(module: Module, node: ast.expr) -> Symbol | None:
    """What a dotted expression means where it stands, imports inside functions included.

    None where a name of an enclosing function hides the module's, unless an import binds it.
    """
    parts: list[str] = []
    root = node
    while isinstance(root, ast.Attribute):
        parts.insert(0, root.attr)
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    for scope in scopes_around(module, root):
        if root.id in _local_names_in(module, scope):
            return _imported_in(module, scope, root.id, parts)
    return module.resolve(node)


def scopes_around(module: Module, node: ast.AST) -> Iterator[FunctionNode | ast.Lambda]:
    """The functions whose bodies hold a node, innermost first."""
    inner = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda):
            body = [outer.body] if isinstance(outer, ast.Lambda) else outer.body
            if inner in body:
                yield outer
        inner = outer


def _local_names_in(module: Module, function: FunctionNode | ast.Lambda) -> frozenset[str]:
    """The same as ``local_names`` of a function of a module, which are looked for once."""
    key = (local_names, function)
    if key not in module.memo:
        module.memo[key] = local_names(function)
    found: frozenset[str] = module.memo[key]
    return found


def local_names(function: FunctionNode | ast.Lambda) -> frozenset[str]:
    """The parameters of a function and every name that something inside it binds."""
    names = {argument.arg for argument in walk(function.args) if isinstance(argument, ast.arg)}
    for node in walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(found.name for found in imports_of(node))
        elif isinstance(node, _NAMED) and node is not function:
            names.update([node.name] if node.name else [])
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return frozenset(names - declared_global(function))


def declared_global(function: ast.AST) -> frozenset[str]:
    """The names that ``global`` statements inside a function tie to the module."""
    found = (node for node in walk(function) if isinstance(node, ast.Global))
    return frozenset(name for node in found for name in node.names)


def _imported_in(
    module: Module, function: FunctionNode | ast.Lambda, name: str, parts: list[str]
) -> Symbol | None:
    """What a name means that one import inside a function binds, and nothing else there."""
    found = [
        one
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for one in imports_of(node)
        if one.name == name
    ]
    stored = any(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        for n in ast.walk(function)
    )
    if len(found) != 1 or stored:
        return None
    symbol = module.project.resolve_import(module.path, found[0])
    for part in parts:
        symbol = module.project.member(symbol, part)
    return symbol
