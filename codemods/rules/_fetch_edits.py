"""How relations get into a query: into the calls that it has, or by new ones."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import AddArguments
from ..edits.chain import CallMethod
from ..edits.imports import AddImport, DropImport
from ..edits.statements import InsertStatements, RemoveStatement
from ..orm.types import Manager
from ..project.facts import dotted
from ._fetch_paths import quoted
from ._moments import moving
from ._n_plus_one_case import Home, Twin
from ._refined import PREFETCH, PREFETCH_HOME, imported_prefetch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..edits._base import Edit
    from ..project.module import Module
    from ._fetch_sites import Fetch
    from ._n_plus_one_case import Case, Listed


def fetching(case: Case, joined: Iterable[str], apart: Iterable[str]) -> Iterator[Edit]:
    """The edits that let a query join some relations, and fetch others by queries of their own.

    Where no query is in reach, all of them are fetched for the list of its rows.
    """
    joined, apart = tuple(joined), tuple(apart)
    if not joined and not apart:
        return
    if case.source.listed is not None:
        yield _for_list(case, case.source.listed, (*joined, *apart))
        return
    home = case.source.home or Home(case.module, case.rows.query)
    module = home.module
    if case.source.prefix:
        paths = dict.fromkeys((*joined, *apart))
        joined, apart = (), tuple(f"{case.source.prefix}__{path}" for path in paths)
    if home.call is not None:
        names = tuple(quoted(module, path) for path in apart)
        yield AddArguments(module.path, module.span(home.call), names)
        return
    objects = _objects(case)
    yield from moving(module, home.query, (site.refined for site in case.sites if site.refined))
    if objects and not imported_prefetch(module):
        yield AddImport(module.path, PREFETCH_HOME, PREFETCH)
    added = {
        method: tuple(
            one for path in dict.fromkeys(paths) for one in _sources(module, path, objects)
        )
        for method, paths in (("select_related", joined), ("prefetch_related", apart))
    }
    for one in (Twin(home.query, case.source.chain), *case.source.twins):
        yield from _adding(module, one, added)


def _adding(module: Module, to: Twin, added: Mapping[str, tuple[str, ...]]) -> Iterator[Edit]:
    """The edits that add arguments to the fetching methods of a query."""
    span = module.span(to.query)
    if not to.chain.links:
        yield CallMethod(module.path, span, "all")
    for method, sources in added.items():
        if not sources:
            continue
        calls = [link.call for link in to.chain.links if link.method.name == method]
        if calls:
            yield AddArguments(module.path, module.span(calls[0]), sources)
        else:
            yield CallMethod(module.path, span, method, ", ".join(sources))


def _objects(case: Case) -> dict[str, dict[str, str]]:
    """By path: the queries of related objects of which only some are read.

    Each with the attribute that gets what it gives; empty where the relation does.
    """
    found: dict[str, dict[str, str]] = {}
    for site in case.sites:
        if site.refined:
            found.setdefault(site.path, {})[site.refined] = site.kept
    return found


def _sources(module: Module, path: str, objects: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The arguments that name a relation, with queries of their own where it needs some."""
    name, prefetch = quoted(module, path), imported_prefetch(module) or PREFETCH
    for query, kept in objects.get(path, {}).items():
        to = f", to_attr={quoted(module, kept)}" if kept else ""
        yield f"{prefetch}({name}, queryset={query}{to})"
    if path not in objects:
        yield name


def _for_list(case: Case, listed: Listed, paths: Iterable[str]) -> Edit:
    """The statement before the loop that fetches relations for all rows of a list at once."""
    module = case.module
    names = ", ".join(quoted(module, path) for path in dict.fromkeys(paths))
    source = f"await {listed.model}.fetch_for_list({module.text(listed.node)}, {names})"
    return InsertStatements(module.path, module.span(case.rows.statement), source)


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
        *(drop for one in found for drop in dropping_gather(case.module, one)),
    )


def dropping_gather(module: Module, removed: ast.AST) -> Iterator[Edit]:
    """The edits that let ``asyncio`` go where what is removed was the last to use it."""
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
    if not isinstance(loop, ast.For) or loop.orelse:
        return False
    if not isinstance(loop.iter, ast.Name) and not isinstance(case.types.of(loop.iter), Manager):
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
