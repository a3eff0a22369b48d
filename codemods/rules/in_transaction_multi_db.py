"""Reports transactions that do not say on which of several connections they are.

What it does
    Nothing is rewritten: which connection is meant is for you to say. Reported are
    `in_transaction()` and `@atomic()` without the name of a connection, where every configuration
    of the project has several connections.

Why
    Entering the block raises `ParamsError: You are running with multiple databases, so you should
    specify connection_name: ['default', 'second']`, on SQLite, PostgreSQL and MySQL alike, also
    inside a transaction that has a name. The message says which connection the models in the block
    are on, where the configuration shows that.

Example
    config = {"connections": {"default": ..., "archive": ...}, ...}

    async with in_transaction() as conn:
        await Order.create(customer=customer, using_db=conn)

Use instead
    async with in_transaction("default") as conn:
        await Order.create(customer=customer, using_db=conn)

What it leaves alone
    Projects in which one configuration has a single connection, or one that cannot be read.
    Configurations of tests, when the block is not in a test itself.
    Names that are computed; functions of the project that are called `in_transaction`; `with
    pytest.raises(...)` and the like, and blocks under an `except` clause that names the error.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import api
from ..orm.calls import subject
from ..orm.homes import home_of
from ..orm.infer import Types, types_of
from ..orm.transactions import ATOMIC, transactions
from ..orm.types import ApiMethod
from ..project.configs import configurations_of
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_ERRORS = frozenset({"ParamsError", "BaseORMException"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each transaction whose connection cannot be chosen."""
    found = configurations_of(module.project, module.path)
    if not found or any(len(one.names) < 2 for one in found):
        return
    names = sorted(frozenset.union(*(one.names for one in found)))
    for call, body in _without_name(module):
        if not is_expected(module, call) and not is_handled(module, call, _ERRORS):
            yield _finding(module, call, body, names)


def _without_name(module: Module) -> Iterator[tuple[ast.expr, list[ast.stmt]]]:
    """Each call that opens a transaction without a name, and the statements that run in it."""
    for block in transactions(module):
        if block.unnamed:
            yield block.call, block.node.body
    for function in module.nodes(ast.AsyncFunctionDef):
        for decorator in function.decorator_list:
            if _is_bare_atomic(module, decorator):
                yield decorator, function.body


def _is_bare_atomic(module: Module, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return False
    symbol = module.resolve(node.func)
    return isinstance(symbol, External) and api.canonical(symbol.dotted) == ATOMIC


def _finding(module: Module, call: ast.expr, body: list[ast.stmt], names: list[str]) -> Finding:
    home = _home(module, body)
    return Finding(
        RULE.code,
        module.path,
        module.span(call),
        f"the project has several connections ({', '.join(names)}), so that this raises "
        "ParamsError on every database: a transaction has to name its connection",
        Safety.MANUAL,
        (),
        f'pass "{home}", the connection of the models in it'
        if home is not None
        else "pass the name of the connection that the models in it are on",
    )


def _home(module: Module, body: list[ast.stmt]) -> str | None:
    """The one connection that all models which the statements call are on."""
    homes: set[str | None] = set()
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Call):
            types = types_of(module, module.scope(node))
            homes |= _of_call(module, types, node)
    return homes.pop() if len(homes) == 1 else None


def _of_call(module: Module, types: Types, node: ast.Call) -> set[str | None]:
    called = types.of(node.func)
    model = subject(called.receiver) if isinstance(called, ApiMethod) else None
    return {home_of(module.project, module.path, model)} if model is not None else set()


RULE = Rule(
    code="TOR303",
    name="in-transaction-multi-db",
    summary="reports transactions that do not say on which of several connections they are",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"in_transaction", b"atomic"),
)
