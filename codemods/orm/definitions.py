"""Where the functions of the project are written, and whether they are what they seem."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, inner_blocks
from ..project.module import Module
from ..project.symbols import External, Function

if TYPE_CHECKING:
    from ..project.index import Project

_PROPERTIES = (External("builtins.property"), External("functools.cached_property"))
_HARMLESS_DECORATORS = frozenset(
    {"builtins.staticmethod", "builtins.classmethod", "tortoise.transactions.atomic"}
)


def plain_decorators(module: Module, node: FunctionNode) -> bool:
    """Whether the decorators of a function leave what it does, and its result, as they are."""
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        symbol = module.resolve(target)
        if not isinstance(symbol, External) or symbol.dotted not in _HARMLESS_DECORATORS:
            return False
    return True


def is_method(project: Project, symbol: Function) -> bool:
    """Whether a function of a class body is a method, and not a property or the like."""
    return _decoration(project, symbol) == "method"


def is_property(project: Project, symbol: Function) -> bool:
    """Whether a function of a class body computes an attribute, once or each time."""
    return _decoration(project, symbol) == "property"


def _decoration(project: Project, symbol: Function) -> str:
    key = (_decoration, symbol)
    if key not in project.memo:
        module = project.module(symbol.path)
        node = definition(module, symbol) if isinstance(module, Module) else None
        found = ""
        if node is not None and isinstance(module, Module):
            decorators = [module.resolve(one) for one in node.decorator_list]
            known = len(decorators) == 1 and decorators[0] in _PROPERTIES
            plain = plain_decorators(module, node)
            found = "property" if known else "method" if plain else ""
        project.memo[key] = found
    decoration: str = project.memo[key]
    return decoration


def definition(module: Module, symbol: Function) -> FunctionNode | None:
    """The node of a module-level function or of a method."""
    line = module.facts.functions.get(symbol.qualname)
    outer: ast.Module | ast.ClassDef = module.tree
    for part in symbol.qualname.split(".")[:-1]:
        inner = [n for n in _defined(module, outer) if n.name == part]
        classes = [n for n in inner if isinstance(n, ast.ClassDef)]
        if len(classes) != 1:
            return None
        outer = classes[0]
    here = [n for n in _defined(module, outer) if n.lineno == line]
    found = [n for n in here if isinstance(n, FunctionNode)]
    return found[0] if len(found) == 1 else None


def _defined(module: Module, outer: ast.Module | ast.ClassDef) -> list[FunctionNode | ast.ClassDef]:
    """The functions and classes of a body and of the conditional blocks in it; listed once."""
    key = (_defined, outer)
    if key not in module.memo:
        inside = _flat(outer.body)
        module.memo[key] = [n for n in inside if isinstance(n, FunctionNode | ast.ClassDef)]
    found: list[FunctionNode | ast.ClassDef] = module.memo[key]
    return found


def _flat(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a block and of the conditional blocks in it."""
    found = []
    for node in body:
        found.append(node)
        if not isinstance(node, FunctionNode | ast.ClassDef):
            for block in inner_blocks(node):
                found.extend(_flat(block))
    return found
