"""Rows whose query is out of reach: a loop over a list that a parameter or a call has given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.chains import Chain
from ..orm.control import whole
from ..orm.infer import place
from ..orm.rows import Loop, Rows, is_async, row_name
from ..orm.types import Instance, ListOf, Manager
from ..project.facts import inner_blocks, target_names
from ._fetch_paths import literal
from ._model_names import name_at_run_time
from ._n_plus_one_case import Listed, Source
from ._seen_types import Elsewhere, given, is_bound_once, row_uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..orm.infer import Types
    from ..project.models import Model
    from ..project.module import Module, Scope

#: Collections that can be gone through twice.
_KEPT = frozenset({"list", "set"})
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
#: A loop, its row variable, and the list.
_Over = tuple[Loop, str, ast.expr]


def given_in(module: Module, types: Types, scope: Scope) -> Iterator[Elsewhere]:
    """The loops of a scope over lists of rows that it has not queried itself.

    What stands for the query is the list, and the model by which relations are fetched for it.
    """
    groups: dict[object, list[_Over]] = {}
    for over in _loops(module, types, scope):
        groups.setdefault(_key(module, scope, over), []).append(over)
    for group in groups.values():
        model = _model(module, types, group[0][2])
        if model is not None:
            rows = _rows(module, scope, group)
            listed = Listed(rows.query, name_at_run_time(module, scope, model.symbol))
            chain = Chain(rows.query, types.of(rows.query), ())
            fetched = frozenset(_fetched_before(module, rows))
            source = Source(chain, model, fetched, fetched, listed)
            known = given(types, row_uses(module, rows.loops), place(rows.query))
            yield Elsewhere(rows, source, dict(known))


def _rows(module: Module, scope: Scope, group: Sequence[_Over]) -> Rows:
    """What becomes of the rows of one list."""
    loops = [(loop, name) for loop, name, _ in group]
    rows = Rows(group[0][2], _statement(module, group[0][0]), loops=loops)
    rows.others = list(_other_uses(module, scope, rows))
    return rows


def _fetched_before(module: Module, rows: Rows) -> Iterator[str]:
    """What ``fetch_for_list`` fetches for the list in the block before the loops."""
    outer, text = module.parent(rows.statement), module.text(rows.query)
    fields = ast.iter_fields(outer) if outer else ()
    blocks = (value for _, value in fields if isinstance(value, list))
    block = next((one for one in blocks if rows.statement in one), [])
    for statement in block[: block.index(rows.statement)] if block else ():
        run = statement.value if isinstance(statement, ast.Expr) else None
        call = run.value if isinstance(run, ast.Await) else None
        called = call.func if isinstance(call, ast.Call) else None
        named = isinstance(called, ast.Attribute) and called.attr == "fetch_for_list"
        if isinstance(call, ast.Call) and named and call.args and module.text(call.args[0]) == text:
            yield from filter(None, map(literal, call.args[1:]))


def _loops(module: Module, types: Types, scope: Scope) -> Iterator[_Over]:
    loops = [node for node in scopes.nodes_in(module, scope) if isinstance(node, Loop)]
    targets = {name for loop in loops for name in target_names(loop.target)}
    for loop in loops:
        found = _list_of(types, loop, targets) if not is_async(loop) else None
        if found is None or not _can_precede(module, loop, found[1]):
            continue
        if is_bound_once(module, loop, found[0]):
            yield loop, found[0], found[1]


def _list_of(types: Types, loop: Loop, targets: set[str]) -> tuple[str, ast.expr] | None:
    """The row variable of a loop and the list that it goes over, all of it."""
    parts = list(ast.walk(loop.iter))
    if any(isinstance(part, ast.Subscript | ast.Await) for part in parts):
        return None
    for part in parts:
        name = row_name(loop.iter, loop.target, part) if isinstance(part, ast.expr) else ""
        if name and isinstance(part, ast.Name | ast.Attribute) and _is_given(types, part, targets):
            return name, part
    return None


def _is_given(types: Types, node: ast.expr, targets: set[str]) -> bool:
    """Whether an expression is a list of rows, or a fetched relation of one object."""
    kind = types.of(node)
    if isinstance(kind, Manager):
        owner = node.value if isinstance(node, ast.Attribute) else None
        return isinstance(owner, ast.Name) and owner.id not in targets
    row = kind.element if isinstance(kind, ListOf) and kind.container in _KEPT else None
    return isinstance(row, Instance) and not row.origins and not row.optional


def _can_precede(module: Module, loop: Loop, listed: ast.expr) -> bool:
    """Whether a statement can be put before a loop, where the list is what it is in the loop."""
    statement = _statement(module, loop)
    if statement is not loop and not isinstance(statement, _SIMPLE):
        return False
    before = module.source.line(statement.lineno)[: statement.col_offset]
    names = {node.id for node in ast.walk(listed) if isinstance(node, ast.Name)}
    inner = (n for n in ast.walk(statement) if isinstance(n, ast.comprehension | ast.NamedExpr))
    return not before.strip() and not any(names & set(target_names(n.target)) for n in inner)


def _statement(module: Module, loop: Loop) -> ast.stmt:
    around = (loop, *module.ancestors(loop))
    return next(one for one in around if isinstance(one, ast.stmt))


def _key(module: Module, scope: Scope, over: _Over) -> object:
    """The same for loops of one block over one list that nothing else is bound to."""
    loop, _, listed = over
    if not isinstance(listed, ast.Name) or scopes.bindings_in(module, scope)[listed.id] != 1:
        return loop
    statement = _statement(module, loop)
    outer = module.parent(statement)
    blocks = list(inner_blocks(outer)) if isinstance(outer, ast.stmt) else []
    index = next((i for i, block in enumerate(blocks) if statement in block), -1)
    return outer, index, listed.id


def _model(module: Module, types: Types, listed: ast.expr) -> Model | None:
    """The model of all the rows of a list; None where they may be of a subclass."""
    kind = types.of(listed)
    symbol = kind.relation.target if isinstance(kind, Manager) else None
    if isinstance(kind, ListOf) and isinstance(kind.element, Instance):
        symbol = kind.element.model
    models = module.project.models
    if symbol is None or len(list(models.descendants(symbol))) > 1:
        return None
    return models.get(symbol)


def _other_uses(module: Module, scope: Scope, rows: Rows) -> Iterator[ast.AST]:
    """The places in the loops that use the list again."""
    loops = [whole(module, loop) for loop, _ in rows.loops]
    inside = {node for loop in loops for node in ast.walk(loop)}
    iterated = {node for loop, _ in rows.loops for node in ast.walk(loop.iter)}
    text = module.text(rows.query)
    for node in scopes.nodes_in(module, scope):
        same = isinstance(node, ast.Name | ast.Attribute) and node in inside - iterated
        if same and module.text(node) == text:
            yield node
