"""Which queries the N+1 rule can add relations to, and what a join would do to them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm.chains import Chain, chain_of
from ..orm.query_steps import is_step, with_steps
from ..orm.transactions import transactions
from ..orm.types import Manager, ModelClass
from ._fetch_paths import literal, prefetch_object
from ._n_plus_one_case import Source, Twin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..orm.infer import Types
    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ..project.symbols import Class
    from ._n_plus_one_case import Case

_FETCHING = ("select_related", "prefetch_related")
_CHAINABLE = {
    *_FETCHING,
    "all", "filter", "exclude", "order_by", "limit", "offset", "using_db", "distinct",
    "get", "get_or_none", "first",
}  # fmt: skip


def source_of(
    module: Module, types: Types, scope: Scope, rows: Rows, objects: bool = False
) -> Source | None:
    """The query of the rows, if relations can be added to it without a change of its rows.

    ``objects``: whether it may hold ``Prefetch`` objects, whose relations are then to be left.
    """
    chain = _chain(module, types, scope, rows)
    symbol = _subject(chain) if chain else None
    model = module.project.models.get(symbol) if symbol else None
    if chain is None or model is None or not _plain(module, rows, chain):
        return None
    refined = _refined(module, chain)
    joined, apart = (_named(chain, method, refined) for method in _FETCHING)
    if joined is None or apart is None or (refined and not objects):
        return None
    return Source(chain, model, joined | apart, apart, refined=frozenset(refined.values()))


def joint_source_of(module: Module, types: Types, scope: Scope, rows: Rows) -> Source | None:
    """The queries of the rows, if each of them fetches the same, and can be told to fetch more."""
    found: list[Source] = []
    for query in (rows.query, *rows.also):
        one = source_of(module, types, scope, replace(rows, query=query, also=[]), objects=True)
        if one is None or (found and not _is_alike(one, found[0])):
            return None
        found.append(one)
    twins = (Twin(q, one.chain) for q, one in zip(rows.also, found[1:], strict=True))
    return replace(found[0], twins=tuple(twins))


def _is_alike(one: Source, other: Source) -> bool:
    """Whether two queries give rows of one model, with the same relations."""
    return replace(one, chain=other.chain) == other


def weigh_join(case: Case) -> None:
    """A join may change the order that the database happens to give, and what a limit leaves."""
    source = case.source
    joined = any(not site.prefetched for site in case.sites)
    for chain in (source.chain, *(twin.chain for twin in source.twins)):
        ordered = "order_by" in chain.names() or "ordering" in source.model.meta
        if joined and not ordered and not {"limit", "offset"}.isdisjoint(chain.names()):
            case.verdict.doubts.append("the query is limited but not ordered")


def _chain(module: Module, types: Types, scope: Scope, rows: Rows) -> Chain | None:
    """The calls that make the query, also where it was built in steps in one variable."""
    chain = chain_of(types, rows.query)
    if not is_step(chain):
        return chain
    built = with_steps(module, types, scope, chain)
    if built is None:
        return None
    # A step that fetches may lie in a branch.
    steps = built.links[: len(built.links) - len(chain.links)]
    return None if any(link.method.name in _FETCHING for link in steps) else built


def _subject(chain: Chain) -> Class | None:
    """The model whose rows a query gives, if it begins at the model or at an object's relation."""
    if isinstance(chain.start, ModelClass):
        return chain.start.model
    return chain.start.relation.target if isinstance(chain.start, Manager) else None


def _plain(module: Module, rows: Rows, chain: Chain) -> bool:
    """Whether relations can be added to the query without a change of its rows."""
    begun = bool(chain.links) or isinstance(chain.start, Manager)
    if not begun or not set(chain.names()) <= _CHAINABLE:
        return False
    start = chain.start
    below = module.project.models.descendants
    if isinstance(start, ModelClass) and not start.exact and len(list(below(start.model))) > 1:
        return False
    connected = (link.call for link in chain.links if link.method.name == "using_db")
    return all(_own_transaction(module, rows, call) for call in connected)


def _own_transaction(module: Module, rows: Rows, call: ast.Call) -> bool:
    """``.using_db(conn)`` in the block of ``conn``: what the lazy access would use as well."""
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
        return False
    around = set(module.ancestors(rows.query))
    blocks = [b for b in transactions(module) if b.handle == call.args[0].id and b.unnamed]
    loops = [set(module.ancestors(loop)) for loop, _ in rows.loops]
    return any(b.node in around and all(b.node in outer for outer in loops) for b in blocks)


def _refined(module: Module, chain: Chain) -> dict[ast.expr, str]:
    """The ``Prefetch`` objects that a query is given, each with the first relation of its path."""
    given = [argument for link in chain.links for argument in link.call.args]
    found = {argument: prefetch_object(module, argument) for argument in given}
    return {one: path.partition("__")[0] for one, path in found.items() if path}


def _named(chain: Chain, method: str, refined: Mapping[ast.expr, str]) -> frozenset[str] | None:
    """The paths that a query is told to fetch by a method; None where that cannot be read."""
    calls = [link.call for link in chain.links if link.method.name == method]
    arguments = [one for call in calls for one in call.args if one not in refined]
    names = frozenset(map(literal, arguments))
    unclear = "" in names or any(call.keywords for call in calls)
    return None if unclear or len(calls) > 1 else names
