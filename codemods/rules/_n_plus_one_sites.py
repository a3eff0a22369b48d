"""Which places in the loops read relations of the rows, and what else the loops do with a row."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm.control import deferred, whole
from ..orm.row_keys import reads_columns, sort_key
from ..orm.rows import Loop, is_async
from ..orm.types import ApiMethod, Forward, Instance, Manager, Plain
from ._n_plus_one_case import Read, Site
from ._row_data import may_read_relations
from ._together import gathered_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..orm.infer import Types
    from ..orm.rows import Rows
    from ..orm.types import Type
    from ..project.module import Module
    from ._verdict import Verdict

#: Methods after which a key may lead to another object than the one that was fetched.
REREADING = frozenset({"refresh_from_db"})
#: Methods to which an object is its key.
_KEYING = frozenset(
    {"filter", "exclude", "get", "get_or_none", "exists", "update", "add", "remove"}
)
#: Methods that put an object into the one they make.
_MAKING = frozenset({"create", "get_or_create", "update_or_create"})


def reads_in(
    module: Module, types: Types, rows: Rows, verdict: Verdict, outer: Read | None = None
) -> Iterator[Read]:
    """The reads of relations in the loops over the rows; every other use of a row is weighed.

    ``outer`` is the read that gave the rows, where they are related objects.
    """
    for loop, name in rows.loops:
        _weigh_keys(module, types, loop, name, verdict)
        for use in _uses(module, loop, name):
            read = _attribute(module, types, rows, loop, use, verdict)
            found = _relation_read(module, types, loop, read, verdict) if read else None
            if found is not None:
                yield replace(found, outer=outer)


def weigh_unqueried(
    module: Module, reads: Iterable[Read], sites: Iterable[Site], verdict: Verdict
) -> None:
    """Code that reads a relation but does not query it holds a query, which it may run later."""
    paths = {site.path for site in sites}
    for read in reads:
        if not isinstance(read, Site) and read.path in paths:
            where = f"{module.text(read.inner)} is read without await (line {read.inner.lineno})"
            verdict.against.append(where)


def _uses(module: Module, loop: Loop, name: str) -> Iterator[ast.Name]:
    """Every mention of the row in the loop."""
    before = {inner for key in _keys(loop) for inner in ast.walk(key)}
    for node in ast.walk(whole(module, loop)):
        read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Name) and read and node.id == name and node not in before:
            yield node


def _keys(loop: Loop) -> list[ast.Lambda]:
    """The key functions by which what a loop goes over is sorted."""
    calls = [node for node in ast.walk(loop.iter) if isinstance(node, ast.Call)]
    return [key for key in map(sort_key, calls) if key is not None]


def _weigh_keys(module: Module, types: Types, loop: Loop, name: str, verdict: Verdict) -> None:
    """Whether the rows are sorted by more than their columns."""
    bound = [n for n in ast.walk(loop.target) if isinstance(n, ast.Name) and n.id == name]
    for key in _keys(loop):
        if not reads_columns(module, types.of(bound[0]) if bound else None, key):
            verdict.escape(f"the rows are sorted by more than columns (line {key.lineno})")


def _attribute(
    module: Module, types: Types, rows: Rows, loop: Loop, use: ast.Name, verdict: Verdict
) -> ast.Attribute | None:
    """The ``row.attribute`` that a use of the row is part of, if the row is used for that alone."""
    parent, line = module.parent(use), f"(line {use.lineno})"
    kind = types.of(use)
    if module.scope(use) is not module.scope(loop.iter) or deferred(module, use, loop):
        verdict.escape(f"the row is used by a nested function {line}")
    elif not isinstance(kind, Instance) or kind.origins != rows.origins:
        if not _is_other(kind, rows):
            verdict.against.append(f"{use.id} may be another row {line}")
    elif is_only_keyed(module, types, use) or is_tested(module, use):
        return None
    elif not isinstance(parent, ast.Attribute):
        verdict.escape(f"the whole row is handed on {line}")
    elif not isinstance(parent.ctx, ast.Load):
        verdict.against.append(f"the loop changes the row {line}")
    else:
        return parent
    return None


def is_only_keyed(module: Module, types: Types, use: ast.Name) -> bool:
    """Whether a row is an argument of the query API, which reads its key and keeps nothing."""
    call = module.parent(use)
    if isinstance(call, ast.keyword):
        call = module.parent(call)
    called = types.of(call.func) if isinstance(call, ast.Call) else None
    if not isinstance(called, ApiMethod) or use is getattr(call, "func", None):
        return False
    if called.name in _KEYING:
        return True
    outer = module.parent(call) if call else None
    unused = isinstance(outer, ast.Await) and isinstance(module.parent(outer), ast.Expr)
    return called.name in _MAKING and unused


def is_tested(module: Module, use: ast.Name) -> bool:
    """Whether code only asks whether there is an object."""
    parent = module.parent(use)
    if isinstance(parent, ast.If | ast.IfExp | ast.While):
        return parent.test is use
    if isinstance(parent, ast.Compare):
        against = [one.value for one in parent.comparators if isinstance(one, ast.Constant)]
        return against == [None] and isinstance(parent.ops[0], ast.Is | ast.IsNot)
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)


def _is_other(kind: Type, rows: Rows) -> bool:
    """Whether the variable surely holds something else than a row of the query by then."""
    if isinstance(kind, Instance):
        return bool(kind.origins) and kind.origins.isdisjoint(rows.origins)
    return isinstance(kind, Plain)


def _relation_read(
    module: Module, types: Types, loop: Loop, read: ast.Attribute, verdict: Verdict
) -> Read | None:
    """Weigh ``row.attribute``; what is given reads a relation, and a Site queries it as well."""
    kind = types.of(read)
    parent = module.parent(read)
    node: ast.expr | None
    if isinstance(kind, Forward):
        node = parent if isinstance(parent, ast.Await) else gathered(module, read)
    elif isinstance(kind, Manager):
        node = _queried(module, read)
        if node is None and isinstance(parent, ast.Attribute):
            return None  # a query of its own, such as ``row.relation.filter(...)``
    else:
        if read.attr in REREADING:
            verdict.against.append(f"the row is read anew, as for changes (line {read.lineno})")
        elif not isinstance(kind, Plain) or may_read_relations(module, types, read):
            verdict.escape(f"{module.text(read)} may read relations (line {read.lineno})")
        return None
    if node is None:
        return Read(read, kind.relation, loop, None)
    return Site(read, kind.relation, loop, None, node)


def gathered(module: Module, node: ast.expr) -> ast.expr | None:
    """A query that ``gather`` runs for every row."""
    return node if gathered_with(module, node) is not None else None


def _queried(module: Module, read: ast.Attribute) -> ast.expr | None:
    """The expression that runs ``row.relation`` or ``row.relation.all()`` as it is, if any does."""
    value: ast.expr = read
    parent = module.parent(value)
    if isinstance(parent, ast.Attribute) and parent.attr == "all":
        call = module.parent(parent)
        if not isinstance(call, ast.Call) or call.func is not parent or call.args or call.keywords:
            return None
        value, parent = call, module.parent(call)
    if isinstance(parent, ast.Await):
        return parent
    if gathered(module, value):
        return value
    iterated = isinstance(parent, Loop) and is_async(parent) and parent.iter is value
    return value if iterated else None
