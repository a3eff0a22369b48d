"""Turns a query per row into a query per relation.

What it does
    A loop over the rows of a query that awaits a relation of each row runs one query for the rows
    and one more for every row. The rule adds the relation to the query, a forward relation by
    `select_related`, any other by `prefetch_related`, and takes the `await` (and `.all()`) in the
    loop away, for with it every row would be queried again. Where a join could give other rows
    (`distinct`, or a limit without an order) or would be lost (a prefetched path leads through the
    relation), forward relations are prefetched, too. Relations of the related objects, in an inner
    loop or of an object in a variable, come along as a path (`prefetch_related("books__tags")`)
    where that is as safe. What `asyncio.gather` awaits of all rows becomes a list of what was
    fetched. Where the same choice of related objects is asked for every row, as in
    `author.books.filter(sold=True).order_by("title")`, the query fetches that:
    `prefetch_related(Prefetch("books", queryset=Book.filter(sold=True).order_by("title")))`. Where
    the rows are a relation that was fetched for one object, the query of the object, or its
    `fetch_related`, gets the path. Where a function of the project runs the query, and this loop's
    function is all that calls it, the relation is added there. Where the rows come from a parameter
    or from any other call, and the list has a name, `await Book.fetch_for_list(books, "author")` is
    put before the loop. Several choices of one relation each get an attribute of the rows, by
    `to_attr`.

Why
    100 books with their authors are 101 round trips to the database; afterwards they are 1 (a JOIN)
    or 2 (a second query for all of them; 3 for a many-to-many relation).

Before
    books = await Book.all()
    for book in books:
        author = await book.author
        for tag in await book.tags.all():
            print(book.title, author.name, tag.name)

After
    books = await Book.all().select_related("author").prefetch_related("tags")
    for book in books:
        author = book.author
        for tag in book.tags:
            print(book.title, author.name, tag.name)

When it is safe
    The rows come from one query in the same function, or from one of several in its branches that
    fetch the same and are all changed, of a model or of a relation of one object, written in one
    piece or built in steps in a variable that is used for nothing else but `.count()` and
    `.exists()`; or from such a query in a function that returns its rows as they come and whose
    name stands nowhere else in the project; the relation is one of the model's; nothing between the
    query and the end of the loop writes to the models involved, as far as calls can be followed,
    nor deletes anything; the relation is read for every row; rows and related objects are not
    changed; what a choice compares with is the same for every row: a constant, an enumeration's
    member, or a variable of a plain type that is bound once; what is read stays what it was: where
    the list itself is needed, `list(...)` is written.
    Unsafe, applied with --unsafe only, where it rests on something that the source does not prove:
    an awaited call that cannot be followed, or a `yield`, in the loop; a relation that is read in a
    branch, a loop that is left early, runs in a branch, after code that may end before it, over a
    slice or a `zip` with others, where loading it for all rows may cost more than it saves; a loop
    that runs again after a `sleep`, which may be there to see what has changed; rows that are
    handed on or used elsewhere too; objects that are now shared by several rows, or by several
    reads, and handed on, told apart with `is`, or asked for lists and the like; rows that get
    attributes for several choices, which type checkers do not know of; dates to compare with that
    are worked out between the query and the loop, and move before it; properties of the rows that
    may read relations; rows of a parameter, of another call or of a fetched relation, to which a
    relation may have been fetched before, with a filter: `fetch_for_list` fetches it anew.

What it leaves alone
    Reported, for a hand: loops that write to these models; rows or related objects that are
    changed, or read anew; a relation that can be None and rows that other code gets to see, which
    may await it; a read inside an f-string or a generator expression, or with a comment in it;
    models with a manager, or with an `all` or `filter`, of their own; a query in another branch
    than its loop; a relation of which a loop reads a choice and, without asking for it, all; rows
    sorted by a relation; a list from elsewhere that is changed in the loop, whose relation is not
    read for every row, or whose model the file does not import.
    Silently: relations that are limited or counted, or filtered by something of the row, by `Q`
    objects or over a relation to many, or whose model the file does not import; relations that the
    query already fetches, also by a `Prefetch` object; queries that lock, group, annotate, read
    other columns than all, or name a connection other than their own transaction's; rows from
    elsewhere that can be gone through only once, have no name, or are called something else in the
    loop, too; files that name no model; `asyncio.gather` with other arguments, or of functions;
    branches that fetch different relations; rows sorted by a function.

Limits
    The rows of a query without an order come as the database likes. Most databases give them as
    they were stored, and PostgreSQL may give them in another order with a JOIN. Those of a
    many-to-many relation come by link where they are asked for object by object, and by their own
    table where they are prefetched, also on SQLite. If the order matters, say `order_by`, or give
    the model an `ordering`.
    `prefetch_related` passes the keys of all rows as parameters: PostgreSQL takes 32,767 of them,
    so a list that is longer than that needs to be read in parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.infer import Types, place, types_of
from ._base import Finding, Rule, Safety
from ._fetch_paths import covers
from ._loop_rows import sources_in, weigh_given
from ._n_plus_one_case import Site
from ._n_plus_one_edits import edits_of, is_rewritten
from ._n_plus_one_reads import case_of, reads_of
from ._n_plus_one_refined import refined_cases, refining
from ._n_plus_one_weigh import weigh
from ._n_plus_one_where import modules_that_query, scopes_that_query

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Sequence

    from ..edits._base import Edit
    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Case, Read, Source


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query whose rows are asked for a relation one by one."""
    for scope in scopes_that_query(module):
        types = types_of(module, scope)
        done: set[ast.expr] = set()
        found = sorted(sources_in(module, types, scope), key=lambda one: place(one[1].query))
        for seen, rows, source in found:  # the outer loops first
            case = _case(module, seen, scope, rows, source) if rows.query not in done else None
            if case is not None:
                if case.verdict.safety is Safety.SAFE:  # others may not be repaired
                    done |= {inner.query for inner in case.inner}
                yield _finding(case, edits_of)
    for case in refined_cases(module):
        yield _finding(case, refining)


def _case(module: Module, types: Types, scope: Scope, rows: Rows, source: Source) -> Case | None:
    """The query and its sites; None where no relation can be added that a loop queries.

    Relations of related objects are part of it where they can be fetched as safely.
    """
    found = reads_of(module, types, scope, rows, source)

    def wanted(read: Read) -> bool:
        refined = read.path.partition("__")[0] in source.refined
        apart = source.listed or source.home
        if apart is not None and isinstance(read, Site) and read.refined:
            return False  # its conditions are written for this function
        if source.listed and isinstance(read, Site) and not is_rewritten(module, read):
            return False  # the next look would fetch for it once more
        return not refined and not covers(source.fetched, read.path)

    cases = []
    for deep in (True, False):
        case = case_of(module, types, scope, rows, source, found, wanted, deep, True)
        if case is not None:
            weigh_given(case)
            weigh(case)
            cases.append(case)
            if case.verdict.safety is Safety.SAFE:
                return case
    return _better(cases) if cases else None


def _better(cases: Sequence[Case]) -> Case:
    """The case that also holds relations of related objects, if these add no doubt; or the other.

    Once the other is repaired, these would have to be fetched object by object.
    """
    first, last = cases[0].verdict, cases[-1].verdict
    adds_none = not first.against and set(first.doubts) <= set(last.doubts)
    return cases[0] if adds_none else cases[-1]


def _finding(case: Case, editing: Callable[[Case], tuple[Edit, ...]]) -> Finding:
    path, verdict = case.module.path, case.verdict
    span = case.module.span(case.sites[0].node)
    listed = ", ".join(dict.fromkeys(site.path for site in case.sites))
    message = f"one query per row for {listed}"
    edits = () if verdict.against else editing(case)
    return Finding(RULE.code, path, span, message, verdict.safety, edits, verdict.advice)


RULE = Rule(
    code="TOR234",
    name="n-plus-one",
    summary="fetches the relation that a loop awaits row by row with the rows",
    find=find,
    modules=modules_that_query,
)
