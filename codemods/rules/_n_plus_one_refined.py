"""Relations of which a loop queries, for every row, the same choice of objects or in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.chains import chain_of
from ..orm.types import Manager, Query
from ._asked import asked_by
from ._fetch_edits import fetching
from ._loop_queries import Found, cases, replaced
from ._refined import refined

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..project.module import Module
    from ._n_plus_one_case import Case


def refined_cases(module: Module) -> Iterator[Case]:
    """The queries whose rows are asked for a choice of related objects, each weighed."""
    return cases(module, _found)


def _found(module: Module, types: Types, query: ast.expr, node: ast.expr) -> Found | None:
    chain = chain_of(types, node)
    by_relation = isinstance(chain.start, Manager) and isinstance(types.of(node), Query)
    asked = asked_by(module, types, chain, query) if by_relation else None
    source = refined(module, types, query, asked) if asked else None
    return Found(asked.inner, asked.owner, asked.relation, source) if asked and source else None


def refining(case: Case) -> tuple[Edit, ...]:
    """The edits that fetch the objects with the rows, and read them in the loop."""
    return (*fetching(case, (), (site.path for site in case.sites)), *replaced(case))
