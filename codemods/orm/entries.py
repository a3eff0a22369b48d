"""Ways into a function on which no transaction is open, as far as the project shows them.

A way begins where a framework or the event loop calls the code: at a function that is registered on
an object of another library, or at ``asyncio.run(...)``.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, dotted
from ..project.module import Module
from ..project.symbols import External, Function
from ..source import Fault
from . import scopes
from .definitions import definition, plain_decorators
from .infer import Types, type_at, types_of
from .reach import function_called
from .transactions import is_atomic, transactions, yields
from .types import Foreign, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_RUNNERS = frozenset({"asyncio.run", "tortoise.run_async"})
_DEPTH = 4


def entry_to(module: Module, function: ast.AST) -> str:
    """Where a way into a function begins that opens no transaction, as ``path:line``.

    Empty where none is found, and where the project holds a transaction around code that it is
    handed: a dependency or a middleware may then have opened one.
    """
    if not isinstance(function, ast.AsyncFunctionDef) or hands_over(module.project):
        return ""
    return _entry(module, function, _DEPTH)


def hands_over(project: Project) -> bool:
    """Whether a transaction of the project is open while it calls or resumes code from outside."""
    if hands_over not in project.memo:
        found = (m for m in _spelling(project, b"in_transaction|atomic") if _hands_over(m))
        project.memo[hands_over] = next(found, None) is not None
    answer: bool = project.memo[hands_over]
    return answer


def _hands_over(module: Module) -> bool:
    for call in module.nodes(ast.Call):
        opens = dotted(call.func).rpartition(".")[2] in ("in_transaction", "_in_transaction")
        if opens and not isinstance(module.parent(call), ast.withitem):
            return True  # entered by hand, or by who gets it
    for block in transactions(module):
        scope = module.scope(block.node)
        given = {p.arg for p in scopes.parameters(scope)} if isinstance(scope, FunctionNode) else ()
        calls = [n for s in block.node.body for n in ast.walk(s) if isinstance(n, ast.Call)]
        called = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        # A middleware that is a class keeps the application, as the ASGI convention calls it.
        wraps = any(isinstance(c.func, ast.Attribute) and c.func.attr == "app" for c in calls)
        if wraps or yields(block.node.body) or not called.isdisjoint(given):
            return True
    return any(is_atomic(module, f) and _takes_code(f) for f in module.nodes(ast.AsyncFunctionDef))


def _takes_code(function: ast.AsyncFunctionDef) -> bool:
    given = {p.arg for p in scopes.parameters(function)}
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id in given for call in calls)


def _entry(module: Module, function: ast.AsyncFunctionDef, depth: int) -> str:
    if is_atomic(module, function):
        return ""
    if not plain_decorators(module, function):
        outside = types_of(module, module.scope(function))
        is_entry = all(_registers(outside, one) for one in function.decorator_list)
        return f"{module.path}:{function.lineno}" if is_entry else ""
    symbol = _symbol(module, function)
    callers = _calls(module, symbol) if symbol is not None and depth else ()
    found = (_from_call(other, call, depth - 1) for other, call in callers)
    return next(filter(None, found), "")


def _registers(types: Types, node: ast.expr) -> bool:
    """Whether a decorator is a method of an object that another library made: a route, a hook."""
    called = node.func if isinstance(node, ast.Call) else node
    if not isinstance(called, ast.Attribute):
        return False
    return isinstance(types.of(called.value), Foreign)


def _from_call(module: Module, call: ast.Call, depth: int) -> str:
    """Where a way into a call begins; empty where it stands in a transaction, or may."""
    if any(isinstance(outer, ast.AsyncWith | ast.Lambda) for outer in _around(module, call)):
        return ""
    scope = module.scope(call)
    if isinstance(scope, ast.AsyncFunctionDef):
        return _entry(module, scope, depth)
    outer = module.parent(call)
    runs = isinstance(outer, ast.Call) and call in outer.args and _is_runner(module, outer)
    return f"{module.path}:{call.lineno}" if runs else ""


def _is_runner(module: Module, call: ast.Call) -> bool:
    called = type_at(module, call.func)
    symbol = called.symbol if isinstance(called, Reference) else None
    return isinstance(symbol, External) and symbol.dotted in _RUNNERS


def _around(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around a node up to the function that holds it."""
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return
        yield outer


def _symbol(module: Module, function: FunctionNode) -> Function | None:
    """A function of a module or a method of a class, by what it is called."""
    for qualname, line in module.facts.functions.items():
        if line == function.lineno:
            symbol = Function(module.path, qualname)
            return symbol if definition(module, symbol) is function else None
    return None


def _calls(module: Module, symbol: Function) -> Iterator[tuple[Module, ast.Call]]:
    """The proven calls of a function in the project, those of tests aside."""
    name = symbol.qualname.rpartition(".")[2]
    for other in _spelling(module.project, rf"\b{re.escape(name)}\s*\(".encode()):
        if re.search(r"(?:^|/)(?:tests?/|test_|conftest)", other.path):
            continue
        for call in other.nodes(ast.Call):
            spelled = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
            if spelled != name:
                continue
            if function_called(types_of(other, other.scope(call)), call) == symbol:
                yield other, call


def _spelling(project: Project, pattern: bytes) -> Iterator[Module]:
    """The files whose bytes hold a pattern."""
    for path in project.files:
        data = project.read(path)
        if not isinstance(data, Fault) and re.search(pattern, data):
            found = project.module(path)
            if isinstance(found, Module):
                yield found
