"""Reads what a query has prefetched instead of querying it once more for every row.

What it does
    `prefetch_related` fills a relation, but `await row.relation` and `row.relation.all()` do not
    look: they query the database again. The rule takes the `await` and `.all()` away, so that the
    loop reads what is there. Where a list is needed, `list(...)` is written. A relation to one
    object that can be None is read without `await` as well, for None cannot be awaited.

Why
    The query pays for the relation, and then every row pays for it again: of 101 queries for a
    hundred rows, 100 fetch what is in memory. `await` on a fetched relation that is None raises
    TypeError.

Before
    books = await Book.all().prefetch_related("tags")
    for book in books:
        for tag in await book.tags.all():
            print(book.title, tag.name)

After
    books = await Book.all().prefetch_related("tags")
    for book in books:
        for tag in book.tags:
            print(book.title, tag.name)

When it is safe
    The query, or each of several in branches, stands in the same function, or in one that this
    function alone calls, and names the relation, or the path to it where the rows are a relation
    that was fetched for one object; nothing between it and the end of the loop writes to the models
    of the relation, as far as calls can be followed; the objects are not changed, nor handed on
    where several rows share them.
    Unsafe, applied with --unsafe only: an awaited call that cannot be followed; relations that are
    fetched apart from the query; objects that are shared by several rows and handed on; a read in a
    `try` block.

What it leaves alone
    Reported, for a hand: loops that write to those models or change those objects; a comment in
    the read; a read in an f-string; a query in another branch than its loop.
    Silently: relations that are filtered, ordered, counted or limited anew; `Prefetch` objects,
    which may hold other rows than the relation; what is joined beyond a relation that a prefetched
    path loads anew, for that is lost; branches that fetch different relations; queries in functions
    that others call, too; relations to one object that cannot be None, for awaiting a fetched
    object gives it back without a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.infer import Types, types_of
from ._base import Finding, Rule, Safety
from ._loop_rows import sources_in
from ._n_plus_one_edits import reading
from ._n_plus_one_reads import case_of, reads_of
from ._n_plus_one_where import modules_that_query, scopes_that_query
from ._queried_again import is_queried_again, weigh_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Case, Read, Source


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query whose rows are asked again for what they come with."""
    for scope in scopes_that_query(module):
        types = types_of(module, scope)
        for seen, rows, source in sources_in(module, types, scope):
            case = _case(module, seen, scope, rows, source)
            if case is not None:
                yield _finding(case)


def _case(module: Module, types: Types, scope: Scope, rows: Rows, source: Source) -> Case | None:
    if source.refined or source.listed or not source.fetched:
        return None
    found = reads_of(module, types, scope, rows, source)

    def wanted(read: Read) -> bool:
        return is_queried_again(source, read)

    cases = []
    for deep in (True, False):
        case = case_of(module, types, scope, rows, source, found, wanted, deep, False)
        if case is not None:
            weigh_again(case)
            cases.append(case)
            if case.verdict.safety is Safety.SAFE:
                return case
    return cases[-1] if cases else None


def _finding(case: Case) -> Finding:
    path, verdict, first = case.module.path, case.verdict, case.sites[0]
    listed = ", ".join(dict.fromkeys(site.path for site in case.sites))
    message = f"{listed} is fetched with the rows, and then queried again for each of them"
    if not first.relation.to_many:
        message = (
            f"{listed} is fetched with the rows: awaiting it raises TypeError where it is None"
        )
    edits = () if verdict.against else tuple(reading(case))
    span = case.module.span(first.node)
    return Finding(RULE.code, path, span, message, verdict.safety, edits, verdict.advice)


RULE = Rule(
    code="TOR260",
    name="prefetched-queried-again",
    summary="reads prefetched relations instead of querying them once more for every row",
    find=find,
    modules=modules_that_query,
)
