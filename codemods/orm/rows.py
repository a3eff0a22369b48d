"""What a scope does with the rows of a query: the loops over them, and every other use."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from . import scopes
from .infer import Types, place
from .row_keys import is_sorted, sort_key
from .types import Instance, ListOf, Manager, Place, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

Loop = ast.For | ast.AsyncFor | ast.comprehension

#: Builtins that only read the list they are given.
_READERS = frozenset({"len", "bool"})
_PASSING = frozenset({"enumerate", "reversed", "sorted", "list", "tuple", "iter"})


@dataclass(slots=True)
class Rows:
    """The rows of one query.

    Attributes:
        query: The expression that is awaited, or iterated with ``async for``.
        statement: The statement that runs it.
        name: The variable that holds the rows; empty where they are iterated directly.
        loops: The loops over them, each with the name of its row variable.
        others: Every other use of the variable than a loop or a look at its length.
        also: The other queries of the scope that may have given the rows in the variable.
    """

    query: ast.expr
    statement: ast.stmt
    name: str = ""
    loops: list[tuple[Loop, str]] = field(default_factory=list)
    others: list[ast.AST] = field(default_factory=list)
    also: list[ast.expr] = field(default_factory=list)

    @property
    def origins(self) -> frozenset[Place]:
        """Where the rows may have come from."""
        return frozenset(map(place, (self.query, *self.also)))


def rows_in(module: Module, types: Types, scope: ast.AST) -> Iterator[Rows]:
    """The queries of a scope whose rows are looped over in it, each by itself."""
    nodes = scopes.nodes_in(module, scope)
    loops = [node for node in nodes if isinstance(node, Loop)]
    for node in nodes:
        if isinstance(node, ast.Await) and _gives_rows(types, node, loops):
            found = _of_await(module, types, node, nodes, loops)
        elif isinstance(node, Loop) and is_async(node) and isinstance(types.of(node.iter), Query):
            found = Rows(node.iter, _statement(module, node.iter))
            name = row_name(node.iter, node.target, node.iter)
            found.loops = [(node, name)] if name else []
        else:
            continue
        if found and found.loops:
            yield found


def joint_rows_in(module: Module, types: Types, scope: ast.AST) -> Iterator[Rows]:
    """The queries of a scope that give one variable its rows, in branches or one after another.

    All loops over the variable go over the rows of any of them.
    """
    nodes = scopes.nodes_in(module, scope)
    loops = [node for node in nodes if isinstance(node, Loop)]
    groups: dict[str, list[ast.Await]] = {}
    for node in nodes:
        target = _only_target(module.parent(node)) if isinstance(node, ast.Await) else None
        if isinstance(node, ast.Await) and target and _gives_rows(types, node, loops):
            groups.setdefault(target, []).append(node)
    for target, group in groups.items():
        queries = [node.value for node in group]
        rows = Rows(queries[0], _statement(module, group[0]), target, also=queries[1:])
        if len(group) > 1:
            _classify_all(module, types, rows, nodes, loops)
            if rows.loops and all(_origins(types, use) >= rows.origins for use in rows.others):
                yield rows


def _origins(types: Types, node: ast.AST) -> frozenset[Place]:
    """Where the rows in a list may have come from; empty where that is not known."""
    kind = types.of(node)
    element = kind.element if isinstance(kind, ListOf) else None
    return element.origins if isinstance(element, Instance) else frozenset()


def is_async(loop: Loop) -> bool:
    """Whether a loop is an ``async for``."""
    return isinstance(loop, ast.AsyncFor) or (
        isinstance(loop, ast.comprehension) and bool(loop.is_async)
    )


def rows_of_relation(module: Module, scope: ast.AST, types: Types, read: ast.expr) -> Rows | None:
    """What becomes of a relation that is read: the loops over its rows, or the uses of its object.

    ``read`` is the relation, or the query of all of it, which is awaited or iterated.
    """
    nodes = scopes.nodes_in(module, scope)
    loops = [node for node in nodes if isinstance(node, Loop)]
    parent = module.parent(read)
    if isinstance(parent, ast.Await):
        return _of_await(module, types, parent, nodes, loops)
    for loop in loops:
        name = row_name(loop.iter, loop.target, read)
        if name:
            return Rows(read, _statement(module, read), loops=[(loop, name)])
    return None


def _gives_rows(types: Types, node: ast.Await, loops: list[Loop]) -> bool:
    kind, rows = types.of(node.value), types.of(node)
    return (
        (isinstance(kind, Query) or (isinstance(kind, Manager) and _alone(node.value, loops)))
        and isinstance(rows, ListOf)
        and isinstance(rows.element, Instance)
        and rows.element.origins == frozenset({place(node.value)})
    )


def _alone(relation: ast.expr, loops: list[Loop]) -> bool:
    """Whether a relation is read of one object, not of each row of a loop."""
    owner = relation.value if isinstance(relation, ast.Attribute) else None
    targets = {n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    return isinstance(owner, ast.Name) and owner.id not in targets


def _of_await(
    module: Module, types: Types, node: ast.Await, nodes: list[ast.AST], loops: list[Loop]
) -> Rows | None:
    """The rows of an awaited query: iterated on the spot, or assigned to one name."""
    rows = Rows(node.value, _statement(module, node))
    for loop in loops:
        name = row_name(loop.iter, loop.target, node)
        if name:
            rows.loops.append((loop, name))
            return rows
    parent = module.parent(node)
    target = _only_target(parent)
    if target is None or parent is None:
        return None
    rows.name = target
    _classify_all(module, types, rows, nodes, loops)
    return rows


def _classify_all(
    module: Module, types: Types, rows: Rows, nodes: list[ast.AST], loops: list[Loop]
) -> None:
    """Sort all uses of the variable that holds the rows."""
    by_iter = {loop.iter: loop for loop in loops}
    for use in nodes:
        if isinstance(use, ast.Name) and use.id == rows.name and isinstance(use.ctx, ast.Load):
            _classify(module, types, rows, use, by_iter)
    rows.others.extend(_captures(nodes, rows.name))


def _only_target(parent: ast.AST | None) -> str | None:
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target: ast.expr = parent.targets[0]
    elif isinstance(parent, ast.AnnAssign):
        target = parent.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def _captures(nodes: list[ast.AST], name: str) -> list[ast.AST]:
    """Nested functions, lambdas and classes that mention the variable."""
    nested = (n for n in nodes if isinstance(n, FunctionNode | ast.Lambda | ast.ClassDef))
    return [n for n in nested if any(getattr(i, "id", "") == name for i in ast.walk(n))]


def _classify(
    module: Module, types: Types, rows: Rows, use: ast.Name, by_iter: dict[ast.expr, Loop]
) -> None:
    """Sort one use of the variable; uses that hold rows of other queries do not count."""
    kind = types.of(use)
    element = kind.element if isinstance(kind, ListOf) else None
    origins = _origins(types, use)
    if origins and origins.isdisjoint(rows.origins):
        return
    outer: ast.AST | None = use
    while isinstance(outer, ast.expr):
        loop = by_iter.get(outer)
        name = row_name(outer, loop.target, use) if loop is not None else ""
        if loop is not None and name and origins == rows.origins:
            rows.loops.append((loop, name))
            return
        outer = module.parent(outer)
    if not _only_looked_at(module, use) and not is_sorted(module, element, use):
        rows.others.append(use)


def row_name(iterated: ast.expr, target: ast.expr, rows: ast.expr) -> str:
    """The variable that takes each row when a loop iterates an expression made of ``rows``."""
    if iterated is rows:
        return target.id if isinstance(target, ast.Name) else ""
    if isinstance(iterated, ast.Subscript) and isinstance(iterated.slice, ast.Slice):
        return row_name(iterated.value, target, rows)
    if not isinstance(iterated, ast.Call) or not isinstance(iterated.func, ast.Name):
        return ""
    if iterated.func.id == "zip":
        return _zipped(iterated, target, rows)
    if iterated.func.id not in _PASSING or not iterated.args:
        return ""
    if iterated.func.id == "sorted" and sort_key(iterated) is None and _has_key(iterated):
        return ""  # the key function sees the rows
    if iterated.func.id == "enumerate":
        if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
            return ""
        return row_name(iterated.args[0], target.elts[1], rows)
    return row_name(iterated.args[0], target, rows)


def _zipped(call: ast.Call, target: ast.expr, rows: ast.expr) -> str:
    """The variable that takes each row in ``for row, other in zip(rows, others)``."""
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(call.args):
        return ""
    named = (row_name(given, one, rows) for given, one in zip(call.args, target.elts, strict=True))
    return next(filter(None, named), "")


def _has_key(call: ast.Call) -> bool:
    return any(keyword.arg != "reverse" for keyword in call.keywords)


def _only_looked_at(module: Module, use: ast.Name) -> bool:
    """``len(rows)``, ``if rows``, ``not rows``: nothing sees a single row."""
    parent = module.parent(use)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        return parent.func.id in _READERS and use in parent.args
    if isinstance(parent, ast.If | ast.While | ast.IfExp):
        return parent.test is use
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)


def _statement(module: Module, node: ast.AST) -> ast.stmt:
    if isinstance(node, ast.stmt):
        return node
    return next(outer for outer in module.ancestors(node) if isinstance(outer, ast.stmt))
