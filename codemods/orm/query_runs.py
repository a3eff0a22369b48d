"""Where a query that is kept in a local variable runs, and so is bound to a connection."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import api, scopes
from .calls import entry_of
from .infer import Types, place
from .types import ApiMethod, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope
    from .types import Place

#: The coroutine methods that run the query itself, and not a copy of it.
_EXPLAINS = frozenset({"explain"})


def root_of(module: Module, found: object, scope: Scope) -> ast.Call | None:
    """The call of a function that began a query of it."""
    key = ("calls by place", scope)
    if key not in module.memo:
        calls = (node for node in scopes.own_nodes(scope) if isinstance(node, ast.Call))
        module.memo[key] = {place(call): call for call in calls}
    by_place: dict[Place, ast.Call] = module.memo[key]
    return by_place.get(found.root) if isinstance(found, Query) else None


def earlier_turn(module: Module, types: Types, use: ast.Name, block: ast.AST) -> ast.expr | None:
    """What binds the query in a variable to the transaction of one turn of a loop, for the next.

    It runs in ``block``, which the loop opens anew in every turn, and the loop does not build the
    query anew. None where nothing does.
    """
    built = root_of(module, types.of(use), module.scope(use))
    names = _same_object(module, module.scope(use), use.id)
    turned = set(_repeats(module, block)) - set(module.ancestors(built)) if built else set()
    if not turned or not names:
        return None
    runs = (n for n in ast.walk(block) if isinstance(n, ast.Name) and n.id in names)
    own = (n for n in runs if module.scope(n) is module.scope(use))
    return next((n for n in own if _binds(module, types, n)), None)


def _repeats(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """The loops whose body holds a statement and goes on after it, to another turn."""
    inner = node
    for outer in module.ancestors(node):
        turned = outer.body if isinstance(outer, ast.For | ast.AsyncFor | ast.While) else []
        if inner in turned and not (_leaves(node) or _leaves(outer)):
            yield outer
        inner = outer


def _leaves(node: ast.AST) -> bool:
    """Whether a compound statement ends by leaving the loop around it."""
    body: list[ast.stmt] = getattr(node, "body", [])
    return bool(body) and isinstance(body[-1], ast.Break | ast.Return | ast.Raise)


def _iterates(node: ast.AST | None, iterated: ast.AST) -> bool:
    if isinstance(node, ast.AsyncFor):
        return node.iter is iterated
    return isinstance(node, ast.comprehension) and bool(node.is_async) and node.iter is iterated


def runs_before(module: Module, types: Types, use: ast.Name) -> Iterator[ast.expr]:
    """Where the object in a variable that is bound once has run before, on the way to a use."""
    scope = module.scope(use)
    names = _same_object(module, scope, use.id)
    for node in scopes.own_nodes(scope) if names else ():
        if not isinstance(node, ast.Name) or node.id not in names or place(node) >= place(use):
            continue
        if _binds(module, types, node) and leads_to(module, node, use):
            yield node


def _same_object(module: Module, scope: Scope, name: str) -> frozenset[str]:
    """A variable that is bound once, and those that ``one = other`` ties to the same object."""
    counts = scopes.bindings_in(module, scope)
    once = {n for n, count in counts.items() if count == 1} - scopes.elsewhere_bound(module)
    pairs = [pair for node in scopes.own_nodes(scope) if (pair := _tied(node)) and pair <= once]
    found = {name} & once
    while True:
        more = {other for pair in pairs if not found.isdisjoint(pair) for other in pair} - found
        if not more:
            return frozenset(found)
        found |= more


def _tied(node: ast.AST) -> frozenset[str]:
    """The two names of ``one = other``; nothing for any other statement."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return frozenset()
    target, value = node.targets[0], node.value
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Name):
        return frozenset()
    return frozenset({target.id, value.id})


def _binds(module: Module, types: Types, node: ast.Name) -> bool:
    """Whether a variable is awaited or iterated here, or asked for its SQL or its plan."""
    parent = module.parent(node)
    if isinstance(parent, ast.Await) or _iterates(parent, node):
        return isinstance(types.of(node), Query)
    called = types.of(parent) if isinstance(parent, ast.Attribute) else None
    if not isinstance(called, ApiMethod) or not isinstance(called.receiver, Query):
        return False
    call = module.parent(parent) if parent else None
    if not isinstance(call, ast.Call):
        return False
    if called.name in _EXPLAINS:
        return isinstance(module.parent(call), ast.Await)
    entry = entry_of(module, called)
    return entry is not None and entry.binds is api.Binds.CONSTRUCTION and not entry.awaitable


def leads_to(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Whether the code of a node can run before that of a later one, and they are no alternatives.

    What runs later, such as a lambda, and a part of one expression lead nowhere.
    """
    path = [first, *module.ancestors(first)]
    later = {id(node) for node in (second, *module.ancestors(second))}
    index = next(i for i, node in enumerate(path) if id(node) in later)
    if any(
        isinstance(n, ast.Lambda | ast.GeneratorExp | ast.IfExp | ast.BoolOp) for n in path[:index]
    ):
        return False
    common, branch = path[index], path[index - 1]
    other = next(n for n in _line(module, second) if module.parent(n) is common)
    for name, value in ast.iter_fields(common):
        if isinstance(value, list) and branch in value:
            same_list = other in value and name in ("body", "orelse", "finalbody")
            return same_list or (isinstance(common, ast.Try) and other in common.finalbody)
    # The head of a compound statement runs before its body.
    return isinstance(common, ast.stmt)


def _line(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    yield node
    yield from module.ancestors(node)
