"""Which connection a query that is kept in a local variable is bound to.

A query is bound once: by ``using_db``, or to the connection that is current when it is built, or to
the one that is current when it is first awaited, by the method that began it. Copies that its
methods make are bound as it is.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from . import api, scopes
from .calls import entry_of, tortoise_version
from .chains import Chain, Link, chain_of, passes_connection
from .infer import Types, place
from .query_runs import root_of, runs_before
from .types import ApiMethod, Place, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope


class By(Enum):
    """What binds a query."""

    PASSING = "passing"  #: a connection that is passed
    BUILDING = "building"  #: the call that began it
    RUNNING = "running"  #: awaiting or iterating the query itself, or asking for its SQL


@dataclass(frozen=True, slots=True)
class Binding:
    """What bound a query.

    Attributes:
        by: In which way.
        node: The call that did, or the variable that was awaited.
    """

    by: By
    node: ast.expr


def binding_of(module: Module, types: Types, use: ast.Name) -> Binding | None:
    """What has bound the query in a local variable before it is used here.

    None where nothing has, where it is not certain what has, and where the query was not built by a
    call in the same function.
    """
    found = types.of(use)
    root = root_of(module, found, module.scope(use))
    if root is None or (root.lineno, root.col_offset) >= (use.lineno, use.col_offset):
        return None
    assert isinstance(found, Query)
    passing = list(_passing(module, types, found.root, module.scope(use)))
    if passing:
        mine = len(passing) == 1 and _binds_name(module, types, passing[0], use.id)
        return Binding(By.PASSING, passing[0]) if mine else None
    link = chain_of(types, root).links[-1:]
    if link and binds_when_built(module, link[0]):
        return Binding(By.BUILDING, root)
    first = next(runs_before(module, types, use), None)
    return Binding(By.RUNNING, first) if first else None


def binds_when_built(module: Module, link: Link) -> bool:
    """Whether the first call of a query binds it, in a release that the project may use."""
    entry = entry_of(module, link.method)
    if entry is None or entry.binds is not api.Binds.VARIES:
        return entry is not None and entry.binds is api.Binds.CONSTRUCTION
    pin = module.project.versions_of(module.path).get("tortoise-orm")
    entries = api.methods(api.Owner(link.method.owner), link.method.name)
    since = (e.since for e in entries if e.binds is api.Binds.CONSTRUCTION)
    return any(pin is None or not one or pin.at_least(one) is not False for one in since)


def _passing(module: Module, types: Types, root: Place, scope: Scope) -> Iterator[ast.Call]:
    """The calls that give a connection to a query, or to a copy of it, that is kept."""
    version = tortoise_version(module)
    for node in scopes.own_nodes(scope):
        called = types.of(node.func) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or not isinstance(called, ApiMethod):
            continue
        began = called.receiver.root if isinstance(called.receiver, Query) else place(node)
        given = began == root and passes_connection(Link(node, called), version)
        if given and _is_kept(module, node):
            yield node


def _is_kept(module: Module, node: ast.expr) -> bool:
    """Whether what an expression gives may be bound to a name: it is not awaited before."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.Await):
            return False
        if isinstance(outer, ast.NamedExpr):
            return True
        if isinstance(outer, ast.stmt):
            return isinstance(outer, ast.Assign | ast.AnnAssign | ast.AugAssign)
    return False


def _binds_name(module: Module, types: Types, node: ast.expr, name: str) -> bool:
    """Whether a statement binds what the chain that a call belongs to gives to a name alone."""
    end: ast.AST = node
    parent = module.parent(end)
    while isinstance(parent, ast.Attribute | ast.Call) and parent is not None:
        end, parent = parent, module.parent(parent)
    if not isinstance(parent, ast.Assign) or parent.value is not end:
        return False
    targets = [t.id if isinstance(t, ast.Name) else "" for t in parent.targets]
    return targets == [name] and isinstance(types.of(end), Query)


def handed_on(chain: Chain) -> ast.Name | None:
    """The variable that a chain of calls starts at, if it passes no connection."""
    if not isinstance(chain.root, ast.Name) or not isinstance(chain.start, Query):
        return None
    return None if any(passes_connection(link, None) for link in chain.links) else chain.root


__all__ = ["Binding", "By", "binding_of", "binds_when_built", "handed_on"]
