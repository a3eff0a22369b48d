"""Counts related rows in memory instead of by a query for every row.

What it does
    A loop that awaits `row.relation.all().count()` or `.exists()` runs one query for every row.
    The rule prefetches the relation and writes `len(row.relation)` or `bool(row.relation)`.

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
    read without `await` elsewhere in the loop.
    Silently: counts with a filter; rows that come from a parameter or from another function.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import KeepInner
from ..orm.types import ApiMethod, Manager
from ._base import Finding, Rule, Safety
from ._fetch_edits import fetching
from ._fetch_paths import covers
from ._loop_queries import Found, cases
from ._n_plus_one_edits import is_builtin

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
        yield _finding(case)


def _aggregated(module: Module, types: Types, node: ast.Await) -> Found | None:
    """``row.relation`` in ``await row.relation.all().count()``."""
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    called, inner = types.of(call.func), call.func.value
    if not isinstance(called, ApiMethod) or called.name not in _BUILTINS or _has_arguments(call):
        return None
    if not isinstance(inner, ast.Call) or _has_arguments(inner):
        return None
    link = inner.func
    if not isinstance(link, ast.Attribute) or link.attr not in ("all", "filter"):
        return None
    kind = types.of(link.value)
    if not isinstance(kind, Manager) or not isinstance(link.value, ast.Attribute):
        return None
    return link.value, kind.relation


def _has_arguments(call: ast.Call) -> bool:
    return bool(call.args or call.keywords)


def _builtin(site: Site) -> str:
    """The builtin that gives what a query gave."""
    assert isinstance(site.node, ast.Await) and isinstance(site.node.value, ast.Call)
    assert isinstance(site.node.value.func, ast.Attribute)
    return _BUILTINS[site.node.value.func.attr]


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
    module = case.module
    yield from fetching(case, (), _added(case))
    for site in case.sites:
        span, inner = module.span(site.node), module.span(site.inner)
        yield KeepInner(module.path, span, inner, _builtin(site))


RULE = Rule(
    code="TOR263",
    name="aggregate-in-loop",
    summary="counts prefetched rows instead of asking the database for every row",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b".count()", b".exists()"),
)
