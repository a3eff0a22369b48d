"""The FastAPI applications of a file and the hooks that its functions register on them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .hooks import Hook, added_hooks, given_hooks, hooks_of
from .names import declared_global, local_names, meaning, scopes_around
from .symbols import External, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .facts import FunctionNode
    from .module import Module

FASTAPI = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI"})


@dataclass(frozen=True, slots=True)
class App:
    """``name = FastAPI(...)`` as a statement of a module, or ``name = f()`` where ``f`` builds it.

    Attributes:
        module: The file.
        name: The variable.
        statement: The assignment, or the function that builds it.
        call: The construction.
        hooks: What is registered on it at module level, in the order in which it runs.
        built: The call of the function that builds it, or None.
        inner: Its variable in that function.
    """

    module: Module
    name: str
    statement: ast.stmt
    call: ast.Call
    hooks: tuple[Hook, ...]
    built: ast.Call | None = None
    inner: str = ""


def apps(module: Module) -> Iterator[App]:
    """The applications that statements of the module itself construct, or have built."""
    for statement in module.tree.body:
        name, value = assigned(statement)
        if not name or not isinstance(value, ast.Call):
            continue
        built, inner, call = None, "", value
        if not is_fastapi(module, value):
            found = _building(module, value)
            if found is None:
                continue
            statement, inner, call, built = *found, value
        hooks = (*given_hooks(module, call), *_registered(module, name))
        yield App(module, name, statement, call, hooks, built, inner)


def _building(module: Module, call: ast.Call) -> tuple[FunctionNode, str, ast.Call] | None:
    """The function of the module that a call runs to build an application, and what it builds."""
    symbol = meaning(module, call.func) if not call.args and not call.keywords else None
    if not isinstance(symbol, Function) or symbol.path != module.path:
        return None
    found = [n for n in module.tree.body if getattr(n, "name", "") == symbol.qualname]
    function = found[0] if len(found) == 1 else None
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    pairs = [(name, value) for name, value in map(assigned, function.body) if name]
    made = [(name, v) for name, v in pairs if isinstance(v, ast.Call) and is_fastapi(module, v)]
    nodes = list(ast.walk(function))
    if len(made) != 1 or not _returns_only(nodes, function.body[-1], made[0][0]):
        return None
    constructed = [n for n in nodes if isinstance(n, ast.Call) and is_fastapi(module, n)]
    return (function, *made[0]) if constructed == [made[0][1]] else None


def _returns_only(nodes: list[ast.AST], last: ast.stmt, name: str) -> bool:
    """Whether a function binds a name once, and returns it at its end and nothing before."""
    stored = [n for n in nodes if isinstance(n, ast.Name) and n.id == name]
    returned = last.value if isinstance(last, ast.Return) else None
    return (
        sum(not isinstance(n.ctx, ast.Load) for n in stored) == 1
        and [n for n in nodes if isinstance(n, ast.Return)] == [last]
        and isinstance(returned, ast.Name)
        and returned.id == name
    )


def _registered(module: Module, name: str) -> Iterator[Hook]:
    """The hooks that statements of the module register on an application."""
    for node in module.tree.body:
        for hook in (*hooks_of(node), *added_hooks(module, node)):
            inner = hook.receiver
            if isinstance(inner, ast.Attribute) and inner.attr == "router":
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id == name:
                yield hook


def assigned(node: ast.AST) -> tuple[str, ast.expr | None]:
    """The name and the value of ``name = value``, with or without an annotation."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return "", None
    return (target.id, node.value) if isinstance(target, ast.Name) else ("", None)


def is_fastapi(module: Module, value: ast.expr | None) -> bool:
    """Whether an expression constructs a FastAPI application."""
    if not isinstance(value, ast.Call):
        return False
    symbol = meaning(module, value.func)
    return isinstance(symbol, External) and symbol.dotted in FASTAPI


__all__ = [
    "App",
    "Hook",
    "apps",
    "assigned",
    "declared_global",
    "hooks_of",
    "is_fastapi",
    "local_names",
    "meaning",
    "scopes_around",
]
