"""Queries in a loop over rows that are built from the row, rather than read from a relation."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ..edits.expressions import ReplaceExpression
from ..orm.control import whole
from ..orm.infer import types_of
from ..orm.types import Instance
from ._fetch_paths import covers
from ._loop_rows import sources_in, weigh_given
from ._moments import moved
from ._n_plus_one_case import Case, Site
from ._n_plus_one_edits import collecting, is_listed
from ._n_plus_one_sites import reads_in
from ._n_plus_one_weigh import weigh
from ._own_attributes import with_attributes
from ._refined import can_prefetch
from ._together import gathered_with
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..orm.rows import Loop, Rows
    from ..project.models import Relation
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Source


class Found(NamedTuple):
    """A query that stands for a relation of a row.

    Attributes:
        inner: ``row.relation``, or what stands for the row in a query by its key.
        owner: The row.
        relation: The relation.
        refined: The query of all rows' related objects, where only some are asked for.
    """

    inner: ast.expr
    owner: ast.expr
    relation: Relation
    refined: str = ""


def cases(
    module: Module, find: Callable[[Module, Types, ast.expr, ast.expr], Found | None]
) -> Iterator[Case]:
    """The queries whose rows are used in a way that ``find`` knows, each weighed.

    ``find`` is given the module, the types, the query of the rows, and one that a loop awaits.
    """
    awaits = module.nodes(ast.Await)
    scopes = dict.fromkeys(
        module.scope(node) for node in awaits if isinstance(node.value, ast.Call)
    )
    for scope in scopes:
        if not isinstance(scope, ast.AsyncFunctionDef):
            continue
        types = types_of(module, scope)
        for seen, rows, source in sources_in(module, types, scope):
            case = _case(module, seen, scope, rows, source, find)
            if case is not None:
                weigh_given(case)
                weigh(case)
                yield case


def _case(
    module: Module,
    types: Types,
    scope: Scope,
    rows: Rows,
    source: Source,
    find: Callable[[Module, Types, ast.expr, ast.expr], Found | None],
) -> Case | None:
    sites = tuple(
        Site(found.inner, found.relation, loop, None, node, found.refined)
        for loop, _ in rows.loops
        for node, asked in _runs(module, loop)
        if (found := find(module, types, rows.query, asked)) and is_row(types, rows, found.owner)
    )
    sites = tuple(site for site in sites if _is_open(source, site))
    if not sites:
        return None
    sites = with_attributes(module, source, sites)
    verdict = Verdict()
    _weigh_others(module, types, rows, sites, verdict)
    for one in moved(module, rows.query, (site.refined for site in sites if site.refined)):
        name = module.text(one.targets[0])
        verdict.doubts.append(f"{name} is worked out before the query then (line {one.lineno})")
    if any(site.refined for site in sites) and not can_prefetch(module, scope):
        verdict.against.append("the name Prefetch means something else here")
    return Case(module, types, scope, rows, (), source, sites, verdict)


def _is_open(source: Source, site: Site) -> bool:
    """Whether the query can be told to fetch what a site reads, or does so already."""
    if site.path in source.refined:
        return False
    # A query of its own is built where the rows are queried, which must be one place in reach.
    apart = source.twins or source.listed or source.home
    return not site.refined or not (apart or covers(source.fetched, site.path))


def _weigh_others(
    module: Module, types: Types, rows: Rows, sites: tuple[Site, ...], verdict: Verdict
) -> None:
    """The same relation, read in another way: what is fetched for one is wrong for the other."""
    wanted = {site.relation.name: site.refined for site in sites}
    nodes = {site.inner for site in sites}
    for read in reads_in(module, types, rows, verdict):
        if read.relation.name in wanted and read.inner not in nodes:
            where = f"{module.text(read.inner)} is read elsewhere too (line {read.inner.lineno})"
            verdict.against.append(where)
    kept = dict.fromkeys(site.kept for site in sites if site.kept)
    if kept:
        verdict.doubts.append(f"the rows get attributes of their own: {', '.join(kept)}")
    for site in sites:
        if site.refined != wanted[site.relation.name] and not site.kept:
            where = f"other rows of {site.path} are asked for as well (line {site.node.lineno})"
            verdict.against.append(where)


def _runs(module: Module, loop: Loop) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What gives the result of a query in a loop, each with the query."""
    for node in ast.walk(whole(module, loop)):
        if isinstance(node, ast.Await):
            yield node, node.value
        elif isinstance(node, ast.Call) and gathered_with(module, node) is not None:
            yield node, node


def is_row(types: Types, rows: Rows, node: ast.expr) -> bool:
    """Whether an expression is a row of the query."""
    kind = types.of(node)
    return isinstance(kind, Instance) and kind.origins == rows.origins


def replaced(case: Case) -> Iterator[Edit]:
    """The edits that read the relations in the place of the queries."""
    for site in case.sites:
        yield reading_by(case, site, "list" if is_listed(case.module, site) else "")
    yield from collecting(case)


def reading_by(case: Case, site: Site, wrap: str) -> Edit:
    """The edit that reads a relation in the place of a query, by a function if there is one."""
    source = f"{case.module.text(site.owner)}.{site.kept or site.relation.name}"
    source = f"{wrap}({source})" if wrap else source
    return ReplaceExpression(case.module.path, case.module.span(site.node), source)
