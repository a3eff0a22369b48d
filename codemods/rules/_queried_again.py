"""What stands against reading what was fetched instead of querying it once more."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.control import nodes_of, region_of
from ..orm.scopes import nodes_in
from ..orm.types import ApiMethod, Forward, Instance, ListOf, Manager
from ._fetch_paths import covers
from ._n_plus_one_edits import weigh_text
from ._n_plus_one_objects import weigh_changes, weigh_handed_on, weigh_sharing
from ._n_plus_one_weigh import grows, weigh_effects, weigh_relation

if TYPE_CHECKING:
    from ..project.symbols import Class
    from ._n_plus_one_case import Case, Read, Source


def weigh_again(case: Case) -> None:
    """Add to the verdict all that stands against a rewrite.

    The rows are fetched as before, so that it does not matter who else uses them, only that the
    fetched objects are still what a query would give.
    """
    case.verdict.doubts.clear()
    around = set(case.module.ancestors(case.rows.statement))
    for site in case.sites:
        weigh_relation(case, site.relation)
        weigh_text(case, site)
        nearer = (one for one in case.module.ancestors(site.node) if one not in around)
        if any(isinstance(outer, ast.Try) for outer in nearer):
            text = case.module.text(site.inner)
            case.verdict.doubts.append(
                f"{text} stands in a try block, which no longer sees it fail"
            )
    region = region_of(case.module, case.rows)
    if region is None:
        case.verdict.against.append("the query and the loop lie in different branches")
        return
    weigh_effects(case, region)
    _weigh_fetching(case, region)
    weigh_changes(case, region)
    weigh_sharing(case, region)
    weigh_handed_on(case, region, _read_otherwise(case))
    for rows in (case.rows, *case.inner):
        if any(grows(case.module, use) for use in rows.others):
            case.verdict.against.append("the list of rows is changed")


def _read_otherwise(case: Case) -> frozenset[Class]:
    """The models of relations that are read without a query, too, which gives the same objects."""
    ours = {site.inner for site in case.sites}
    found: set[Class] = set()
    for node in nodes_in(case.module, case.scope):
        kind = case.types.of(node) if isinstance(node, ast.Attribute) else None
        if isinstance(kind, Manager | Forward) and node not in ours and kind.relation.target:
            found.add(kind.relation.target)
    return frozenset(found)


def _weigh_fetching(case: Case, region: list[ast.stmt]) -> None:
    """Code that may fetch other rows into a relation, as ``Prefetch`` objects with a filter do."""
    for node in nodes_of(region):
        if isinstance(node, ast.Attribute) and node.attr in ("fetch_related", "fetch_for_list"):
            case.verdict.doubts.append(f"relations are fetched anew (line {node.lineno})")
        call = node.value if isinstance(node, ast.Await) else None
        if isinstance(call, ast.Call) and not isinstance(case.types.of(call.func), ApiMethod):
            given = (*call.args, *(keyword.value for keyword in call.keywords))
            if any(isinstance(case.types.of(one), Instance | ListOf) for one in given):
                case.verdict.doubts.append(f"a call may fetch relations anew (line {call.lineno})")


def is_queried_again(source: Source, read: Read) -> bool:
    """Whether a read queries what the rows come with, or fails on a None among them."""
    if read.relation.to_many:
        return covers(source.prefetched, read.path)
    return read.relation.nullable and covers(source.fetched, read.path)
