"""The reads of relations of rows, and of the objects that these lead to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..orm.rows import Rows, rows_of_relation
from ._fetch_paths import covers
from ._n_plus_one_case import Case, Read, Site
from ._n_plus_one_sites import reads_in, weigh_unqueried
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..orm.infer import Types
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Source

_DEPTH = 4  #: how many relations long a path can get


@dataclass(slots=True)
class Reads:
    """What the loops over the rows of a query read.

    Attributes:
        near: The reads of relations of the rows themselves.
        far: Those of related objects.
        inner: What becomes of the related objects that are asked for relations.
        verdict: What stands against a change of the rows.
        beyond: What stands against a change of the related objects.
    """

    near: list[Read]
    verdict: Verdict
    far: list[Read] = field(default_factory=list)
    inner: list[Rows] = field(default_factory=list)
    beyond: Verdict = field(default_factory=Verdict)


def reads_of(module: Module, types: Types, scope: Scope, rows: Rows, source: Source) -> Reads:
    """All reads in the loops over rows, as far as they can be followed."""
    verdict = Verdict()
    reads = Reads(list(reads_in(module, types, rows, verdict)), verdict)
    level = reads.near
    for _ in range(_DEPTH):
        found: list[Read] = []
        for read in level:
            inner = _beyond(module, types, scope, read, source)
            verdict = Verdict()
            further = list(reads_in(module, types, inner, verdict, read)) if inner else []
            if inner is not None and any(isinstance(one, Site) for one in further):
                reads.inner.append(inner)
                reads.beyond.add(verdict)
            found += further
        reads.far += found
        level = found
    return reads


def _beyond(module: Module, types: Types, scope: Scope, read: Read, source: Source) -> Rows | None:
    """What becomes of the objects that a read gives; None where nothing is known of them."""
    if not isinstance(read, Site):
        fetched = covers(source.prefetched, read.path) and read.relation.to_many
        return rows_of_relation(module, scope, types, read.inner) if fetched else None
    value = read.node.value if isinstance(read.node, ast.Await) else read.node
    if read.relation.to_many:
        return rows_of_relation(module, scope, types, value)
    parent = module.parent(read.node)
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, ast.Name) or not isinstance(parent, ast.Assign):
        return None
    alone = len(parent.targets) == 1
    return Rows(value, parent, loops=[(read.loop, target.id)]) if alone else None


def case_of(
    module: Module,
    types: Types,
    scope: Scope,
    rows: Rows,
    source: Source,
    found: Reads,
    wanted: Callable[[Read], bool],
    deep: bool,
    unread: bool,
) -> Case | None:
    """The case of those reads that are wanted; None where none of them runs a query.

    ``deep``: whether reads of related objects are part of it. ``unread``: whether it stands against
    a rewrite that the relation is read without a query elsewhere, as it is not fetched there.
    """
    every = (*found.near, *(found.far if deep else ()))
    reads = [read for read in every if wanted(read) and _is_fetched(read, wanted)]
    sites = tuple(read for read in reads if isinstance(read, Site))
    if not sites or (deep and not any(site.outer for site in sites)):
        return None
    verdict = found.verdict.copy()
    if deep:
        verdict.add(found.beyond)
    if unread:
        weigh_unqueried(module, reads, sites, verdict)
    inner = tuple(found.inner) if deep else ()
    return Case(module, types, scope, rows, inner, source, sites, verdict)


def _is_fetched(read: Read, wanted: Callable[[Read], bool]) -> bool:
    """Whether the object that is read from comes with the rows: no query that stays gives it."""
    outer = read.outer
    while outer is not None:
        if isinstance(outer, Site) and not wanted(outer):
            return False
        outer = outer.outer
    return True
