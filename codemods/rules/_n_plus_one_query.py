"""Which queries the N+1 rule can add relations to, and what a join would do to them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.chains import Chain, chain_of
from ..orm.query_steps import is_step, with_steps
from ..orm.transactions import transactions
from ..orm.types import Manager, ModelClass
from ._fetch_paths import literal
from ._n_plus_one_case import Source

if TYPE_CHECKING:
    from ..orm.infer import Types
    from ..orm.rows import Rows
    from ..project.module import Module, Scope
    from ..project.symbols import Class
    from ._n_plus_one_case import Case

_FETCHING = frozenset({"prefetch_related", "select_related"})
_CHAINABLE = _FETCHING | {
    "all", "filter", "exclude", "order_by", "limit", "offset", "using_db", "distinct",
}  # fmt: skip


def source_of(module: Module, types: Types, scope: Scope, rows: Rows) -> Source | None:
    """The query of the rows, if relations can be added to it without a change of its rows."""
    chain = _chain(module, types, scope, rows)
    symbol = _subject(chain) if chain else None
    model = module.project.models.get(symbol) if symbol else None
    if chain is None or model is None or not _plain(module, rows, chain):
        return None
    joined, apart = (_named(chain, method) for method in ("select_related", "prefetch_related"))
    if joined is None or apart is None:
        return None
    return Source(chain, model, joined | apart, apart)


def weigh_join(case: Case) -> None:
    """A join may change the order that the database happens to give, and what a limit leaves."""
    names = set(case.source.chain.names())
    joined = any(not site.prefetched for site in case.sites)
    ordered = "order_by" in names or "ordering" in case.source.model.meta
    if joined and names & {"limit", "offset"} and not ordered:
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


def _named(chain: Chain, method: str) -> frozenset[str] | None:
    """The paths that a query is told to fetch by a method; None where that cannot be read."""
    calls = [link.call for link in chain.links if link.method.name == method]
    arguments = [argument for call in calls for argument in call.args]
    names = frozenset(map(literal, arguments))
    unclear = "" in names or any(call.keywords for call in calls)
    return None if unclear or len(calls) > 1 else names
