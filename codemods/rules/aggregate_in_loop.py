"""Counts related rows in memory instead of by a query for every row.

What it does
    A loop that awaits `row.relation.all().count()` or `.exists()` runs one query for every row.
    The rule prefetches the relation and writes `len(row.relation)` or `bool(row.relation)`. So it
    is for `User.filter(role=row).count()`, and for a choice that is the same for every row, which
    goes into a `Prefetch` object.

Why
    A hundred rows cost a hundred queries, where one or two fetch what there is to count.

Before
    for role in await Role.all():
        print(role.name, await role.users.all().count())

After
    for role in await Role.all().prefetch_related("users"):
        print(role.name, len(role.users))

When it is safe
    Never quite, so it is applied with --unsafe only: all related rows are loaded to be counted,
    which costs more than it saves where they are many. The result is the same where nothing
    between the query and the end of the loop writes to the models, as far as calls can be followed.
    Where the relation is prefetched already, nothing more is loaded.

Use instead
    Where the related rows are many, let the database count them with the rows:
    `Role.annotate(count=Count("users", distinct=True))`, and read `role.count`.

What it leaves alone
    Reported, for a hand: loops that write to the models; rows that are changed; a relation that is
    read elsewhere in the loop; several choices of one relation.
    Silently: counts with a filter that depends on the row.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm.chains import chain_of
from ..project.near_models import near_models
from ._asked import asked_by
from ._base import Finding, Rule, Safety
from ._fetch_edits import fetching
from ._fetch_paths import covers
from ._loop_queries import Found, cases, reading_by
from ._n_plus_one_edits import collecting, is_builtin
from ._refined import refined
from ._unimporting import unimporting, weigh_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..project.module import Module
    from ._n_plus_one_case import Case, Site

_BUILTINS = {"count": "len", "exists": "bool"}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query whose rows are asked for counts one by one."""
    for case in cases(module, _aggregated):
        for site in case.sites:
            if not is_builtin(case, _builtin(site)):
                case.verdict.against.append(f"{_builtin(site)} means something else here")
        if _added(case):
            case.verdict.doubts.append("all related rows are loaded to be counted")
        else:
            case.verdict.doubts.append("the related rows are counted as they were fetched")
        weigh_imports(case)
        yield _finding(case)


def _aggregated(module: Module, types: Types, query: ast.expr, node: ast.expr) -> Found | None:
    """The relation whose objects a query counts for one row."""
    chain = chain_of(types, node)
    end = chain.links[-1] if chain.links else None
    if end is None or end.method.name not in _BUILTINS or end.call.args or end.call.keywords:
        return None
    asked = asked_by(module, types, replace(chain, links=chain.links[:-1]), query)
    if asked is None or not asked.relation.to_many:
        return None
    source = refined(module, types, query, asked)
    found = Found(asked.inner, asked.owner, asked.relation, source or "")
    return found if source is not None else None


def _builtin(site: Site) -> str:
    """The builtin that gives what a query gave."""
    call = site.node.value if isinstance(site.node, ast.Await) else site.node
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    return _BUILTINS[call.func.attr]


def _added(case: Case) -> list[str]:
    """The relations that the query does not fetch yet."""
    names = dict.fromkeys(site.relation.name for site in case.sites)
    return [name for name in names if not covers(case.source.prefetched, name)]


def _finding(case: Case) -> Finding:
    listed = ", ".join(dict.fromkeys(site.relation.name for site in case.sites))
    message = f"one query per row to count {listed}"
    span, verdict = case.module.span(case.sites[0].node), case.verdict
    edits = () if verdict.safety is Safety.MANUAL else tuple(_edits(case))
    return Finding(
        RULE.code, case.module.path, span, message, verdict.safety, edits, verdict.advice
    )


def _edits(case: Case) -> Iterator[Edit]:
    yield from fetching(case, (), _added(case))
    yield from (reading_by(case, site, _builtin(site)) for site in case.sites)
    yield from collecting(case)
    yield from unimporting(case)


RULE = Rule(
    code="TOR263",
    name="aggregate-in-loop",
    summary="counts prefetched rows instead of asking the database for every row",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b".count()", b".exists()"),
    modules=near_models,
)
