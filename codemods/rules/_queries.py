"""What rules about queries ask: calls of the query API, with the model that they are about."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..orm import api, scopes
from ..orm.calls import subject
from ..orm.infer import Types, types_of
from ..orm.types import ApiMethod, Query, Type
from ..project.facts import FunctionNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Model
    from ..project.module import Module, Scope


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of a method of the query API.

    Attributes:
        node: The call.
        method: The method, with its receiver.
        model: The model that it is about.
    """

    node: ast.Call
    method: ApiMethod
    model: Model

    @property
    def name(self) -> str:
        """The name of the method."""
        return self.method.name


def api_calls(module: Module, *names: str) -> Iterator[ApiCall]:
    """The calls of methods of these names whose receiver and model are proven."""
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in names:
            found = api_call(module, call)
            if found is not None:
                yield found


def api_call(module: Module, call: ast.Call) -> ApiCall | None:
    """A call of the query API about a model whose bases are all known; None for any other."""
    called = type_of(module, call.func)
    symbol = subject(called.receiver) if isinstance(called, ApiMethod) else None
    model = module.project.models.get(symbol) if symbol else None
    if model is None or not model.closed or not isinstance(called, ApiMethod):
        return None
    return ApiCall(call, called, model)


def connection_keywords(found: ApiCall) -> frozenset[str]:
    """The keywords by which a method takes a connection, in any release."""
    entries = api.methods(api.Owner(found.method.owner), found.name)
    ways = (way for entry in entries for way in entry.connection)
    return frozenset(way.name for way in ways if isinstance(way, api.Keyword))


def type_of(module: Module, node: ast.expr) -> Type:
    """The type of an expression, in the scope that it stands in."""
    return types_at(module, node).of(node)


def types_at(module: Module, node: ast.AST) -> Types:
    """The types of the scope that a node stands in."""
    return types_of(module, module.scope(node))


def is_query(module: Module, node: ast.expr, *owners: str) -> bool:
    """Whether an expression is a query that has not run, of one of these kinds if any is named."""
    found = query_type(module, node)
    return found is not None and (not owners or found.owner in owners)


def query_type(module: Module, node: ast.expr) -> Query | None:
    """The type of a query that has not run; None for any other expression.

    Only what can be one by its shape is looked at: to infer types costs far more.
    """
    found = type_of(module, node) if _may_be_query(module, node) else None
    return found if isinstance(found, Query) else None


def _may_be_query(module: Module, node: ast.expr) -> bool:
    """Whether an expression ends in a method of the query API, or is a name that may hold one."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in api.method_names()
    if not isinstance(node, ast.Name):
        return False
    return node.id in _names_of_queries(module, module.scope(node))


def _names_of_queries(module: Module, scope: Scope) -> frozenset[str]:
    """The names that a scope binds to what may be a query, annotated parameters included."""
    key = (_names_of_queries, scope)
    if key not in module.memo:
        names = set()
        if isinstance(scope, FunctionNode):
            names = {one.arg for one in scopes.parameters(scope) if one.annotation}
        for node in scopes.nodes_in(module, scope):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if _may_hold_query(node.value):
                    names |= {target.id for target in targets if isinstance(target, ast.Name)}
        module.memo[key] = frozenset(names)
    found: frozenset[str] = module.memo[key]
    return found


def _may_hold_query(node: ast.expr) -> bool:
    calls = (part for part in ast.walk(node) if isinstance(part, ast.Call))
    return any(_named(call) in api.method_names() for call in calls) or isinstance(node, ast.Call)


def _named(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def can_await(module: Module, node: ast.AST) -> bool:
    """Whether an ``await`` may be put where a node stands.

    That is in the body of an ``async def``, where it is not inside of a generator expression, which
    it would turn into an asynchronous one, nor of more than one comprehension, which Python 3.10
    refuses. The first iterable of a comprehension runs outside of it.
    """
    inner, around = node, 0
    for outer in module.ancestors(node):
        if isinstance(outer, scopes.COMPREHENSIONS):
            first = outer.generators[0]
            if inner is not first or not _is_iterable(module, node, first):
                around += 2 if isinstance(outer, ast.GeneratorExp) else 1
        elif isinstance(outer, FunctionNode):
            return isinstance(outer, ast.AsyncFunctionDef) and inner in outer.body and around < 2
        elif isinstance(outer, ast.Lambda | ast.ClassDef):
            return False
        inner = outer
    return False


def _is_iterable(module: Module, node: ast.AST, generator: ast.comprehension) -> bool:
    """Whether a node is, or lies in, what a ``for`` of a comprehension goes over."""
    around = (node, *module.ancestors(node))
    return any(one is generator.iter for one in around)


def takes_bare_await(module: Module, node: ast.AST) -> bool:
    """Whether an ``await`` needs no parentheses where a node stands."""
    outer = module.parent(node)
    if isinstance(outer, ast.Call):
        return node is not outer.func
    if isinstance(outer, ast.BinOp):
        return not isinstance(outer.op, ast.Pow)
    unclear = (ast.Attribute, ast.Subscript, ast.Starred, ast.Await)
    return not isinstance(outer, unclear) or getattr(outer, "slice", None) is node
