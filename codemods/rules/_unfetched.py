"""Relations of rows that code uses although nothing has fetched them, so that it raises."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..orm import api, scopes
from ..orm.infer import types_of
from ..orm.list_uses import only_scanned
from ..orm.rows import rows_in
from ._fetch_edits import fetching
from ._fetch_paths import covers
from ._n_plus_one_case import Case, Read, Site
from ._n_plus_one_edits import split
from ._n_plus_one_query import source_of
from ._n_plus_one_sites import reads_in
from ._n_plus_one_weigh import weigh_relation
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..orm.rows import Rows
    from ..project.module import Module, Scope

#: What a join would change the rows of.
_UNJOINABLE = frozenset({"limit", "offset", "distinct"})
_FETCHING = frozenset({"fetch_related", "fetch_for_list", "refresh_from_db"})


@dataclass(frozen=True, slots=True)
class Unfetched:
    """A query and the reads of its rows that raise.

    Attributes:
        case: The query, with a site for each read; none of them runs a query.
        reads: The reads.
    """

    case: Case
    reads: tuple[Read, ...]


def unfetched(module: Module, to_many: bool) -> Iterator[Unfetched]:
    """The queries whose rows are used as if a relation of them had been fetched.

    ``to_many``: whether to look at relations to many rows, or else at forward ones.
    """
    loops = (*module.nodes(ast.For), *module.nodes(ast.AsyncFor), *module.nodes(ast.comprehension))
    for scope in dict.fromkeys(map(module.scope, loops)):
        if not isinstance(scope, ast.AsyncFunctionDef) or _fetches(scope):
            continue
        types = types_of(module, scope)
        for rows in rows_in(module, types, scope):
            found = _of_rows(module, types, scope, rows, to_many)
            if found is not None:
                yield found


def _fetches(scope: ast.AST) -> bool:
    """Whether a function may fetch relations apart from its queries."""
    nodes = scopes.own_nodes(scope)
    return any(isinstance(node, ast.Attribute) and node.attr in _FETCHING for node in nodes)


def _of_rows(
    module: Module, types: Types, scope: Scope, rows: Rows, to_many: bool
) -> Unfetched | None:
    source = source_of(module, types, scope, rows)
    if source is None:
        return None
    verdict = Verdict()
    found = list(reads_in(module, types, rows, verdict))
    asked = {read.relation for read in found if isinstance(read, Site)}
    reads = [
        read
        for read in found
        if read.relation not in asked
        and read.relation.to_many is to_many
        and not covers(source.fetched, read.path)
        and _raises(module, read)
    ]
    if not reads or verdict.against or verdict.escapes or rows.others:
        return None
    sites = tuple(Site(r.inner, r.relation, r.loop, None, r.inner) for r in reads)
    case = Case(module, types, scope, rows, (), source, sites, verdict)
    return Unfetched(case, tuple(reads))


def _raises(module: Module, read: Read) -> bool:
    """Whether a use of a relation that is not fetched surely raises."""
    if read.relation.to_many:
        return only_scanned(module, read.inner)
    parent = module.parent(read.inner)
    if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
        return False
    target = module.project.models.get(read.relation.target) if read.relation.target else None
    known = target is not None and parent.attr in (target.fields.keys() | target.relations.keys())
    owners = (api.Owner.QUERYSET, api.Owner.SINGLE, api.Owner.FORWARD)
    taken = any(api.methods(owner, parent.attr) for owner in owners)
    forward = read.relation.kind in ("fk", "o2o")
    return forward and known and not taken and parent.attr not in ("model", "query", "fields")


def weigh(module: Module, found: Unfetched) -> None:
    """Add to the verdict what stands against fetching the relations."""
    case = found.case
    for site in case.sites:
        weigh_relation(case, site.relation)
    if any(_is_guarded(module, read) for read in found.reads):
        case.verdict.against.append("the code may count on the error")


def edits_of(found: Unfetched) -> tuple[Edit, ...]:
    """The edits that add the relations to the query."""
    case = found.case
    joined, apart = split(case)
    if not _UNJOINABLE.isdisjoint(case.source.chain.names()):
        joined, apart = [], [*joined, *apart]
    return tuple(fetching(case, joined, apart))


def _is_guarded(module: Module, read: Read) -> bool:
    """Whether an ``except`` clause, or a test for the attribute, may count on the error."""
    for outer in module.ancestors(read.inner):
        if isinstance(outer, ast.Try | ast.With | ast.AsyncWith):
            return True
        if isinstance(outer, ast.If | ast.IfExp) and "attr(" in ast.unparse(outer.test):
            return True
    return False
