"""Whether the relation is read for every row, so that loading it for all of them is no loss."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.control import BRANCHES, JUMPS, is_conditional, loops_around, nodes_of, whole, within
from ..project.facts import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.rows import Loop, Rows
    from ._n_plus_one_case import Case, Site


def weigh_way(case: Case, region: list[ast.stmt]) -> None:
    """Whether the loops that read run whenever the query does, and over all of its rows."""
    doubts = case.verdict.doubts
    for loop in dict.fromkeys(site.root for site in case.sites):
        for outer in _within_region(case, loop, region):
            if isinstance(outer, BRANCHES) and not _asks_for_rows(outer, case.rows):
                doubts.append(f"the loop is run in a branch only (line {outer.lineno})")
        if _is_part(loop.iter):
            doubts.append(f"the loop runs over a part of the rows (line {loop.iter.lineno})")
        doubts += [f"the loop runs again after a pause {line}" for line in _pauses(case, loop)]
        doubts += [f"the loop may not be reached {line}" for line in _exits(case, loop, region)]


def _exits(case: Case, loop: Loop, region: list[ast.stmt]) -> Iterator[str]:
    """Where code ends between the query and the loop, otherwise than for want of rows."""
    for node in nodes_of(region):
        before = isinstance(node, ast.Return | ast.Raise) and node.lineno < loop.iter.lineno
        if not before or within(case.module, loop, node):
            continue
        guard = case.module.parent(node)
        asked = guard is not None and _asks_for_rows(guard, case.rows)
        if not asked and not _after_failure(case, node):
            yield f"(line {getattr(node, 'lineno', 0)})"


def _pauses(case: Case, loop: Loop) -> Iterator[str]:
    """Where code waits that runs a loop several times for one query, as it does to see changes."""
    module = case.module
    for outer in loops_around(module, loop) - loops_around(module, case.rows.query):
        for node in scopes.own_nodes(outer):
            call = node.value if isinstance(node, ast.Await) else None
            if not isinstance(call, ast.Call):
                continue
            if dotted(call.func).rpartition(".")[2] == "sleep":
                yield f"(line {call.lineno})"


def _after_failure(case: Case, node: ast.AST) -> bool:
    """Whether a node is only reached where the query has failed."""
    handlers = [one for one in case.module.ancestors(node) if isinstance(one, ast.ExceptHandler)]
    tried = [case.module.parent(handler) for handler in handlers]
    queries = (case.rows.query, *case.rows.also)
    return any(
        isinstance(one, ast.Try) and within(case.module, query, one)
        for one in tried
        for query in queries
    )


def _is_part(iterated: ast.expr) -> bool:
    """Whether a loop may go over some of the rows only: a slice, or ``zip`` with something else."""
    for node in ast.walk(iterated):
        if isinstance(node, ast.Slice):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            same = len({ast.dump(one) for one in node.args}) == 1
            return not same and not any(one.arg == "strict" for one in node.keywords)
    return False


def weigh_path(case: Case, site: Site) -> None:
    """Whether every row's relation is read."""
    text, doubts = case.module.text(site.inner), case.verdict.doubts
    branch = f"{text} stands in a branch, so it is not reached for every row"
    child: ast.AST = site.node
    for outer in (*_up_to_loop(case, site), whole(case.module, site.root)):
        if isinstance(outer, ast.Try):
            doubts.append(f"{text} stands in a try block, which no longer sees it fail")
        elif not _is_own(case, site, outer) and is_conditional(outer, child):
            doubts.append(branch)
        elif isinstance(outer, ast.For | ast.AsyncFor) and _can_be_left(outer, child):
            doubts.append(f"the loop can be left before {text} is reached for every row")
        child = outer
    for loop in site.loops:
        sorted_out = isinstance(loop, ast.comprehension) and bool(loop.ifs)
        if sorted_out and not _in_first_condition(case, site, loop):
            doubts.append(branch)


def _is_own(case: Case, site: Site, node: ast.AST) -> bool:
    """Whether a node is a loop over the rows that lead to a read, or asks whether there is one."""
    if node in site.loops or any(whole(case.module, loop) is node for loop in site.loops):
        return True
    test = node.test if isinstance(node, ast.If | ast.IfExp) else None
    owner = site.owner
    if not isinstance(test, ast.Name) or not isinstance(owner, ast.Name) or site.outer is None:
        return False
    return test.id == owner.id and not site.outer.relation.to_many


def _within_region(case: Case, loop: Loop, region: list[ast.stmt]) -> Iterator[ast.AST]:
    """The loop and what it lies in, up to the statement of the region."""
    start = whole(case.module, loop)
    for outer in (start, *case.module.ancestors(start)):
        yield outer
        if outer in region:
            return


def _asks_for_rows(branch: ast.AST, rows: Rows) -> bool:
    """Whether a branch depends on whether there are rows: without any, nothing is lost."""
    if not isinstance(branch, ast.If | ast.IfExp) or not rows.name:
        return False
    test = branch.test
    bare = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
    if isinstance(bare, ast.Compare) and isinstance(bare.ops[0], ast.Is | ast.IsNot):
        against = [one.value for one in bare.comparators if isinstance(one, ast.Constant)]
        bare = bare.left if against == [None] else bare
    return isinstance(bare, ast.Name) and bare.id == rows.name


def _up_to_loop(case: Case, site: Site) -> Iterator[ast.AST]:
    """What a read lies in, within the loop statement or the comprehension."""
    end = whole(case.module, site.root)
    for outer in case.module.ancestors(site.node):
        if outer is end:
            return
        yield outer


def _in_first_condition(case: Case, site: Site, loop: Loop) -> bool:
    """Whether the read is part of the first condition of a comprehension, which every row meets."""
    if not isinstance(loop, ast.comprehension):
        return False
    chain = (site.node, *_up_to_loop(case, site))
    return loop.ifs[0] in chain


def _can_be_left(loop: ast.For | ast.AsyncFor, part: ast.AST) -> bool:
    """Whether the loop, or one run of its body, may end before this part of it has been run.

    An error that stands in the body itself, not in a branch, ends the loop with its first row.
    """
    if any(isinstance(statement, ast.Raise) for statement in loop.body):
        return True
    line = getattr(part, "lineno", loop.lineno)
    return any(
        isinstance(node, ast.Break | ast.Return) or node.lineno <= line
        for node in nodes_of(loop.body)
        if isinstance(node, JUMPS)
    )
