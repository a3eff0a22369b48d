"""The names that queries call fields and relations by, with what gives further names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.chains import chain_of
from ..orm.types import Instance, Manager, ModelClass, Query
from ..project.facts import FunctionNode
from ._fetch_paths import literal, prefetch_object
from ._lookups import conditions
from ._queries import ApiCall, api_calls, connection_keywords, types_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.infer import Types
    from ..orm.types import Type
    from ..project.module import Module

_FILTERS = ("filter", "exclude", "get", "get_or_none", "exists", "get_or_create")
_CREATING = ("get_or_create", "update_or_create")
_COLUMNS = ("order_by", "values", "values_list", "only", "group_by", "latest", "earliest")
_RELATIONS = ("prefetch_related", "select_related", "fetch_related")
METHODS = (*_FILTERS, "update_or_create", "update", *_COLUMNS, *_RELATIONS)
_DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class Part:
    """A name in a call of the query API.

    Attributes:
        call: The call.
        node: What the name stands in.
        path: The name, with its double underscores.
        filters: Whether a lookup may end it, and ``pk`` stand for the key.
        relation: Whether it has to be one of a relation.
        exact: Whether the model is certain, not one that derives from it.
    """

    call: ApiCall
    node: ast.AST
    path: str
    filters: bool = False
    relation: bool = False
    exact: bool = False


def parts(module: Module) -> Iterator[Part]:
    """The names in the calls of a file of which nothing but the model gives the meaning."""
    for call in api_calls(module, *METHODS):
        given = _given(module, call)
        if given is None:
            continue
        annotated, exact = given
        for part in _parts(module, call):
            if part.path.partition("__")[0] not in annotated and part.path not in annotated:
                yield Part(call, part.node, part.path, part.filters, part.relation, exact)


def _parts(module: Module, call: ApiCall) -> Iterator[Part]:
    if call.name in _COLUMNS:
        yield from _columns(call)
    elif call.name in _RELATIONS:
        for node in call.node.args:
            path = literal(node) or prefetch_object(module, node)
            if path:
                yield Part(call, node, path, relation=True)
    else:
        filters = call.name != "update"
        other = {_DEFAULTS} if call.name in _CREATING else set()
        other |= connection_keywords(call)
        for keyword in call.node.keywords:
            if keyword.arg and keyword.arg not in other:
                yield Part(call, keyword.value, keyword.arg, filters)
        for condition in conditions(module, call) if filters else ():
            for keyword in condition.keywords:
                if keyword.arg and keyword.arg != "join_type":
                    yield Part(call, keyword.value, keyword.arg, filters=True)


def _columns(call: ApiCall) -> Iterator[Part]:
    values = [one.value for one in call.node.keywords] if call.name == "values" else []
    for node in (*call.node.args, *values):
        path = literal(node)
        path = path.removeprefix("-") if call.name in ("order_by", "latest", "earliest") else path
        if path.isidentifier():
            yield Part(call, node, path)


def _given(module: Module, call: ApiCall) -> tuple[set[str], bool] | None:
    """The names that the query of a call gets beside those of the model; None where not known.

    With it comes whether the model is certain.
    """
    types = types_at(module, call.node)
    chain = chain_of(types, _outermost(module, call.node))
    if isinstance(chain.start, Query):
        steps = _built(module, types, chain.root)
        found = _annotated(steps) if steps is not None else None
        own = _annotated([link.call for link in chain.links])
        return None if found is None or own is None else (found | own, False)
    if not _is_plain(chain.start):
        return None
    found = _annotated([link.call for link in chain.links])
    exact = isinstance(chain.start, ModelClass) and chain.start.exact
    return None if found is None else (found, exact)


def _is_plain(start: Type) -> bool:
    """Whether a chain begins where no query was built before."""
    return isinstance(start, ModelClass | Manager | Instance)


def _outermost(module: Module, node: ast.expr) -> ast.expr:
    """The end of the chain of calls that a call belongs to."""
    outer = module.parent(node)
    while isinstance(outer, ast.Attribute):
        call = module.parent(outer)
        if not isinstance(call, ast.Call) or call.func is not outer:
            break
        node, outer = call, module.parent(call)
    return node


def _annotated(calls: list[ast.Call]) -> set[str] | None:
    """The names that the calls of chains give; None where they are not all written out."""
    found: set[str] = set()
    for call in calls:
        for part in call.keywords:
            if part.arg is None and _method(call) in ("annotate", "values"):
                return None
            found |= {part.arg or ""} if _method(call) in ("annotate", "values") else set()
        for argument in call.args if _method(call) == "prefetch_related" else ():
            keywords = argument.keywords if isinstance(argument, ast.Call) else ()
            named = [one.value for one in keywords if one.arg == "to_attr"]
            found |= {literal(one) for one in named}
    return found


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _built(module: Module, types: Types, root: ast.expr) -> list[ast.Call] | None:
    """The calls that build what a variable holds; None unless all of them are in its function."""
    scope = module.scope(root)
    if not isinstance(root, ast.Name) or not isinstance(scope, FunctionNode):
        return None
    values = [value for name, value in _assigned(module, scope) if name == root.id]
    if len(values) != scopes.bindings_in(module, scope).get(root.id, 0):
        return None
    found: list[ast.Call] = []
    for value in values:
        chain = chain_of(types, value)
        own = isinstance(chain.root, ast.Name) and chain.root.id == root.id
        if not chain.links or not (own or _is_plain(chain.start)):
            return None
        found += [link.call for link in chain.links]
    return found


def _assigned(module: Module, scope: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What the plain assignments of a function bind."""
    for node in scopes.nodes_in(module, scope):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
