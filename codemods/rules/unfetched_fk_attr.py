"""Fetches a related object whose attributes are read although nothing fetched it.

What it does
    `book.author.name` needs a fetched author. Where the rows of a loop, or the one object in a
    variable, come from a query in the same function that does not fetch it, the rule adds the
    relation to the query by `select_related`.

Why
    What is not fetched is a query, which has no such attribute: it raises AttributeError as soon
    as there is a row.

Before
    for book in await Book.all():
        print(book.author.name)

After
    for book in await Book.all().select_related("author"):
        print(book.author.name)

When it is safe
    The query and the read are in one function, which fetches nothing else, hands no row on before
    and asks the relation for nothing else, so that the code raises as it stands. (Where the
    relation is None, it still raises.)
    Unsafe, applied with --unsafe only: relations without a constraint, which may lead to another
    database; calls that cannot be followed between the query and the read.

What it leaves alone
    Reported, for a hand: code in a `try` or `with` block, or behind `hasattr`, which may count on
    the error; writes between the query and the read; models with a manager, or an `all` or
    `filter`, of their own; a relation that can be None of an object that is handed on afterwards to
    code that may await it.
    Silently: rows that are handed on before, or used elsewhere, since other code may fetch the
    relation; functions that call `fetch_related`; relations that are awaited as well, or looked at
    in another way, as by `isinstance`; attributes that a query has, too.
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
    """Yield one finding for each query whose rows are read as if it fetched a forward relation."""
    for found in unfetched(module, to_many=False):
        yield _finding(module, found)


def _finding(module: Module, found: Unfetched) -> Finding:
    weigh(module, found)
    verdict, node = found.case.verdict, found.reads[0][0]
    edits = edits_of(found) if verdict.safety is not Safety.MANUAL else ()
    message = f"{module.text(node)} is not fetched: it is a query, and this raises AttributeError"
    span = module.span(node)
    return Finding(RULE.code, module.path, span, message, verdict.safety, edits, verdict.advice)


RULE = Rule(
    code="TOR231",
    name="unfetched-fk-attr",
    summary="fetches a forward relation whose attributes are read although nothing fetched it",
    find=find,
    triggers=(b"await", b"async for"),
    modules=near_models,
)
