"""One query whose rows are asked for relations one by one: what the parts of the rule pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

    from ..orm.chains import Chain
    from ..orm.infer import Types
    from ..orm.rows import Loop, Rows
    from ..project.models import Model, Relation
    from ..project.module import Module, Scope
    from ._verdict import Verdict


@dataclass(frozen=True, slots=True)
class Read:
    """One place in a loop that reads a relation of the row.

    Attributes:
        inner: ``row.relation``.
        relation: The relation.
        loop: The loop.
        outer: The read that gave the object whose relation it is; None for a row of the query.
    """

    inner: ast.Attribute
    relation: Relation
    loop: Loop
    outer: Read | None

    @property
    def path(self) -> str:
        """The relations from the row of the query on, as the query is told to fetch them."""
        name = self.relation.name
        return f"{self.outer.path}__{name}" if self.outer else name

    @property
    def loops(self) -> frozenset[Loop]:
        """The loops over rows that it lies in by what it reads."""
        return frozenset({self.loop}) | (self.outer.loops if self.outer else frozenset())

    @property
    def root(self) -> Loop:
        """The loop over the rows of the query."""
        return self.outer.root if self.outer else self.loop


@dataclass(frozen=True, slots=True)
class Site(Read):
    """A read that queries the database.

    Attributes:
        node: The expression that is replaced: the ``await``, or what ``async for`` iterates.
    """

    node: ast.expr

    @property
    def prefetched(self) -> bool:
        """Whether the relation is to be fetched by a query of its own rather than by a join.

        A reverse one-to-one could be joined, but then PostgreSQL gives unordered rows in another
        order.
        """
        apart = self.relation.to_many or self.relation.kind == "reverse_o2o"
        return apart or (isinstance(self.outer, Read) and _needs_query(self.outer))


def _needs_query(read: Read) -> bool:
    """Whether a relation on the way to another one cannot be joined."""
    if read.relation.to_many or read.relation.kind == "reverse_o2o":
        return True
    return read.outer is not None and _needs_query(read.outer)


@dataclass(frozen=True, slots=True)
class Source:
    """The query.

    Attributes:
        chain: The calls that make it.
        model: The model of its rows.
        fetched: The paths of relations that it fetches already.
        prefetched: Those of them that it fetches by queries of their own.
    """

    chain: Chain
    model: Model
    fetched: frozenset[str]
    prefetched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """All that the judgement is about.

    Attributes:
        module: The file.
        types: What is known of the expressions of the scope.
        scope: The function that holds the query and the loops.
        rows: What becomes of the rows.
        inner: What becomes of the related objects that are asked for relations in their turn.
        source: The query.
        sites: The places that query relations which the query does not fetch; at least one.
        verdict: What stands against a rewrite, as far as it was found.
    """

    module: Module
    types: Types
    scope: Scope
    rows: Rows
    inner: tuple[Rows, ...]
    source: Source
    sites: tuple[Site, ...]
    verdict: Verdict
