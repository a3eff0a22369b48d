"""Rows of a relation that was fetched for one object, whose query is in reach."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.chains import Chain
from ..orm.control import region_of
from ..orm.infer import place
from ..orm.list_uses import only_scanned
from ..orm.rows import Loop, Rows, is_async, row_name
from ..orm.types import ApiMethod, Instance, Type
from ._fetch_paths import covers, literal
from ._n_plus_one_case import Home
from ._n_plus_one_query import source_of
from ._seen_types import Elsewhere, is_bound_once, row_uses
from ._single_rows import FETCHING, singles_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.infer import Types
    from ..orm.types import Place
    from ..project.models import Relation
    from ..project.module import Module, Scope
    from ._n_plus_one_case import Source
    from ._single_rows import Single


def inner_in(module: Module, types: Types, scope: Scope) -> Iterator[Elsewhere]:
    """The loops of a scope over a relation that it has fetched for one object.

    What stands for their query is the one that fetched the relation, and can be told to fetch more.
    """
    for single in singles_in(module, types, scope):
        relations = dict.fromkeys(one for _, one in single.reads if one.to_many)
        for relation in relations:
            rows = _rows(module, scope, single, relation)
            found = _fetched(module, types, scope, single, relation, rows) if rows.loops else None
            if found is not None:
                rows.statement = found[1]
                known = dict(_known(module, types, rows))
                yield Elsewhere(rows, found[0], known)


def _rows(module: Module, scope: Scope, single: Single, relation: Relation) -> Rows:
    """What becomes of the rows of a relation of an object."""
    reads = [node for node, one in single.reads if one == relation]
    rows = Rows(reads[0], single.statement, single.name, others=list(single.escapes))
    nodes = scopes.nodes_in(module, scope)
    loops = [node for node in nodes if isinstance(node, Loop) and not is_async(node)]
    for read in reads:
        over = [(loop, row_name(loop.iter, loop.target, read)) for loop in loops]
        named = [pair for pair in over if pair[1] and is_bound_once(module, *pair)]
        rows.loops += named
        if not named and not _is_measured(module, read):
            rows.others.append(read)
    return rows


def _is_measured(module: Module, read: ast.expr) -> bool:
    """Whether only the number of rows is asked for."""
    call = module.parent(read)
    called = call.func if isinstance(call, ast.Call) else None
    measured = isinstance(called, ast.Name) and called.id in ("len", "bool")
    return only_scanned(module, read) and (measured or isinstance(call, ast.If | ast.While))


def _fetched(
    module: Module, types: Types, scope: Scope, single: Single, relation: Relation, rows: Rows
) -> tuple[Source, ast.stmt] | None:
    """By what the relation is fetched, and the statement that does it."""
    source = source_of(module, types, scope, Rows(single.query, single.statement))
    model = module.project.models.get(relation.target) if relation.target else None
    if source is None or model is None:
        return None
    source = replace(source, model=model, prefix=relation.name, home=Home(module, single.query))
    nodes = scopes.nodes_in(module, scope)
    calls = [node for node in nodes if _may_fetch(types, node, place(single.query))]
    if not calls and covers(source.prefetched, relation.name):
        return _beyond(source), single.statement
    if len(calls) == 1 and not covers(source.fetched, relation.name):
        return _apart(module, types, single, replace(source, fetched=frozenset()), calls[0], rows)
    return None


def _may_fetch(types: Types, node: ast.AST, origin: Place) -> bool:
    """Whether a node is a method that may fetch relations of the object, apart from its query."""
    if not isinstance(node, ast.Attribute) or node.attr not in FETCHING:
        return False
    owner = types.of(node.value)
    other = isinstance(owner, Instance) and owner.origins and origin not in owner.origins
    return not other


def _apart(
    module: Module, types: Types, single: Single, source: Source, called: ast.AST, rows: Rows
) -> tuple[Source, ast.stmt] | None:
    """The same for ``await row.fetch_related("relation")``, which runs before the loops."""
    call = module.parent(called)
    run = module.parent(call) if isinstance(call, ast.Call) else None
    statement = module.parent(run) if isinstance(run, ast.Await) else None
    if not isinstance(called, ast.Attribute) or not isinstance(statement, ast.Expr):
        return None
    if not isinstance(call, ast.Call) or not isinstance(types.of(called), ApiMethod):
        return None
    owner, paths = types.of(called.value), frozenset(map(literal, call.args))
    own = isinstance(owner, Instance) and owner.origins == frozenset({place(single.query)})
    if not own or "" in paths or call.keywords or not covers(paths, source.prefix):
        return None
    if region_of(module, replace(rows, statement=statement)) is None:
        return None
    chain = Chain(call, source.chain.start, ())
    source = replace(source, chain=chain, fetched=paths, prefetched=paths)
    return _beyond(replace(source, home=Home(module, single.query, call))), statement


def _beyond(source: Source) -> Source:
    """The same, with what it fetches as seen from the rows of the relation."""
    begin = f"{source.prefix}__"
    fetched, prefetched = (
        frozenset(path.removeprefix(begin) for path in have if path.startswith(begin))
        for have in (source.fetched, source.prefetched)
    )
    return replace(source, fetched=fetched, prefetched=prefetched)


def _known(module: Module, types: Types, rows: Rows) -> Iterator[tuple[ast.AST, Type]]:
    """What the row variables are: all loops go over the same objects."""
    for use in row_uses(module, rows.loops):
        kind = types.of(use)
        if isinstance(kind, Instance):
            yield use, replace(kind, origins=rows.origins)
