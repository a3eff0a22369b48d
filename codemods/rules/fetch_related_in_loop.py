"""Fetches with the query what a loop fetches for each row.

What it does
    A loop over the rows of a query that calls `await row.fetch_related(...)` for each of them runs
    a query or more for every row. The rule adds the relations to the query and takes the call away,
    and with it a loop that does nothing else: a forward relation by `select_related`, every other,
    and every path of relations, by `prefetch_related`. Where the rows are a relation that was
    fetched for one object, the query of the object, or its `fetch_related`, gets the path. Where a
    function of the project runs the query for this loop alone, they are added there. Where the rows
    come from a parameter or from any other call, `await Book.fetch_for_list(books, "author")`
    before the loop takes its place.

Why
    A hundred rows cost a hundred queries or more, where one or two fetch the same objects.

Before
    books = await Book.all()
    for book in books:
        await book.fetch_related("author", "tags")
        print(book.author.name, len(book.tags))

After
    books = await Book.all().select_related("author").prefetch_related("tags")
    for book in books:
        print(book.author.name, len(book.tags))

When it is safe
    The rows come from one query in the same function, or from one of several in its branches that
    fetch the same and are all changed, and every one of them is fetched; the names are written out;
    nothing between the query and the end of the loop writes to the models of the relations, as far
    as calls can be followed; the relations are not used before they are fetched. What they hold is
    the same before and after.
    Unsafe, applied with --unsafe only: a call that cannot be followed; a call in a branch or a
    `try`, or in a loop that is left early; rows that are handed on and then share objects, since a
    prefetched object belongs to all rows that lead to it; rows of a parameter or of another call.

What it leaves alone
    Reported, for a hand: loops that write to those models; a comment in the statement; a query in
    another branch than its loop; relations that can be None and rows that are used before;
    relations that would be loaded anew and lose what the query joins beyond them; rows that are
    read anew before.
    Silently: names that are not written out; lists from elsewhere that can be gone through only
    once, or have no name; queries that lock, group, annotate or name a connection of their own.

Limits
    `prefetch_related` passes the keys of all rows as parameters: PostgreSQL takes 32,767 of them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.infer import Types, types_of
from ..project.near_models import near_models
from ._base import Finding, Rule
from ._fetch_edits import fetching, removing
from ._fetch_paths import can_join, covers
from ._fetch_sites import NAME, Fetch, fetches_in
from ._fetch_weigh import weigh_fetches
from ._loop_rows import sources_in, weigh_given
from ._n_plus_one_case import Case, Site
from ._n_plus_one_query import keeps_joins
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Source


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query whose rows are fetched one by one."""
    for scope in _scopes(module):
        types = types_of(module, scope)
        for seen, rows, source in sources_in(module, types, scope):
            fetches = list(fetches_in(module, seen, rows))
            if fetches:
                yield _finding(module, seen, scope, rows, source, fetches)


def _scopes(module: Module) -> list[ast.AsyncFunctionDef]:
    """The functions that call ``fetch_related``."""
    calls = module.nodes(ast.Attribute)
    scopes = {module.scope(node): None for node in calls if node.attr == NAME}
    return [scope for scope in scopes if isinstance(scope, ast.AsyncFunctionDef)]


def _finding(
    module: Module,
    types: Types,
    scope: Scope,
    rows: Rows,
    source: Source,
    fetches: Sequence[Fetch],
) -> Finding:
    verdict = Verdict()
    case = Case(module, types, scope, rows, (), source, tuple(_sites(fetches)), verdict)
    joined, apart = _split(case, fetches)
    weigh_given(case)
    weigh_fetches(case, fetches, joined, apart)
    removed = removing(case, fetches)
    if removed is None:
        verdict.against.append("nothing would be left of a block")
    edits = (*fetching(case, joined, apart), *(removed or ())) if not verdict.against else ()
    listed = ", ".join(dict.fromkeys(path for fetch in fetches for path in fetch.paths))
    message = f"{NAME} for every row: {listed}"
    span = module.span(fetches[0].call)
    return Finding(RULE.code, module.path, span, message, verdict.safety, edits, verdict.advice)


def _sites(fetches: Sequence[Fetch]) -> Iterator[Site]:
    """A site for each relation that is fetched."""
    for fetch in fetches:
        assert isinstance(fetch.call.func, ast.Attribute)
        for relation in fetch.hops:
            yield Site(fetch.call.func, relation, fetch.loop, None, fetch.call)


def _split(case: Case, fetches: Sequence[Fetch]) -> tuple[list[str], list[str]]:
    """The relations that are joined, and those that get queries of their own."""
    paths = list(dict.fromkeys(path for fetch in fetches for path in fetch.paths))
    paths = [path for path in paths if not covers(case.source.fetched, path)]
    joinable = {site.relation.name for site in case.sites if not site.prefetched}
    apart = case.source.prefix or case.source.listed or not can_join(case.module)
    if apart or not keeps_joins(case.source):
        joinable = set()
    single = {p for p in paths if p in joinable and not _leads_on(p, paths)}
    return [p for p in paths if p in single], [p for p in paths if p not in single]


def _leads_on(path: str, paths: Sequence[str]) -> bool:
    return any(one.startswith(f"{path}__") for one in paths)


RULE = Rule(
    code="TOR261",
    name="fetch-related-in-loop",
    summary="fetches with the query what fetch_related fetches for each of its rows",
    find=find,
    triggers=(b"fetch_related(",),
    modules=near_models,
)
