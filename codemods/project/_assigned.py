"""What a name is given, where exactly one statement gives it anything."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..source import Fault
from .facts import FunctionNode, dotted, imports_of
from .uses import changes_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .index import Project
    from .module import Module
    from .symbols import Class, Function, Symbol
    from .values import Value

_TRANSPARENT = frozenset({"staticmethod", "classmethod", "cache", "lru_cache"})
_PROPERTIES = frozenset({"property", "cached_property", "computed_field"})


@dataclass(frozen=True, slots=True)
class Frame:
    """The function around an expression.

    Attributes:
        function: Its definition.
        bound: Every name that is local to it, or that a function around it may bind.
        given: What a call passes to its parameters.
        own: The name of its first parameter, if that is the object of a method.
        owner: The class of that object.
    """

    function: ast.FunctionDef | ast.AsyncFunctionDef
    bound: frozenset[str]
    given: Mapping[str, Value] = field(default_factory=dict)
    own: str = ""
    owner: Class | None = None


def frame_of(module: Module, node: ast.AST) -> Frame | None:
    """The function that an expression stands in; None at module level."""
    around = [outer for outer in module.ancestors(node) if isinstance(outer, _SCOPES)]
    functions = [outer for outer in around if isinstance(outer, FunctionNode)]
    if not functions:
        return None
    bound = frozenset(name for outer in around for name in _bound(outer))
    return Frame(functions[0], bound)


_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def frame_for(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    given: Mapping[str, Value],
    owner: Class | None = None,
) -> Frame:
    """The inside of a function that is called; ``owner`` is the class of a method."""
    first = [*function.args.posonlyargs, *function.args.args][:1]
    own = first[0].arg if owner and first and not _is_static(function) else ""
    return Frame(function, frozenset(_bound(function)), given, own, owner)


def assigned(body: Sequence[ast.stmt], name: str) -> ast.expr | None:
    """What a plain assignment among the statements, or in a ``with`` among them, gives to a name.

    An open file counts as what ``open`` gives.
    """
    for node in body:
        value = plain_value(node, name)
        if value is None and isinstance(node, ast.With):
            value = _opened(node, name) or assigned(node.body, name)
        if value is not None:
            return value
    return None


def _opened(node: ast.With, name: str) -> ast.expr | None:
    """The call of ``open`` that a ``with`` statement gives a name to."""
    for item in node.items:
        call, target = item.context_expr, item.optional_vars
        if isinstance(target, ast.Name) and target.id == name and isinstance(call, ast.Call):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
            return call if method == "open" else None
    return None


def local_value(module: Module, frame: Frame, name: str) -> ast.expr | Symbol | Value | None:
    """What a local name means: what it is assigned, imported or given; None where not certain."""
    sites = [site for site in ast.walk(frame.function) if name in names_at(site)]
    if name in frame.given:
        return frame.given[name] if len(sites) == 1 else None
    if len(sites) != 1:
        return None
    site = sites[0]
    if isinstance(site, ast.Import | ast.ImportFrom):
        found = [one for one in imports_of(site) if one.name == name]
        return module.project.resolve_import(module.path, found[0]) if found else None
    if _is_changed(module, frame.function, name):
        return None
    return assigned([*_certain(frame.function.body)], name)


def returned(project: Project, symbol: Function) -> tuple[Module, ast.Return] | None:
    """The only way out of a function of the project; None where there may be another."""
    module = project.module(symbol.path)
    node = None if isinstance(module, Fault) else definition(module.tree, symbol.qualname)
    if isinstance(module, Fault) or not isinstance(node, ast.FunctionDef):
        return None
    if not decorators(node) <= _TRANSPARENT | _PROPERTIES:
        return None
    exits = [n for n in _inside(node) if isinstance(n, ast.Return | ast.Yield | ast.YieldFrom)]
    last = node.body[-1]
    while isinstance(last, ast.With):
        last = last.body[-1]
    if not isinstance(last, ast.Return) or exits != [last] or last.value is None:
        return None
    return module, last


def is_property(node: ast.FunctionDef) -> bool:
    """Whether an attribute, not a call, gives what the method returns."""
    return bool(decorators(node) & _PROPERTIES)


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    """The last parts of the names of all decorators; an empty string for one without a name."""
    called = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    names = [d.id if isinstance(d, ast.Name) else getattr(d, "attr", "") for d in called]
    return set(names)


def definition(tree: ast.Module, qualname: str) -> ast.AST | None:
    body: list[ast.stmt] = tree.body
    found: ast.stmt | None = None
    for part in qualname.split("."):
        named = [n for n in body if isinstance(n, DEFINITIONS) and n.name == part]
        if len(named) != 1:
            return None
        found = named[0]
        body = found.body
    return found


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _inside(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of the functions and classes in it."""
    stack = [*ast.iter_child_nodes(function)]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*DEFINITIONS, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def _certain(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run each time the function does, unless it raises before."""
    for node in body:
        yield node
        if isinstance(node, ast.With | ast.AsyncWith | ast.Try):
            yield from _certain(node.body)


def _is_changed(module: Module, function: ast.AST, name: str) -> bool:
    for node in ast.walk(function):
        read = isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Name) and read and any(True for _ in changes_below(module, node)):
            return True
    return False


def plain_value(node: ast.stmt, name: str) -> ast.expr | None:
    """What a plain assignment gives to a name."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return None
    only = targets[0] if len(targets) == 1 else None
    return node.value if isinstance(only, ast.Name) and only.id == name else None


def _is_static(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return "staticmethod" in decorators(function)


def _bound(scope: ast.AST) -> Iterator[str]:
    for node in ast.walk(scope):
        if node is not scope:
            yield from names_at(node)


def names_at(node: ast.AST) -> tuple[str, ...]:
    """The names that a node binds by itself."""
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple(found.name for found in imports_of(node))
    if isinstance(node, DEFINITIONS):
        return (node.name,)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return tuple(node.names)
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    return (name,) if isinstance(name, str) and not isinstance(node, ast.alias) else ()
