"""When code runs: in a branch, in a loop, later, or not at all once something left before it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import inner_blocks
from ..project.symbols import External
from . import scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from .rows import Loop, Rows

#: What leaves a loop, or one run of its body, before the end.
JUMPS = (ast.Break, ast.Continue, ast.Return, ast.Raise)
#: Nodes of which some part may not run although the node does.
BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.Match, ast.ExceptHandler)


_USING_UP = frozenset(
    f"builtins.{name}"
    for name in ("all", "any", "dict", "list", "max", "min", "set", "sorted", "sum", "tuple")
)


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
        if isinstance(outer, ast.GeneratorExp) and not _is_used_up(module, outer):
            first = outer.generators[0]
            if child is not first or not within(module, use, first.iter):
                return True
        if outer is end:
            return False
        child = outer
    return False


def _is_used_up(module: Module, generator: ast.GeneratorExp) -> bool:
    """Whether a generator expression is run to its end where it stands."""
    outer = module.parent(generator)
    if isinstance(outer, ast.Starred):
        return isinstance(module.parent(outer), ast.Call | ast.List | ast.Tuple | ast.Set)
    if not isinstance(outer, ast.Call) or outer.args != [generator]:
        return False
    if isinstance(outer.func, ast.Attribute):
        return outer.func.attr == "join" and isinstance(outer.func.value, ast.Constant)
    name = outer.func.id if isinstance(outer.func, ast.Name) else ""
    found = module.resolve(outer.func) if name else None
    known = isinstance(found, External) and found.dotted in _USING_UP
    return known and name not in scopes.bindings_in(module, module.scope(outer))


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

    None where the query does not run before the loops in the same block or one around it; of
    several queries that give the rows, in the first block that holds them all. What fails in a
    ``try`` may stand there.
    """
    queries = [rows.statement, *rows.also]
    loops = [loop for loop, _ in rows.loops]
    inner: ast.AST = rows.statement
    for outer in module.ancestors(rows.statement):
        block = next((b for b in _blocks(outer) if inner in b), None)
        found = _between(module, block, queries, loops) if block else None
        further = block is None or rows.also or _is_tried(outer, inner)
        if found is not None or not further:
            return found
        inner = outer
    return None


def _is_tried(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether a statement is tried, so that what goes on from it may stand behind the ``try``."""
    return isinstance(outer, ast.Try) and inner in outer.body


def _between(
    module: Module, block: list[ast.stmt], queries: list[ast.AST], loops: list[Loop]
) -> list[ast.stmt] | None:
    """The statements of a block from the first query to the last loop, if it has them all."""
    places = [_index(module, block, query) for query in queries]
    ends = [_index(module, block, loop) for loop in loops]
    found, behind = [i for i in places if i is not None], [i for i in ends if i is not None]
    if len(found) < len(places) or len(behind) < len(ends):
        return None
    lone = len(queries) == 1
    if min(behind) < max(found) or (not lone and min(behind) == max(found)):
        return None
    return block[min(found) : max(behind) + 1]


def _index(module: Module, block: list[ast.stmt], node: ast.AST) -> int | None:
    """Which statement of a block a node is, or lies in."""
    chain = [node, *module.ancestors(node)]
    return next((i for i, one in enumerate(block) if one in chain), None)


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
