"""Gives a transaction the name of a connection where it was given the connection.

What it does
    `in_transaction(conn)` and `in_transaction(connection_name=conn)`, where `conn` is a connection,
    become `in_transaction(conn.connection_name)`, and `@atomic(conn)` becomes
    `@atomic(conn.connection_name)`.

Why
    The parameter is the name under which a connection is configured. Given the connection, entering
    the block raises `ConfigurationError: Unable to get db settings for alias '<tortoise.backends...
    TransactionWrapper object at 0x...>'`; in 0.17 and 0.18 a bare `KeyError`. It is found in many
    answers on nested transactions. `in_transaction()` without a name would do as well while exactly
    one connection is configured; the name keeps working when there are more.

Before
    async with in_transaction() as conn:
        order = await Order.create(customer=customer, using_db=conn)
        async with in_transaction(connection_name=conn) as inner:
            await Stock.filter(id=item.id).using_db(inner).update(reserved=True)

After
    async with in_transaction() as conn:
        order = await Order.create(customer=customer, using_db=conn)
        async with in_transaction(connection_name=conn.connection_name) as inner:
            await Stock.filter(id=item.id).using_db(inner).update(reserved=True)

When it is safe
    The code that is changed raises each time it runs: what is passed is proven to be a connection,
    as the handle of a transaction block, or the result of `connections.get(...)` or
    `Tortoise.get_connection(...)`. From 0.23.0 on, a block inside another one of its connection is
    a savepoint: if it fails, it alone is undone.
    Unsafe before 0.23.0, and where the release is not known: there is no savepoint, so when the
    inner block fails, the whole outer transaction is rolled back, and what the outer block writes
    after that stays although nothing protects it.
    Unsafe as well where a parameter is a connection only by its annotation: should callers pass a
    name in spite of it, the call works as it is, and the annotation is what is wrong.

What it leaves alone
    Reported, for a hand: calls under an `except` clause that names the error.
    Silently: arguments whose type is not proven, optional ones included, for without a connection
    the same call works; names; functions of the project that are called `in_transaction`; `with
    pytest.raises(...)` and the like; f-strings. Projects of a release before 0.17.8.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.attribute import TakeAttribute
from ..orm import api, scopes
from ..orm.calls import tortoise_version
from ..orm.infer import Types, types_of
from ..orm.transactions import spellings
from ..orm.types import Client, Reference
from ..project.facts import FunctionNode, dotted
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope

_OPENERS = frozenset({"tortoise.transactions.in_transaction", "tortoise.transactions.atomic"})
_CONTEXT = "tortoise.backends.base.client.TransactionContext"
_ERRORS = frozenset({"ConfigurationError", "KeyError", "BaseORMException"})
_SAVEPOINTS = "0.23.0"
_NO_SAVEPOINT = (
    "before tortoise-orm 0.23.0, {unknown}an inner block has no savepoint: when it fails, the "
    "whole outer transaction is rolled back, and what follows is written outside of any"
)
_ANNOTATED = "it rests on how {} is annotated; given a name, the call would work as it is"
_HANDLED = "an except clause names the error: pass the connection's connection_name"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each transaction that is given a connection for a name."""
    version = tortoise_version(module)
    if version is not None and version < api.version_key(api.OLDEST):
        return
    names = spellings(module, "in_transaction") | spellings(module, "atomic")
    for call in module.nodes(ast.Call):
        name = _name_given(call) if dotted(call.func).rpartition(".")[2] in names else None
        if name is None:
            continue
        types = types_of(module, _scope(module, call))
        opener = _opener(types, call)
        if not opener or not _is_connection(module, types, name):
            continue
        if not is_expected(module, call) and not _is_formatted(module, call):
            yield _finding(module, call, name, opener)


def _name_given(call: ast.Call) -> ast.expr | None:
    """The only argument of a call, if it is one that may name a connection."""
    if len(call.args) == 1 and not call.keywords:
        return call.args[0]
    if not call.args and [keyword.arg for keyword in call.keywords] == ["connection_name"]:
        return call.keywords[0].value
    return None


def _scope(module: Module, call: ast.Call) -> Scope:
    """Where a call runs: in a function or the module; a decorator, around its function."""
    scope = module.scope(call)
    decorators = getattr(scope, "decorator_list", [])
    return module.scope(scope) if call in decorators else scope


def _opener(types: Types, call: ast.Call) -> str:
    """The function that a call opens a transaction with; empty where it does not."""
    called = types.of(call.func)
    symbol = called.symbol if isinstance(called, Reference) else None
    dotted = api.canonical(symbol.dotted) if isinstance(symbol, External) else ""
    return dotted.rpartition(".")[2] if dotted in _OPENERS else ""


def _is_connection(module: Module, types: Types, node: ast.expr) -> bool:
    """Whether an expression is proven to be a connection, or what opens a transaction on one."""
    return isinstance(types.of(node), Client) or _is_context(module, node)


def _parameter(module: Module, node: ast.expr) -> ast.arg | None:
    """The parameter that a name stands for, of the function around it or of an outer one."""
    if not isinstance(node, ast.Name):
        return None
    for scope in (outer for outer in module.ancestors(node) if isinstance(outer, FunctionNode)):
        if node.id in scopes.bindings_in(module, scope):
            named = (one for one in scopes.parameters(scope) if one.arg == node.id)
            return next(named, None)
    return None


def _is_context(module: Module, node: ast.expr) -> bool:
    """Whether a name is a parameter that is annotated as the context of a transaction."""
    parameter, scope = _parameter(module, node), module.scope(node)
    if parameter is None or parameter.annotation is None or not isinstance(scope, FunctionNode):
        return False
    symbol = module.resolve(parameter.annotation)
    known = isinstance(symbol, External) and api.canonical(symbol.dotted) == _CONTEXT
    alone = scopes.bindings_in(module, scope).get(parameter.arg) == 1
    return known and alone and scopes.default_of(scope, parameter) is None


def _is_formatted(module: Module, node: ast.AST) -> bool:
    return any(isinstance(outer, ast.JoinedStr) for outer in module.ancestors(node))


def _finding(module: Module, call: ast.Call, name: ast.expr, opener: str) -> Finding:
    safety, advice = _judged(module, call, name)
    edits = (TakeAttribute(module.path, module.span(name), "connection_name"),)
    return Finding(
        RULE.code,
        module.path,
        module.span(call),
        f"{opener}() takes the name of a connection and gets the connection: "
        f"this raises {_error(module)}",
        safety,
        () if safety is Safety.MANUAL else edits,
        advice,
    )


def _error(module: Module) -> str:
    older = module.project.versions_of(module.path).at_least("tortoise-orm", "0.19.0") is False
    return "KeyError" if older else "ConfigurationError"


def _judged(module: Module, call: ast.Call, name: ast.expr) -> tuple[Safety, str]:
    """How safe the repair is in the releases that a file is written for, and what it rests on."""
    if is_handled(module, call, _ERRORS):
        return Safety.MANUAL, _HANDLED
    savepoints = module.project.versions_of(module.path).at_least("tortoise-orm", _SAVEPOINTS)
    if not savepoints:
        unknown = "" if savepoints is False else "which this project may use, "
        return Safety.UNSAFE, _NO_SAVEPOINT.format(unknown=unknown)
    parameter = _parameter(module, name)
    return (Safety.UNSAFE, _ANNOTATED.format(parameter.arg)) if parameter else (Safety.SAFE, "")


RULE = Rule(
    code="TOR313",
    name="nested-transaction-connection",
    summary="passes the name of a connection to a transaction that was given the connection",
    find=find,
    triggers=(b"in_transaction", b"atomic"),
)
