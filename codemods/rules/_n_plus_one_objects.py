"""What code does with the rows and the related objects once they are fetched together.

A lazy read gives fresh objects each time, that nothing else holds; a fetched relation gives the
same ones again.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.control import loops_around, nodes_of, whole
from ..orm.list_uses import only_scanned
from ..orm.types import Forward, Instance, ListOf, Manager, Plain
from ..project.facts import FunctionNode
from ._n_plus_one_query import joins
from ._row_data import changed_data, is_looked_at
from ._together import gathered_with

if TYPE_CHECKING:
    from collections.abc import Set

    from ..orm.rows import Rows
    from ..project.symbols import Class
    from ._n_plus_one_case import Case, Site


def weigh_changes(case: Case, region: list[ast.stmt]) -> None:
    """Assignments to related objects: lazy reads give fresh objects, fetched ones do not."""
    targets = {site.relation.target for site in case.sites}
    for node in nodes_of(region):
        stored = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Attribute) and stored and _is_of(case, node.value, targets):
            case.verdict.against.append(f"a related object is changed (line {node.lineno})")
        data = changed_data(case.types, node)
        if data is not None and _is_of(case, data.value, targets):
            reason = f"{data.attr} of a related object is changed (line {data.lineno})"
            case.verdict.against.append(reason)


def _is_of(case: Case, node: ast.expr, models: Set[Class | None]) -> bool:
    """Whether an expression is a row of one of some models."""
    kind = case.types.of(node)
    return isinstance(kind, Instance) and kind.model in models


def weigh_sharing(case: Case, region: list[ast.stmt]) -> None:
    """Two reads give one object where they gave two; that shows if somebody changes it.

    So it is over a many-to-many relation, whose objects belong to several rows, and where a row is
    asked for the same relation twice.
    """
    twice = [site for site in case.sites if _reads_twice(case, site)]
    if any(gathered_with(case.module, site.node) is not None for site in twice):
        case.verdict.doubts.append("rows share objects that are gathered")
    shared = {site.relation.target for site in twice}
    weigh_handed_on(case, region, {target for target in shared if target})


def weigh_handed_on(case: Case, region: list[ast.stmt], shared: Set[Class]) -> None:
    """Whether code out of sight gets objects of models that rows now share."""
    for node in nodes_of(region) if shared else ():
        if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        model = _model_of(case, node)
        if model is not None and model in shared and not _only_read(case, node):
            reason = f"rows share objects that are handed on (line {node.lineno})"
            case.verdict.doubts.append(reason)


def weigh_leaks(case: Case, rows: Rows) -> None:
    """A row that is used outside of its loop, where the variable still holds the last one."""
    names = {name for _, name in rows.loops}
    inside = {node for loop, _ in rows.loops for node in ast.walk(whole(case.module, loop))}
    for node in scopes.own_nodes(case.scope):
        if node in inside:
            continue
        if isinstance(node, FunctionNode | ast.Lambda):
            own = {one.arg for one in scopes.parameters(node)}
            if any(getattr(inner, "id", "") in names - own for inner in ast.walk(node)):
                case.verdict.escape(f"a nested function may use a row (line {node.lineno})")
        elif isinstance(node, ast.Name) and _may_be_row(case, rows, node, names):
            case.verdict.escape(f"{node.id} is used outside of the loop (line {node.lineno})")


def _may_be_row(case: Case, rows: Rows, node: ast.Name, names: set[str]) -> bool:
    """Whether a name outside of the loops may stand for a row."""
    if not isinstance(node.ctx, ast.Load):
        return False
    kind = case.types.of(node)
    origins = kind.origins if isinstance(kind, Instance) else frozenset()
    unclear = node.id in names and not origins and not isinstance(kind, Plain)
    return not rows.origins.isdisjoint(origins) or unclear


def _model_of(case: Case, node: ast.expr) -> Class | None:
    """The model of the object that an expression gives, or of the objects in its list."""
    kind = case.types.of(node)
    kind = kind.element if isinstance(kind, ListOf) else kind
    return kind.model if isinstance(kind, Instance) else None


def _reads_twice(case: Case, site: Site) -> bool:
    """Whether one object may be the answer to more than one read."""
    joined = joins(case.module, case.source) and not (case.source.prefix or case.source.listed)
    if site.relation.kind == "m2m" or site.outer is not None:
        return True
    if not joined and not site.relation.to_many:
        return True
    if any(other.path.startswith(f"{site.path}__") for other in case.sites):
        return True
    same = [other for other in case.sites if other.path == site.path]
    return len(same) > 1 or len(loops_around(case.module, site.node)) > 1


def _only_read(case: Case, node: ast.expr) -> bool:
    """Whether only data of an object is read, or a list of such objects is only scanned."""
    parent = case.module.parent(node)
    if isinstance(parent, ast.Attribute):
        if isinstance(case.types.of(parent), Manager | Forward):
            return True
        return is_looked_at(case.module, case.types, parent)
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        return all(isinstance(target, ast.Name) for target in targets)
    if isinstance(parent, ast.If | ast.IfExp | ast.While):
        return parent.test is node
    if isinstance(parent, ast.Compare):
        return _is_against_none(parent) or not any(
            isinstance(op, ast.Is | ast.IsNot) for op in parent.ops
        )
    if isinstance(parent, ast.FormattedValue | ast.UnaryOp):
        return True
    if isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.And):
        return node is not parent.values[-1]  # an object is true
    return isinstance(case.types.of(node), ListOf) and only_scanned(case.module, node)


def _is_against_none(compared: ast.Compare) -> bool:
    others = (compared.left, *compared.comparators)
    return any(isinstance(one, ast.Constant) and one.value is None for one in others)
