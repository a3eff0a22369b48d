"""The FastAPI applications of a file and the hooks that its functions register on them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .facts import FunctionNode, imports_of
from .symbols import External, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .module import Module

FASTAPI = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI"})
EVENTS = frozenset({"startup", "shutdown"})

#: Nodes that bind their name, where they have one.
_NAMED = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.ExceptHandler
    | ast.MatchAs
    | ast.MatchStar
)


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that a decorator registers as a handler of an event.

    Attributes:
        event: ``startup`` or ``shutdown``; empty where the source does not say it literally.
        receiver: What ``on_event`` is called on.
        function: The function.
        decorator: The call of ``on_event``.
    """

    event: str
    receiver: ast.expr
    function: FunctionNode
    decorator: ast.Call


@dataclass(frozen=True, slots=True)
class App:
    """``name = FastAPI(...)`` as a statement of a module.

    Attributes:
        module: The file.
        name: The variable.
        statement: The assignment.
        call: The construction.
        hooks: The module's functions that are registered on it at module level, in order.
    """

    module: Module
    name: str
    statement: ast.Assign | ast.AnnAssign
    call: ast.Call
    hooks: tuple[Hook, ...]


def apps(module: Module) -> Iterator[App]:
    """The applications that statements of the module itself construct."""
    for statement in module.tree.body:
        name, value = assigned(statement)
        if name and is_fastapi(module, value):
            assert isinstance(statement, ast.Assign | ast.AnnAssign)
            assert isinstance(value, ast.Call)
            found = (h for node in module.tree.body for h in hooks_of(node))
            hooks = (h for h in found if isinstance(h.receiver, ast.Name) and h.receiver.id == name)
            yield App(module, name, statement, value, tuple(hooks))


def hooks_of(node: ast.AST) -> Iterator[Hook]:
    """The hooks that the decorators of a definition make of it, the first that runs first."""
    if not isinstance(node, FunctionNode):
        return
    for decorator in reversed(node.decorator_list):
        called = decorator.func if isinstance(decorator, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr == "on_event":
            assert isinstance(decorator, ast.Call)
            yield Hook(_event(decorator), called.value, node, decorator)


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


def meaning(module: Module, node: ast.expr) -> Symbol | None:
    """What a dotted expression means where it stands, imports inside functions included.

    None where a name of an enclosing function hides the module's, unless an import binds it.
    """
    parts: list[str] = []
    root = node
    while isinstance(root, ast.Attribute):
        parts.insert(0, root.attr)
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    for scope in scopes_around(module, root):
        if root.id in local_names(scope):
            return _imported_in(module, scope, root.id, parts)
    return module.resolve(node)


def scopes_around(module: Module, node: ast.AST) -> Iterator[FunctionNode | ast.Lambda]:
    """The functions whose bodies hold a node, innermost first."""
    inner = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda):
            body = [outer.body] if isinstance(outer, ast.Lambda) else outer.body
            if inner in body:
                yield outer
        inner = outer


def local_names(function: FunctionNode | ast.Lambda) -> frozenset[str]:
    """The parameters of a function and every name that something inside it binds."""
    names = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(found.name for found in imports_of(node))
        elif isinstance(node, _NAMED) and node is not function:
            names.update([node.name] if node.name else [])
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return frozenset(names - declared_global(function))


def declared_global(function: ast.AST) -> frozenset[str]:
    """The names that ``global`` statements inside a function tie to the module."""
    found = (node for node in ast.walk(function) if isinstance(node, ast.Global))
    return frozenset(name for node in found for name in node.names)


def _imported_in(
    module: Module, function: FunctionNode | ast.Lambda, name: str, parts: list[str]
) -> Symbol | None:
    """What a name means that one import inside a function binds, and nothing else there."""
    found = [
        one
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for one in imports_of(node)
        if one.name == name
    ]
    stored = any(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        for n in ast.walk(function)
    )
    if len(found) != 1 or stored:
        return None
    symbol = module.project.resolve_import(module.path, found[0])
    for part in parts:
        symbol = module.project.member(symbol, part)
    return symbol


def _event(call: ast.Call) -> str:
    """The event that a call of ``on_event`` names, if it passes that and nothing else."""
    values = [*call.args, *(k.value for k in call.keywords if k.arg == "event_type")]
    if len(values) != 1 or len(call.args) + len(call.keywords) != 1:
        return ""
    value = values[0]
    literal = isinstance(value, ast.Constant) and value.value in EVENTS
    return str(value.value) if literal and isinstance(value, ast.Constant) else ""
