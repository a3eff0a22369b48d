"""When code runs: in a branch, in a loop, later, or not at all once something left before it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import inner_blocks
from . import scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from .rows import Loop, Rows

#: What leaves a loop, or one run of its body, before the end.
JUMPS = (ast.Break, ast.Continue, ast.Return, ast.Raise)
#: Nodes of which some part may not run although the node does.
BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.Match, ast.ExceptHandler)


def within(module: Module, node: ast.AST, outer: ast.AST) -> bool:
    """Whether a node is another one or a part of it."""
    return node is outer or outer in set(module.ancestors(node))


def whole(module: Module, loop: Loop) -> ast.AST:
    """The loop statement, or the comprehension that a loop is part of."""
    outer = module.parent(loop) if isinstance(loop, ast.comprehension) else None
    return outer or loop


def deferred(module: Module, use: ast.AST, loop: Loop) -> bool:
    """Whether a node of a loop lies in a lambda or a generator expression, which run later."""
    end = whole(module, loop)
    child = use
    for outer in module.ancestors(use):
        if isinstance(outer, ast.Lambda):
            return True
        if isinstance(outer, ast.GeneratorExp):
            first = outer.generators[0]
            if child is not first or not within(module, use, first.iter):
                return True
        if outer is end:
            return False
        child = outer
    return False


def loops_around(module: Module, node: ast.AST) -> set[ast.AST]:
    """The loops that may run a node more than once; those of one comprehension all count."""
    found: set[ast.AST] = set()
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.For | ast.AsyncFor | ast.While):
            found |= {outer} if child is not getattr(outer, "iter", None) else set()
        elif isinstance(outer, ast.comprehension):
            found |= {outer} if child is not outer.iter else set()
        elif isinstance(outer, scopes.COMPREHENSIONS):
            inside = child in outer.generators
            end = outer.generators.index(child) if isinstance(child, ast.comprehension) else None
            found |= set(outer.generators[:end] if inside else outer.generators)
        child = outer
    return found


def is_conditional(outer: ast.AST, child: ast.AST) -> bool:
    """Whether ``child``, a part of ``outer``, may not run although ``outer`` does."""
    if isinstance(outer, ast.If | ast.IfExp | ast.While):
        return child is not outer.test
    if isinstance(outer, ast.BoolOp):
        return child is not outer.values[0]
    if isinstance(outer, ast.For | ast.AsyncFor | ast.comprehension):
        return child is not outer.iter
    if isinstance(outer, scopes.COMPREHENSIONS):
        return child is not outer.generators[0]
    if isinstance(outer, ast.Match):
        return child is not outer.subject
    if isinstance(outer, ast.Compare):
        return len(outer.ops) > 1 and child not in (outer.left, outer.comparators[0])
    return isinstance(outer, ast.ExceptHandler | ast.Assert)


def region_of(module: Module, rows: Rows) -> list[ast.stmt] | None:
    """The statements from a query to the end of the last loop over its rows, both included.

    None where the query does not run before the loops in the same block or one around it.
    """
    block = next((b for b in _blocks(module.parent(rows.statement)) if rows.statement in b), None)
    if block is None:
        return None
    first = last = block.index(rows.statement)
    for loop, _ in rows.loops:
        chain = [loop, *module.ancestors(loop)]
        index = next((i for i, one in enumerate(block) if one in chain), None)
        if index is None or index < first:
            return None
        last = max(last, index)
    return block[first : last + 1]


def nodes_of(region: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements of a region, each followed by the nodes in it that belong to its scope."""
    for statement in region:
        yield statement
        yield from scopes.own_nodes(statement)


def _blocks(node: ast.AST | None) -> Iterator[list[ast.stmt]]:
    if isinstance(node, ast.stmt):
        yield from inner_blocks(node)
    elif isinstance(node, ast.Module | ast.ExceptHandler | ast.match_case):
        yield node.body
