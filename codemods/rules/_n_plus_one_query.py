"""Which queries the N+1 rule can add relations to, and what a join would do to them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm import api
from ..orm.chains import Chain, chain_of
from ..orm.query_steps import is_step, with_steps
from ..orm.transactions import transactions
from ..orm.types import Manager, ModelClass
from ._fetch_paths import can_join, goes_beyond, left_of, literal, loaded, prefetch_object
from ._n_plus_one_case import Source, Twin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..orm.infer import Types
    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ..project.symbols import Class
    from ._n_plus_one_case import Case

_FETCHING = ("select_related", "prefetch_related")


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
    fetched = left_of(joined, apart) | apart
    return Source(chain, model, fetched, apart, refined=frozenset(refined.values()))


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


def joins(module: Module, source: Source) -> bool:
    """Whether a query can join relations without a change of its rows.

    Where rows are taken by their number, their order must be said, for a join may change that which
    the database happens to give. DISTINCT would compare what is joined, too.
    """
    steps = {api.step(name) for name in source.calls}
    chains = (source.chain, *(twin.chain for twin in source.twins))
    ordered = "ordering" in source.model.meta or all("order_by" in one.names() for one in chains)
    cut = api.Step.CUTS in steps and not ordered
    return can_join(module) and api.Step.COMPARES not in steps and not cut


def keeps_joins(source: Source) -> bool:
    """Whether rows stay the same where others are joined to them: none are cut off or compared."""
    steps = {api.step(name) for name in source.calls}
    return steps.isdisjoint({api.Step.CUTS, api.Step.COMPARES})


def weigh_lost(case: Case, apart: Iterable[str]) -> None:
    """Relations that a query is to load anew come without what had been fetched beyond them."""
    source, anew = case.source, loaded(apart)
    if source.home is not None and source.home.call is not None:
        return  # all is said to one call, which loads everything once
    for path in apart:
        if path.partition("__")[0] in source.refined:
            case.verdict.against.append(f"a Prefetch object chooses what {path} gives")
    have = source.fetched if source.listed else source.fetched - source.prefetched
    for path in sorted(have):
        if goes_beyond(path, anew):
            case.verdict.against.append(f"{path} is fetched already, and would be lost")


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
    fetching = any(api.step(link.method.name) is api.Step.FETCHES for link in steps)
    return None if fetching else built


def _subject(chain: Chain) -> Class | None:
    """The model whose rows a query gives, if it begins at the model or at an object's relation."""
    if isinstance(chain.start, ModelClass):
        return chain.start.model
    return chain.start.relation.target if isinstance(chain.start, Manager) else None


def _plain(module: Module, rows: Rows, chain: Chain) -> bool:
    """Whether relations can be added to the query without a change of its rows."""
    begun = bool(chain.links) or isinstance(chain.start, Manager)
    steps = {api.step(name) for name in chain.names()}
    if not begun or not steps.isdisjoint({None, api.Step.HINTS}):
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
