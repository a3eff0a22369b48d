"""One object that a query gives and a variable holds: the relations of it that are read."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.control import loops_around
from ..orm.infer import place
from ..orm.types import Forward, Instance, Manager, Plain, Query
from ..project.facts import FunctionNode
from ._n_plus_one_sites import is_only_keyed, is_tested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.infer import Types
    from ..project.models import Relation
    from ..project.module import Module, Scope


#: What fetches relations apart from queries.
FETCHING = frozenset({"fetch_related", "fetch_for_list", "refresh_from_db"})


@dataclass(slots=True)
class Single:
    """An object, and what a function does with it.

    Attributes:
        name: The variable.
        query: The query that is awaited.
        statement: The statement that runs it.
        reads: The places that read a relation of the object.
        escapes: The places by which code out of sight gets the object.
    """

    name: str
    query: ast.expr
    statement: ast.stmt
    reads: list[tuple[ast.Attribute, Relation]] = field(default_factory=list)
    escapes: list[ast.AST] = field(default_factory=list)


def singles_in(module: Module, types: Types, scope: Scope) -> Iterator[Single]:
    """The single objects that a scope queries, keeps in a variable of its own and only reads."""
    for node in scopes.nodes_in(module, scope):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(
            node.value, ast.Await
        ):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        name = targets[0].id if isinstance(targets[0], ast.Name) else ""
        row, query = types.of(node.value), node.value.value
        alone = len(targets) == 1 and isinstance(types.of(query), Query)
        if not name or not alone or not isinstance(row, Instance):
            continue
        if scopes.bindings_in(module, scope)[name] == 1 and not _is_shared(module, scope, name):
            single = Single(name, query, node)
            if _sort(module, types, scope, single):
                yield single


def _is_shared(module: Module, scope: Scope, name: str) -> bool:
    """Whether something else than the statements of a function uses its variable."""
    nested = (n for n in scopes.nodes_in(module, scope) if isinstance(n, FunctionNode | ast.Lambda))
    mentioned = any(getattr(inner, "id", "") == name for n in nested for inner in ast.walk(n))
    return mentioned or name in scopes.elsewhere_bound(module)


def _sort(module: Module, types: Types, scope: Scope, single: Single) -> bool:
    """Sort the uses of the object; False where a relation of it is changed."""
    for use in scopes.nodes_in(module, scope):
        named = isinstance(use, ast.Name) and use.id == single.name
        if not isinstance(use, ast.Name) or not named or not isinstance(use.ctx, ast.Load):
            continue
        parent = module.parent(use)
        kind = types.of(parent) if isinstance(parent, ast.Attribute) else None
        if isinstance(parent, ast.Attribute) and not isinstance(parent.ctx, ast.Load):
            if not isinstance(kind, Plain) or parent.attr.endswith("_id"):
                return False
        elif isinstance(parent, ast.Attribute) and isinstance(kind, Forward | Manager):
            if _is_it(types, use, single):
                single.reads.append((parent, kind.relation))
        elif isinstance(parent, ast.Attribute) and (
            isinstance(kind, Plain) or parent.attr in FETCHING
        ):
            continue
        elif not is_only_keyed(module, types, use) and not is_tested(module, use):
            single.escapes.append(use)
    return True


def _is_it(types: Types, use: ast.Name, single: Single) -> bool:
    """Whether the variable surely holds what the query gave."""
    kind = types.of(use)
    return isinstance(kind, Instance) and kind.origins == frozenset({place(single.query)})


def is_seen_before(module: Module, single: Single, read: ast.AST) -> bool:
    """Whether code out of sight may have the object by the time that a relation of it is read."""
    loops = loops_around(module, read)
    return any(
        place(use) < place(read) or loops & loops_around(module, use) for use in single.escapes
    )
