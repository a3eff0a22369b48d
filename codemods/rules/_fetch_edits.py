"""How relations get into a query: into the calls that it has, or by new ones."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import AddArguments
from ..edits.chain import CallMethod
from ..edits.imports import DropImport
from ..edits.statements import RemoveStatement
from ..project.facts import dotted
from ._fetch_paths import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..edits._base import Edit
    from ..project.module import Module
    from ._fetch_sites import Fetch
    from ._n_plus_one_case import Case


def fetching(case: Case, joined: Iterable[str], apart: Iterable[str]) -> Iterator[Edit]:
    """The edits that let a query join some relations, and fetch others by queries of their own."""
    module, span = case.module, case.module.span(case.rows.query)
    if not case.source.chain.links:
        yield CallMethod(module.path, span, "all")
    for method, paths in (("select_related", joined), ("prefetch_related", apart)):
        sources = tuple(quoted(module, path) for path in dict.fromkeys(paths))
        if not sources:
            continue
        calls = [link.call for link in case.source.chain.links if link.method.name == method]
        if calls:
            yield AddArguments(module.path, module.span(calls[0]), sources)
        else:
            yield CallMethod(module.path, span, method, ", ".join(sources))


def removing(case: Case, fetches: Sequence[Fetch]) -> tuple[Edit, ...] | None:
    """The edits that take the statements away; None where a loop would be left without sense.

    A loop that does nothing else goes as a whole.
    """
    gone = {fetch.statement for fetch in fetches}
    found: dict[ast.stmt, None] = {}
    for fetch in fetches:
        outer = case.module.parent(fetch.statement)
        empty = isinstance(outer, ast.stmt) and _is_emptied(outer, gone)
        if empty and not (outer is fetch.loop and _is_removable(case, fetch)):
            return None
        assert isinstance(outer, ast.AST)
        found[outer if empty and isinstance(outer, ast.stmt) else fetch.statement] = None
    path = case.module.path
    return (
        *(RemoveStatement(path, case.module.span(one)) for one in found),
        *(drop for one in found for drop in _unimporting(case.module, one)),
    )


def _unimporting(module: Module, removed: ast.stmt) -> Iterator[Edit]:
    """The edits that let ``asyncio`` go where a removed statement was the last to use it."""
    for node in ast.walk(removed):
        name = dotted(node) if isinstance(node, ast.expr) else ""
        if name == "asyncio.gather":
            yield DropImport(module.path, "asyncio")
        elif name == "gather":
            yield DropImport(module.path, "asyncio", "gather")


def _is_emptied(outer: ast.stmt, gone: set[ast.Expr]) -> bool:
    """Whether nothing is left of the block that holds a statement."""
    blocks = (value for _, value in ast.iter_fields(outer) if isinstance(value, list) and value)
    return any(set(block) <= gone for block in blocks)


def _is_removable(case: Case, fetch: Fetch) -> bool:
    """Whether a loop over rows that only fetches can go: nothing else is read or bound by it."""
    loop = fetch.loop
    if not isinstance(loop, ast.For) or loop.orelse or not isinstance(loop.iter, ast.Name):
        return False
    first, last = loop.lineno, loop.end_lineno or loop.lineno
    if any("#" in case.module.source.line(line) for line in range(first, last + 1)):
        return False
    inside = set(ast.walk(loop))
    target = loop.target.id if isinstance(loop.target, ast.Name) else ""
    scope = case.module.scope(loop)
    later = (n for n in ast.walk(scope) if isinstance(n, ast.Name) and n not in inside)
    return bool(target) and not any(
        node.id == target and isinstance(node.ctx, ast.Load) and node.lineno > last
        for node in later
        if not _is_bound_anew(case.module, node)
    )


def _is_bound_anew(module: Module, node: ast.Name) -> bool:
    """Whether a later loop or comprehension binds the name that is read here."""
    for outer in module.ancestors(node):
        loops = [outer] if isinstance(outer, ast.For | ast.AsyncFor) else []
        targets: list[ast.expr] = [loop.target for loop in loops if node not in ast.walk(loop.iter)]
        if isinstance(outer, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = [one.target for one in outer.generators]
        for target in targets:
            if any(isinstance(n, ast.Name) and n.id == node.id for n in ast.walk(target)):
                return True
    return False
