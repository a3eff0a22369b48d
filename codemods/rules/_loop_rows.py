"""The rows that loops of a function go over, whether their query is in reach or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm.rows import joint_rows_in, rows_in
from ._built_rows import built_in
from ._given_rows import given_in
from ._inner_rows import inner_in
from ._n_plus_one_query import joint_source_of, source_of
from ._n_plus_one_way import weigh_path
from ._seen_types import SeenTypes
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.infer import Types
    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Case, Site, Source


def sources_in(module: Module, types: Types, scope: Scope) -> Iterator[tuple[Types, Rows, Source]]:
    """The rows of a scope to which relations can be added, and by what: their query or their list.

    With each come the types by which its rows are known.
    """
    for rows in rows_in(module, types, scope):
        source = source_of(module, types, scope, rows, objects=True)
        if source is not None:
            yield types, rows, source
    for rows in joint_rows_in(module, types, scope):
        source = joint_source_of(module, types, scope, rows)
        if source is not None:
            yield types, rows, source
    elsewhere = [*built_in(module, types, scope), *inner_in(module, types, scope)]
    done = {loop for one in elsewhere for loop, _ in one.rows.loops}
    for found in given_in(module, types, scope):
        if done.isdisjoint(loop for loop, _ in found.rows.loops):
            elsewhere.append(found)
    seen = SeenTypes(types, {node: kind for one in elsewhere for node, kind in one.known.items()})
    yield from ((seen, one.rows, one.source) for one in elsewhere)


def weigh_given(case: Case) -> None:
    """What stands against fetching relations for rows that other code has queried.

    For a list, a read that is not reached for every row does not pay for it, since nothing is known
    of the rows.
    """
    away = case.source.home is not None and not case.source.prefix
    if away and any(map(_can_be_none, case.sites)):
        case.verdict.doubts.append("code outside of the project may await what now can be None")
    listed = case.source.listed
    if listed is None:
        return
    if not listed.model:
        reason = f"{case.source.model.symbol.name} is not imported in this file"
        case.verdict.against.append(reason)
    apart = replace(case, verdict=Verdict())
    for site in case.sites:
        weigh_path(apart, site)
    case.verdict.against += apart.verdict.doubts[:1]
    text = " ".join(case.module.text(listed.node).split())
    case.verdict.escape(f"the rows of {text} come from elsewhere, with what was fetched there")


def _can_be_none(site: Site) -> bool:
    return site.relation.nullable and not site.relation.to_many
