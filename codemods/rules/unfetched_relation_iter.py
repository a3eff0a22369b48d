"""Fetches a relation to many rows that is used although nothing fetched it.

What it does
    `for tag in book.tags`, `len(book.tags)`, `book.tags[0]` and the like need a fetched relation.
    Where the rows of a loop, or the one object in a variable, come from a query in the same
    function that does not fetch it, the rule adds the relation to the query by `prefetch_related`.

Why
    It raises NoValuesFetched as soon as there is a row.

Before
    for book in await Book.all():
        print([tag.name for tag in book.tags])

After
    for book in await Book.all().prefetch_related("tags"):
        print([tag.name for tag in book.tags])

When it is safe
    The query and the use are in one function, which fetches nothing else, hands no row on before
    and asks the relation for nothing else, so that the code raises as it stands.
    Unsafe, applied with --unsafe only: relations without a constraint, which may lead to another
    database; calls that cannot be followed between the query and the use.

What it leaves alone
    Reported, for a hand: code in a `try` or `with` block, or behind `hasattr`, which may count on
    the error; writes between the query and the use; models with a manager, or an `all` or `filter`,
    of their own.
    Silently: rows that are handed on before, or used elsewhere, since other code may fetch the
    relation; functions that call `fetch_related`; relations that are awaited as well, or looked at
    in another way, as by `isinstance`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._unfetched import Unfetched, edits_of, unfetched, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query whose rows are read as if it fetched a to-many relation."""
    for found in unfetched(module, to_many=True):
        yield _finding(module, found)


def _finding(module: Module, found: Unfetched) -> Finding:
    weigh(module, found)
    verdict, node = found.case.verdict, found.reads[0][0]
    edits = edits_of(found) if verdict.safety is not Safety.MANUAL else ()
    message = f"{module.text(node)} is not fetched: this raises NoValuesFetched"
    span = module.span(node)
    return Finding(RULE.code, module.path, span, message, verdict.safety, edits, verdict.advice)


RULE = Rule(
    code="TOR230",
    name="unfetched-relation-iter",
    summary="fetches a to-many relation that is used although nothing fetched it",
    find=find,
    triggers=(b"await", b"async for"),
    modules=near_models,
)
