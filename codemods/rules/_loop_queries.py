"""Queries in a loop over rows that are built from the row, rather than read from a relation."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.control import whole
from ..orm.infer import place, types_of
from ..orm.rows import rows_in
from ..orm.types import Instance
from ._n_plus_one_case import Case, Site
from ._n_plus_one_query import source_of
from ._n_plus_one_sites import reads_in
from ._n_plus_one_weigh import weigh
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..orm.infer import Types
    from ..orm.rows import Loop, Rows
    from ..project.models import Relation
    from ..project.module import Module, Scope

#: The attribute of the row and the relation that a query of it stands for.
Found = tuple[ast.Attribute, "Relation"]


def cases(
    module: Module, find: Callable[[Module, Types, ast.Await], Found | None]
) -> Iterator[Case]:
    """The queries whose rows are used in a way that ``find`` knows, each weighed."""
    awaits = module.nodes(ast.Await)
    scopes = dict.fromkeys(
        module.scope(node) for node in awaits if isinstance(node.value, ast.Call)
    )
    for scope in scopes:
        if not isinstance(scope, ast.AsyncFunctionDef):
            continue
        types = types_of(module, scope)
        for rows in rows_in(module, types, scope):
            case = _case(module, types, scope, rows, find)
            if case is not None:
                weigh(case)
                yield case


def _case(
    module: Module,
    types: Types,
    scope: Scope,
    rows: Rows,
    find: Callable[[Module, Types, ast.Await], Found | None],
) -> Case | None:
    sites = tuple(
        Site(found[0], found[1], loop, None, node)
        for loop, _ in rows.loops
        for node in _awaits(module, loop)
        if (found := find(module, types, node)) and is_row(types, rows, found[0].value)
    )
    source = source_of(module, types, scope, rows) if sites else None
    if source is None:
        return None
    verdict = Verdict()
    names = {site.relation.name for site in sites}
    nodes = {site.inner for site in sites}
    for read in reads_in(module, types, rows, verdict):
        if read.relation.name in names and read.inner not in nodes:
            where = f"{module.text(read.inner)} is read elsewhere too (line {read.inner.lineno})"
            verdict.against.append(where)
    return Case(module, types, scope, rows, (), source, sites, verdict)


def _awaits(module: Module, loop: Loop) -> Iterator[ast.Await]:
    for node in ast.walk(whole(module, loop)):
        if isinstance(node, ast.Await):
            yield node


def is_row(types: Types, rows: Rows, node: ast.expr) -> bool:
    """Whether an expression is a row of the query."""
    kind = types.of(node)
    return isinstance(kind, Instance) and kind.origins == frozenset({place(rows.query)})
