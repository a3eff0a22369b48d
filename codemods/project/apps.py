"""The applications of a file and the hooks that its functions register on them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .facts import FunctionNode
from .frameworks import framework_of
from .hooks import Hook, added_hooks, given_hooks, hooks_of
from .names import declared_global, local_names, meaning, scopes_around
from .symbols import Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .module import Module


@dataclass(frozen=True, slots=True)
class App:
    """An application that a module constructs.

    It is a variable of the module: ``name = FastAPI(...)``, or ``name = f()`` where ``f`` builds
    it. Or it is the variable of a function.

    Attributes:
        module: The file.
        name: The variable.
        statement: The assignment, the ``if`` whose branches hold it, or what function builds it.
        calls: The construction, or that of each branch.
        hooks: What is registered on it in its scope, in the order in which it runs.
        built: The call of the function that builds it, or None.
        inner: Its variable in that function.
        scope: The function whose variable it is; None where it is the module's.
    """

    module: Module
    name: str
    statement: ast.stmt
    calls: tuple[ast.Call, ...]
    hooks: tuple[Hook, ...]
    built: ast.Call | None = None
    inner: str = ""
    scope: FunctionNode | None = None

    @property
    def framework(self) -> str:
        """``fastapi`` or ``starlette``."""
        return framework_of(self.module, self.calls[0])

    @property
    def lives(self) -> bool:
        """Whether it is constructed with a lifespan."""
        return any(keyword.arg == "lifespan" for call in self.calls for keyword in call.keywords)


def apps(module: Module) -> Iterator[App]:
    """The applications that statements of the module itself construct, or have built."""
    for statement in module.tree.body:
        name, calls = _constructed(module, statement)
        built, inner = None, ""
        if not name:
            name, value = assigned(statement)
            found = _building(module, value) if isinstance(value, ast.Call) else None
            if found is None or not isinstance(value, ast.Call):
                continue
            statement, inner, calls, built = found[0], found[1], (found[2],), value
        hooks = (*_given(module, calls), *_registered(module, module.tree.body, name))
        yield App(module, name, statement, calls, hooks, built, inner)


def inner_apps(module: Module) -> Iterator[App]:
    """The applications that functions of the module construct."""
    for function in module.tree.body:
        if not isinstance(function, FunctionNode):
            continue
        for statement in function.body:
            name, calls = _constructed(module, statement)
            hooks = (*_given(module, calls), *_registered(module, function.body, name))
            if name:
                yield App(module, name, statement, calls, hooks, scope=function)


def _given(module: Module, calls: tuple[ast.Call, ...]) -> tuple[Hook, ...]:
    """The hooks in the lists that a construction is passed; none where there are several."""
    return tuple(given_hooks(module, calls[0])) if len(calls) == 1 else ()


def _constructed(module: Module, statement: ast.stmt) -> tuple[str, tuple[ast.Call, ...]]:
    """The variable and the constructions of a statement that constructs an application.

    It is an assignment, or an ``if`` each of whose branches holds one to the same variable.
    """
    if not isinstance(statement, ast.If):
        name, value = assigned(statement)
        found = isinstance(value, ast.Call) and framework_of(module, value)
        return (name, (value,)) if found and isinstance(value, ast.Call) else ("", ())
    names, calls = set[str](), list[ast.Call]()
    for branch in (statement.body, statement.orelse):
        made = [one for one in (_constructed(module, inner) for inner in branch) if one[0]]
        names.add(made[0][0] if len(made) == 1 else "")
        calls += made[0][1] if made else ()
    return (names.pop(), tuple(calls)) if len(names) == 1 and "" not in names else ("", ())


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
    made = [(name, v) for name, v in pairs if isinstance(v, ast.Call) and framework_of(module, v)]
    nodes = list(ast.walk(function))
    if len(made) != 1 or not _returns_only(nodes, function.body[-1], made[0][0]):
        return None
    constructed = [n for n in nodes if isinstance(n, ast.Call) and framework_of(module, n)]
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


def _registered(module: Module, body: list[ast.stmt], name: str) -> Iterator[Hook]:
    """The hooks that statements of a module or function register on an application."""
    for node in body:
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


__all__ = [
    "App",
    "Hook",
    "apps",
    "assigned",
    "declared_global",
    "hooks_of",
    "inner_apps",
    "local_names",
    "meaning",
    "scopes_around",
]
