"""Brings back the relations that a second prefetch_related() drops.

What it does
    A query that calls `prefetch_related` twice fetches the relations of the last call only: each
    call starts the list of names anew. The rule moves all names into the first call, and where the
    query is built in steps in a variable, repeats those of the earlier step in the later one.

Why
    The relations of the first call are not fetched, without an error or a warning at the query.
    Iterating over one of them, or its length, raises NoValuesFetched; where it is awaited, every
    row costs a query. (`select_related` may be called several times: it adds up.)

Before
    books = await Book.all().prefetch_related("tags").order_by("title").prefetch_related("reviews")

After
    books = await Book.all().prefetch_related("tags", "reviews").order_by("title")

When it is safe
    The calls belong to one query of a known model, the names are written out in them, and the
    dropped relations cannot be None. Then a relation to many reads the same as before where it was
    awaited, and is there where it was missing.
    Unsafe, applied with --unsafe only: a dropped relation that can be None, since code that awaits
    it works only while it is not fetched; a relation to one object that the file awaits, which from
    now on gives what was fetched with the query; a relation to one object that the file refines, as
    in `await book.author.filter(...)`, which is a query only while it is not fetched; a relation
    that is iterated with `async for` in the file, which from now on gives the rows as they were
    when the query ran.

What it leaves alone
    Reported, for a hand: a comment in the call that would go; arguments that await something; names
    whose objects would be loaded anew, without what `select_related` joins beyond them.
    Silently: names that are not written out, such as `*names`; relations that the last call names,
    too; `Prefetch` objects of the earlier call, which are kept by every release; a last call
    without arguments, which is there to drop them; steps in branches of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.near_models import near_models
from ._base import Finding, Rule
from ._overwritten import Overwritten, edits_of, overwritten, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call that drops relations which an earlier one named."""
    for case in overwritten(module):
        yield _finding(module, case)


def _finding(module: Module, case: Overwritten) -> Finding:
    verdict = weigh(module, case)
    listed = ", ".join(case.dropped)
    verb = "is" if len(case.dropped) == 1 else "are"
    message = f"{listed} {verb} not fetched: prefetch_related() drops what an earlier call named"
    edits = () if verdict.against else edits_of(module, case)
    span = module.span(case.last.call)
    return Finding(RULE.code, module.path, span, message, verdict.safety, edits, verdict.advice)


RULE = Rule(
    code="TOR264",
    name="prefetch-overwritten",
    summary="merges a second prefetch_related, which drops the names of the first, into it",
    find=find,
    triggers=(b"prefetch_related",),
    modules=near_models,
)
