"""What stands against fetching with the query what ``fetch_related`` fetches row by row."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.control import region_of, whole
from ..orm.infer import place
from ..orm.types import Forward, Instance, Manager, Plain
from ._fetch_sites import NAME
from ._n_plus_one_objects import weigh_changes, weigh_handed_on
from ._n_plus_one_query import weigh_lost
from ._n_plus_one_sites import REREADING, is_only_keyed
from ._n_plus_one_way import weigh_path, weigh_way
from ._n_plus_one_weigh import weigh_effects, weigh_relation
from ._row_data import may_read_relations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..project.symbols import Class
    from ._fetch_sites import Fetch
    from ._n_plus_one_case import Case


def weigh_fetches(
    case: Case, fetches: Sequence[Fetch], joined: Sequence[str], apart: Sequence[str]
) -> None:
    """Add to the verdict all that stands against a rewrite.

    Args:
        case: The query, with a site for each relation.
        fetches: The statements.
        joined: The relations that the query is to join.
        apart: The paths that get queries of their own.
    """
    weigh_lost(case, apart)
    for site in case.sites:
        weigh_relation(case, site.relation)
        weigh_path(case, site)
    region = region_of(case.module, case.rows)
    if region is None:
        case.verdict.against.append("the query and the loop lie in different branches")
        return
    gone = {fetch.statement for fetch in fetches}
    weigh_effects(case, [one for one in region if one not in gone])
    weigh_changes(case, region)
    weigh_way(case, region)
    shared = _shared(case, joined)
    weigh_handed_on(case, region, shared)
    _weigh_uses(case, fetches, bool(shared))
    for fetch in fetches:
        _weigh_text(case, fetch)


def _shared(case: Case, joined: Sequence[str]) -> frozenset[Class]:
    """The models whose objects belong to several rows once they are fetched together."""
    return frozenset(
        site.relation.target
        for site in case.sites
        if site.relation.target
        and site.relation.name not in joined
        and site.relation.kind in ("m2m", "fk", "o2o")
    )


def _weigh_uses(case: Case, fetches: Sequence[Fetch], shared: bool) -> None:
    """Rows that code sees before their relations are fetched, or that share what they lead to."""
    first = min(place(fetch.call) for fetch in fetches)
    calls = {fetch.call.func for fetch in fetches}
    for use in _uses(case):
        early = place(use) < first
        parent = case.module.parent(use)
        if not _is_row(case, use):
            if not _is_other(case, use):
                case.verdict.against.append(f"{use.id} may be another row (line {use.lineno})")
        elif isinstance(parent, ast.Attribute):
            if parent not in calls:
                _weigh_attribute(case, parent, early, shared)
        elif not is_only_keyed(case.module, case.types, use):
            _weigh_escape(case, use, early, shared)
    for other in case.rows.others:
        early = getattr(other, "lineno", 0) < first[0]
        _weigh_escape(case, other, early, shared)


def _uses(case: Case) -> Iterator[ast.Name]:
    """Every mention of a row in the loops."""
    for loop, name in case.rows.loops:
        for node in ast.walk(whole(case.module, loop)):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node


def _is_row(case: Case, use: ast.Name) -> bool:
    kind = case.types.of(use)
    return isinstance(kind, Instance) and kind.origins == case.rows.origins


def _is_other(case: Case, use: ast.Name) -> bool:
    """Whether the variable surely holds something else than a row of the query by then."""
    kind = case.types.of(use)
    if isinstance(kind, Instance):
        return bool(kind.origins) and kind.origins.isdisjoint(case.rows.origins)
    return isinstance(kind, Plain)


def _weigh_attribute(case: Case, node: ast.Attribute, early: bool, shared: bool) -> None:
    """``row.attribute``: a relation that is read too early, or is changed, or an unknown one."""
    names = {site.relation.name for site in case.sites}
    line, text = f"(line {node.lineno})", case.module.text(node)
    if not isinstance(node.ctx, ast.Load):
        if node.attr in names or node.attr.removesuffix("_id") in names:
            case.verdict.against.append(f"{text} is assigned to {line}")
        return
    kind = case.types.of(node)
    if isinstance(kind, Manager | Forward):
        if early and node.attr in names:
            case.verdict.against.append(f"{text} is used before it is fetched {line}")
    elif node.attr in REREADING and early:
        case.verdict.against.append(f"the row is read anew, as for changes {line}")
    elif node.attr == NAME:
        case.verdict.doubts.append(f"{text} is called in another way, too {line}")
    elif not isinstance(kind, Plain) or may_read_relations(case.module, case.types, node):
        _weigh_escape(case, node, early, shared)


def _weigh_escape(case: Case, use: ast.AST, early: bool, shared: bool) -> None:
    """Code out of sight gets a row."""
    line = getattr(use, "lineno", case.rows.statement.lineno)
    nullable = (s.relation for s in case.sites if s.relation.nullable and not s.relation.to_many)
    maybe = next(nullable, None)
    if early and maybe is not None:
        why = f"{maybe.name} can be None, and rows are used before it is fetched (line {line})"
        case.verdict.against.append(why)
    elif early:
        case.verdict.doubts.append(f"rows are used before their relations (line {line})")
    elif shared:
        case.verdict.doubts.append(f"rows that share objects are handed on (line {line})")


def _weigh_text(case: Case, fetch: Fetch) -> None:
    """Whether the statement can go without a loss."""
    first, last = fetch.statement.lineno, fetch.statement.end_lineno or fetch.statement.lineno
    if any("#" in case.module.source.line(line) for line in range(first, last + 1)):
        case.verdict.against.append(f"a comment stands in the statement (line {first})")
