"""Which names a scope binds, and how often."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, imports_of, target_names
from ..project.survey import without_nested
from ..project.walk import NESTED, children, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BINDERS = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom}
    | {ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.Global, ast.Nonlocal}
)


def parameters(function: FunctionNode | ast.Lambda) -> Iterator[ast.arg]:
    """All parameters, in the order of the signature."""
    args = function.args
    yield from args.posonlyargs
    yield from args.args
    if args.vararg:
        yield args.vararg
    yield from args.kwonlyargs
    if args.kwarg:
        yield args.kwarg


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of nested functions, classes and lambdas.

    A nested definition itself is given, its inside is not. Comprehensions belong to the scope.
    """
    return iter(_own_nodes(scope))


def _own_nodes(scope: ast.AST) -> list[ast.AST]:
    return without_nested(_entry(scope))


def nodes_in(module: Module, scope: ast.AST) -> list[ast.AST]:
    """``own_nodes`` of a scope of a module, as a list that is made once and not to be changed."""
    key = ("nodes", scope)
    if key not in module.memo:
        surveyed = module.own_nodes(scope)
        module.memo[key] = _own_nodes(scope) if surveyed is None else surveyed
    found: list[ast.AST] = module.memo[key]
    return found


def _entry(scope: ast.AST) -> list[ast.AST]:
    body = getattr(scope, "body", None)
    if isinstance(scope, ast.Module | FunctionNode | ast.ClassDef) and isinstance(body, list):
        return list(body)
    return children(scope)


def bindings(scope: Scope) -> Counter[str]:
    """How many places of a scope bind each name; ``bindings_in`` remembers it."""
    return _bindings(scope, _own_nodes(scope))


def _bindings(scope: Scope, nodes: list[ast.AST]) -> Counter[str]:
    """How many places of a scope bind each name, parameters included.

    Comprehension targets are not counted: they live in the comprehension.
    """
    counts: Counter[str] = Counter()
    if not isinstance(scope, ast.Module):
        for parameter in parameters(scope):
            counts[parameter.arg] += 1
    inside: set[int] = set()
    for node in nodes:
        if node.__class__ is ast.Name:  # most of the nodes, so without another call
            if node.ctx.__class__ is not ast.Load and id(node) not in inside:
                counts[node.id] += 1
        elif node.__class__ in _BINDERS:
            for name in _bound(node):
                counts[name] += 1
        elif node.__class__ in COMPREHENSIONS:  # comes before the names in it
            inside |= comprehension_targets([node])
    return counts


def comprehension_targets(nodes: list[ast.AST]) -> set[int]:
    """The ``id`` of every node in the targets of the comprehensions among the nodes of a scope."""
    made = (node for node in nodes if node.__class__ in COMPREHENSIONS)
    return {
        id(inner)
        for comprehension in made
        for generator in comprehension.generators
        for inner in walk(generator.target)
    }


def default_of(function: FunctionNode | ast.Lambda, parameter: ast.arg) -> ast.expr | None:
    """The default of a parameter."""
    args = function.args
    if not args.defaults and not args.kw_defaults:
        return None
    positional = [*args.posonlyargs, *args.args]
    pairs = list(zip(reversed(positional), reversed(args.defaults), strict=False))
    pairs += [(p, d) for p, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d]
    return next((default for found, default in pairs if found is parameter), None)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, FunctionNode | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (found.name for found in imports_of(node))
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        if node.name:
            yield node.name
    elif isinstance(node, ast.MatchMapping):
        if node.rest:
            yield node.rest
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names


def bindings_in(module: Module, scope: Scope) -> Counter[str]:
    """How many places of a scope bind each name, parameters included; counted once.

    Comprehension targets are not counted: they live in the comprehension.
    """
    key = ("bindings", scope)
    if key not in module.memo:
        module.memo[key] = _bindings(scope, nodes_in(module, scope))
    found: Counter[str] = module.memo[key]
    return found


def elsewhere_bound(module: Module) -> frozenset[str]:
    """Names that something else than the statements of their scope can bind.

    That is what a ``global`` or ``nonlocal`` statement of the module ties to another scope, and
    what ``:=`` binds in a comprehension, which may run later, and more than once.
    """
    if elsewhere_bound not in module.memo:
        shared = (name for node in module.nodes(ast.Global) for name in node.names)
        outer = (name for node in module.nodes(ast.Nonlocal) for name in node.names)
        named = (n.target.id for n in module.nodes(ast.NamedExpr) if _in_comprehension(module, n))
        module.memo[elsewhere_bound] = frozenset((*shared, *outer, *named))
    found: frozenset[str] = module.memo[elsewhere_bound]
    return found


def _in_comprehension(module: Module, node: ast.AST) -> bool:
    for outer in module.ancestors(node):
        if isinstance(outer, ast.stmt | ast.Lambda):
            return False
        if isinstance(outer, COMPREHENSIONS):
            return True
    return False


def is_generator(module: Module, function: FunctionNode) -> bool:
    """Whether a function of a module yields."""
    yields = (ast.Yield, ast.YieldFrom)
    return any(node.__class__ in yields for node in nodes_in(module, function))


__all__ = [
    "COMPREHENSIONS",
    "NESTED",
    "bindings",
    "bindings_in",
    "comprehension_targets",
    "default_of",
    "elsewhere_bound",
    "is_generator",
    "nodes_in",
    "own_nodes",
    "parameters",
    "target_names",
]
