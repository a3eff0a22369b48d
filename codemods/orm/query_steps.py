"""Queries that are built in steps in one variable: ``q = Book.all()``, ``q = q.filter(...)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import scopes
from .chains import Chain, chain_of
from .types import ModelClass, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope
    from .infer import Types

#: Methods that look at a query and give no other query.
_LOOKS = frozenset({"count", "exists"})


def is_step(chain: Chain) -> bool:
    """Whether a chain goes on from a query that a variable holds."""
    return isinstance(chain.root, ast.Name) and isinstance(chain.start, Query)


def with_steps(module: Module, types: Types, scope: Scope, last: Chain) -> Chain | None:
    """The calls that may have made a query, whose last step is given, from the model on.

    A step in a branch counts like any other, so that a call of the result need not have been made.
    None where the variable gets anything else than a step, where its queries begin at different
    models, or where code out of sight may see the query.
    """
    if not isinstance(last.root, ast.Name):
        return None
    name = last.root.id
    found = [_step(types, node, name) for node in scopes.own_nodes(scope)]
    steps = [step for step in found if step is not None]
    if scopes.bindings(scope)[name] != len(steps):
        return None
    starts = {step.start for step in steps if isinstance(step.start, ModelClass)}
    roots = {id(step.root) for step in (*steps, last)}
    if len(starts) != 1 or not _kept_private(module, scope, name, roots):
        return None
    links = [link for step in steps for link in step.links]
    return Chain(last.root, starts.pop(), (*links, *last.links))


def _step(types: Types, node: ast.AST, name: str) -> Chain | None:
    """The chain in ``name = chain``, if it begins at a model or at the variable itself."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return None
    target = node.targets[0]
    if not isinstance(target, ast.Name) or target.id != name:
        return None
    chain = chain_of(types, node.value)
    own = isinstance(chain.root, ast.Name) and chain.root.id == name
    return chain if chain.links and (own or isinstance(chain.start, ModelClass)) else None


def _kept_private(module: Module, scope: Scope, name: str, roots: set[int]) -> bool:
    """Whether the variable is only built on, run here, and looked at."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = module.parent(node)
            looked_at = isinstance(parent, ast.Attribute) and parent.attr in _LOOKS
            if id(node) not in roots and not looked_at:
                return False
    return True


def dominating_steps(module: Module, types: Types, scope: Scope, last: Chain) -> Iterator[Chain]:
    """The steps that every way to the last one has taken, nearest first.

    None where the variable is bound by anything else than steps, or where the last step begins
    anew.
    """
    if not is_step(last) or not isinstance(last.root, ast.Name):
        return
    name = last.root.id
    found = {n: _step(types, n, name) for n in scopes.own_nodes(scope) if isinstance(n, ast.stmt)}
    steps = {node: step for node, step in found.items() if step is not None}
    if scopes.bindings_in(module, scope)[name] != len(steps):
        return
    around = [last.root, *module.ancestors(last.root)]
    if name in scopes.elsewhere_bound(module):
        return
    for node, step in sorted(steps.items(), key=lambda pair: -pair[0].lineno):
        if node in around or node.lineno >= last.root.lineno:
            continue
        if any(precedes(module, node, outer) for outer in around):
            yield step
        if isinstance(step.start, ModelClass):
            return


def precedes(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Whether two statements stand in one block, in this order."""
    outer = module.parent(first)
    if outer is None or module.parent(second) is not outer:
        return False
    for _, block in ast.iter_fields(outer):
        if isinstance(block, list) and first in block and second in block:
            return block.index(first) < block.index(second)
    return False
