"""One query whose rows are asked for relations one by one: what the parts of the rule pass on."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        inner: ``row.relation``; or what stands for the row in a query by its key.
        relation: The relation.
        loop: The loop.
        outer: The read that gave the object whose relation it is; None for a row of the query.
    """

    inner: ast.expr
    relation: Relation
    loop: Loop
    outer: Read | None

    @property
    def path(self) -> str:
        """The relations from the row of the query on, as the query is told to fetch them."""
        name = self.relation.name
        return f"{self.outer.path}__{name}" if self.outer else name

    @property
    def owner(self) -> ast.expr:
        """The row."""
        return self.inner.value if isinstance(self.inner, ast.Attribute) else self.inner

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
        refined: The query of all rows' related objects, where only some are read, or in an order.
        kept: The attribute of the row that gets them; empty where they are read from the relation.
    """

    node: ast.expr
    refined: str = ""
    kept: str = ""

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
class Listed:
    """A list of rows whose query is out of reach, so that relations are fetched for the list.

    Attributes:
        node: The list, where it is gone through first.
        model: What the model of its rows is called in the function; empty where it has no name.
    """

    node: ast.expr
    model: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where a query stands that gives the rows in a roundabout way.

    Attributes:
        module: The file.
        query: The expression that is awaited there.
        call: The call of ``fetch_related`` that fetches further relations for what it gives.
    """

    module: Module
    query: ast.expr
    call: ast.Call | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """Another query that may have given the rows.

    Attributes:
        query: The query.
        chain: The calls that make it.
    """

    query: ast.expr
    chain: Chain


@dataclass(frozen=True, slots=True)
class Source:
    """The query.

    Attributes:
        chain: The calls that make it.
        model: The model of its rows.
        fetched: The paths of relations that it fetches already.
        prefetched: Those of them that it fetches by queries of their own.
        listed: The list of rows, where there is no query in reach; the chain has no calls then.
        refined: The relations that it fetches by ``Prefetch`` objects, which may give other rows.
        twins: The other queries that may have given the rows; they fetch the same relations.
        home: Where the query stands, if it is not that of the loop's rows itself.
        prefix: The relation of its rows that leads to those of the loop, if there is one; all else
            is said as seen from there.
    """

    chain: Chain
    model: Model
    fetched: frozenset[str]
    prefetched: frozenset[str]
    listed: Listed | None = None
    refined: frozenset[str] = frozenset()
    twins: tuple[Twin, ...] = ()
    home: Home | None = None
    prefix: str = ""

    @property
    def calls(self) -> frozenset[str]:
        """The names of all methods that make the query, or another one that may give the rows."""
        chains = (self.chain, *(twin.chain for twin in self.twins))
        return frozenset(name for chain in chains for name in chain.names())


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
