"""Relations of rows that code uses although nothing has fetched them, so that it raises."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..orm import api, scopes
from ..orm.control import loops_around, whole
from ..orm.effects import effects_of
from ..orm.infer import place, types_of
from ..orm.list_uses import only_scanned
from ..orm.rows import Rows, rows_in
from ..orm.types import ApiMethod
from ._fetch_edits import fetching
from ._fetch_paths import can_join, covers
from ._n_plus_one_case import Case
from ._n_plus_one_query import keeps_joins, source_of
from ._n_plus_one_sites import reads_in
from ._n_plus_one_weigh import weigh_relation
from ._provoked import is_expected
from ._single_rows import FETCHING, is_seen_before, singles_in
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..project.models import Relation
    from ..project.module import Module, Scope
    from ._single_rows import Single


@dataclass(frozen=True, slots=True)
class Unfetched:
    """A query and the reads of its rows that raise.

    Attributes:
        case: The query.
        reads: The reads, none of which runs a query, each with its relation.
    """

    case: Case
    reads: tuple[tuple[ast.expr, Relation], ...]


def unfetched(module: Module, to_many: bool) -> Iterator[Unfetched]:
    """The queries whose rows are used as if a relation of them had been fetched.

    ``to_many``: whether to look at relations to many rows, or else at forward ones.
    """
    reading = {module.scope(node) for node in _reading(module)}
    for scope in dict.fromkeys(map(module.scope, _running(module))):
        if not isinstance(scope, ast.AsyncFunctionDef) or scope not in reading or _fetches(scope):
            continue
        types = types_of(module, scope)
        for rows in rows_in(module, types, scope):
            found = _of_rows(module, types, scope, rows, to_many)
            if found is not None:
                yield found
        for single in singles_in(module, types, scope):
            found = _of_single(module, types, scope, single, to_many)
            if found is not None:
                yield found


def _reading(module: Module) -> Iterator[ast.Attribute]:
    """What may be a relation of a row."""
    key, project = _reading, module.project
    if key not in project.memo:
        models = project.models.all().values()
        project.memo[key] = frozenset(name for model in models for name in model.relations)
    names: frozenset[str] = project.memo[key]
    return (node for node in module.nodes(ast.Attribute) if node.attr in names)


def _running(module: Module) -> Iterator[ast.AST]:
    """What may run a query of rows."""
    yield from module.nodes(ast.Await)
    yield from module.nodes(ast.AsyncFor)
    yield from (one for one in module.nodes(ast.comprehension) if one.is_async)


def _fetches(scope: ast.AST) -> bool:
    """Whether a function may fetch relations apart from its queries."""
    nodes = scopes.own_nodes(scope)
    return any(isinstance(node, ast.Attribute) and node.attr in FETCHING for node in nodes)


def _of_rows(
    module: Module, types: Types, scope: Scope, rows: Rows, to_many: bool
) -> Unfetched | None:
    source = source_of(module, types, scope, rows)
    if source is None:
        return None
    verdict = Verdict()
    found = list(reads_in(module, types, rows, verdict))
    raising = [read for read in found if _raises(module, read.inner, read.relation)]
    asked = {read.relation for read in found if read not in raising}
    reads = [
        read
        for read in raising
        if read.relation not in asked
        and read.relation.to_many is to_many
        and not covers(source.fetched, read.path)
        and not _is_looked_into(module, types, rows, read.relation)
    ]
    if not reads or verdict.against or verdict.escapes or rows.others:
        return None
    case = Case(module, types, scope, rows, (), source, (), verdict)
    return Unfetched(case, tuple((read.inner, read.relation) for read in reads))


def _is_looked_into(module: Module, types: Types, rows: Rows, relation: Relation) -> bool:
    """Whether code asks the relation of a row for more than its API, such as ``_fetched``."""
    nodes = (node for loop, _ in rows.loops for node in ast.walk(whole(module, loop)))
    inner = (node for node in nodes if isinstance(node, ast.Attribute))
    return relation.to_many and any(
        isinstance(one.value, ast.Attribute)
        and one.value.attr == relation.name
        and not isinstance(types.of(one), ApiMethod)
        for one in inner
    )


def _of_single(
    module: Module, types: Types, scope: Scope, single: Single, to_many: bool
) -> Unfetched | None:
    rows = Rows(single.query, single.statement)
    source = source_of(module, types, scope, rows) if single.reads else None
    if source is None:
        return None
    raising = [(node, one) for node, one in single.reads if _raises(module, node, one)]
    nodes = {node for node, _ in raising}
    asked = {one for node, one in single.reads if node not in nodes}
    reads = [
        (node, relation)
        for node, relation in raising
        if relation not in asked
        and relation.to_many is to_many
        and not covers(source.fetched, relation.name)
        and not is_seen_before(module, single, node)
    ]
    if not reads:
        return None
    verdict = Verdict()
    for _, relation in reads if single.escapes else ():
        if relation.nullable and not relation.to_many:
            line = getattr(single.escapes[0], "lineno", 0)
            why = f"{relation.name} can be None, and the object is handed on (line {line})"
            verdict.against.append(why)
    return Unfetched(Case(module, types, scope, rows, (), source, (), verdict), tuple(reads))


def _raises(module: Module, node: ast.expr, relation: Relation) -> bool:
    """Whether a use of a relation that is not fetched surely raises, and is not meant to."""
    if is_expected(module, node):
        return False
    if relation.to_many:
        return only_scanned(module, node)
    parent = module.parent(node)
    if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
        return False
    target = module.project.models.get(relation.target) if relation.target else None
    known = target is not None and parent.attr in (target.fields.keys() | target.relations.keys())
    owners = (api.Owner.QUERYSET, api.Owner.SINGLE, api.Owner.FORWARD)
    taken = any(api.methods(owner, parent.attr) for owner in owners)
    forward = relation.kind in ("fk", "o2o")
    return forward and known and not taken and parent.attr not in ("model", "query", "fields")


def weigh(module: Module, found: Unfetched) -> None:
    """Add to the verdict what stands against fetching the relations."""
    case, verdict = found.case, found.case.verdict
    for relation in dict.fromkeys(relation for _, relation in found.reads):
        weigh_relation(case, relation)
    if any(_is_guarded(module, node) for node, _ in found.reads):
        verdict.against.append("the code may count on the error")
    effects = effects_of(module, _until_read(module, found))
    if effects.writes:
        verdict.against.append(f"{effects.writes[0].where} writes to the database")
    if effects.unknown:
        verdict.doubts.append(f"{effects.unknown} may write to the database")


def _until_read(module: Module, found: Unfetched) -> Iterator[ast.AST]:
    """What may write after the query has run and before the last read."""
    rows, scope = found.case.rows, found.case.scope
    outside = loops_around(module, rows.query)
    again = {loop for node, _ in found.reads for loop in loops_around(module, node) - outside}
    ends = [_end(module, loop) for loop in again]
    last = max(ends + [place(node)[:2] for node, _ in found.reads])
    for node in scopes.nodes_in(module, scope):
        runs = isinstance(node, ast.Await | ast.Call | ast.AsyncFor | ast.AsyncWith)
        if runs and place(rows.query)[:2] < place(node)[:2] < last:
            yield node


def _end(module: Module, loop: ast.AST) -> tuple[int, int]:
    """Where a loop statement, or the comprehension that a loop is part of, ends."""
    outer = module.parent(loop) if isinstance(loop, ast.comprehension) else None
    return place(outer or loop)[2:]


def edits_of(found: Unfetched) -> tuple[Edit, ...]:
    """The edits that add the relations to the query."""
    names = dict.fromkeys(relation for _, relation in found.reads)
    apart = [one.name for one in names if one.to_many]
    joined = [one.name for one in names if not one.to_many]
    if not keeps_joins(found.case.source) or not can_join(found.case.module):
        joined, apart = [], [*joined, *apart]
    return tuple(fetching(found.case, joined, apart))


def _is_guarded(module: Module, read: ast.AST) -> bool:
    """Whether an ``except`` clause, or a test for the attribute, may count on the error."""
    for outer in module.ancestors(read):
        if isinstance(outer, ast.Try | ast.With | ast.AsyncWith):
            return True
        if isinstance(outer, ast.If | ast.IfExp) and "attr(" in ast.unparse(outer.test):
            return True
    return False
