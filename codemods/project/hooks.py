"""The ways in which a file registers handlers of the startup and shutdown of an application."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .facts import FunctionNode
from .names import meaning, scopes_around
from .symbols import External, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .module import Module

EVENTS = frozenset({"startup", "shutdown"})
#: Coroutines of the ORM that a shutdown may be given as its handler.
_CLOSING = frozenset(
    {
        "tortoise.Tortoise.close_connections",
        "tortoise.connections.close_all",
        "tortoise.connection.connections.close_all",
    }
)
_LISTS = {"on_startup": "startup", "on_shutdown": "shutdown"}


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that is registered as a handler of an event.

    Attributes:
        event: ``startup`` or ``shutdown``; empty where the source does not say it literally.
        receiver: What it is registered on.
        function: The function of the file; or a stand-in that calls ``handler``.
        decorator: The call of ``on_event`` that decorates it, or None.
        statement: The statement that registers it, or None.
        keyword: The argument of the construction whose list holds it, or an empty string.
        handler: What the statement or the list registers, or None.
        foreign: Whether ``function`` is a stand-in, for a function of another file.
        source: The source of the stand-in, if it holds more than what ``ast`` does.
    """

    event: str
    receiver: ast.expr
    function: FunctionNode
    decorator: ast.Call | None = None
    statement: ast.stmt | None = None
    keyword: str = ""
    handler: ast.expr | None = None
    foreign: bool = False
    source: str = ""

    @property
    def mention(self) -> ast.AST | None:
        """The attribute of the application through which it is registered, if it is."""
        node: ast.AST | None = self.decorator
        if isinstance(self.statement, ast.Expr):
            node = self.statement.value
        while isinstance(node, ast.Call):
            node = node.func
        while isinstance(node, ast.Attribute) and not isinstance(node.value, ast.Name):
            node = node.value
        return node


def hooks_of(node: ast.AST) -> Iterator[Hook]:
    """The hooks that the decorators of a definition make of it, the first that runs first."""
    if not isinstance(node, FunctionNode):
        return
    for decorator in reversed(node.decorator_list):
        called = decorator.func if isinstance(decorator, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr == "on_event":
            assert isinstance(decorator, ast.Call)
            yield Hook(_event(decorator), called.value, node, decorator)


def added_hooks(module: Module, node: ast.AST) -> Iterator[Hook]:
    """The hook that a statement of the module registers by a call, if it does."""
    call = node.value if isinstance(node, ast.Expr) else None
    func = call.func if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or not isinstance(func, ast.Attribute):
        return
    assert isinstance(node, ast.Expr)
    owner = func.value
    if func.attr == "add_event_handler" and len(call.args) == 2 and not call.keywords:
        event, handler = _literal(call.args[0]), call.args[1]
    elif func.attr == "append" and isinstance(owner, ast.Attribute) and owner.attr in _LISTS:
        if len(call.args) != 1 or call.keywords:
            return
        event, handler, owner = _LISTS[owner.attr], call.args[0], owner.value
    else:
        return
    found = _function(module, handler)
    if found:
        function, foreign = found
        yield Hook(event, owner, function, statement=node, handler=handler, foreign=foreign)


def given_hooks(module: Module, call: ast.Call) -> Iterator[Hook]:
    """The hooks in the lists that the construction of an application is passed."""
    for keyword in call.keywords:
        value, event = keyword.value, _LISTS.get(keyword.arg or "", "")
        for handler in value.elts if event and isinstance(value, ast.List | ast.Tuple) else ():
            found = _function(module, handler)
            if found:
                name = keyword.arg or ""
                function, foreign = found
                yield Hook(
                    event, call.func, function, keyword=name, handler=handler, foreign=foreign
                )


def are_all_seen(call: ast.Call, hooks: tuple[Hook, ...]) -> bool:
    """Whether the lists that a construction is passed hold these hooks and nothing else."""
    for keyword in call.keywords:
        if keyword.arg in _LISTS:
            mine = sum(hook.keyword == keyword.arg for hook in hooks)
            value = keyword.value
            if not isinstance(value, ast.List | ast.Tuple) or len(value.elts) != mine:
                return False
    return True


def _function(module: Module, handler: ast.expr) -> tuple[FunctionNode, bool] | None:
    """The function that an expression names, and whether only a stand-in for it."""
    symbol = meaning(module, handler)
    if symbol is None and isinstance(handler, ast.Name):
        nested = _nested(module, handler)
        return (nested, False) if nested else None
    if isinstance(symbol, External) and symbol.dotted in _CLOSING:
        return _calling(module, handler, "close", "await "), True
    if not isinstance(symbol, Function) or "." in symbol.qualname:
        return None
    home = module if symbol.path == module.path else module.project.module(symbol.path)
    body = getattr(getattr(home, "tree", None), "body", ())
    nodes = [n for n in body if isinstance(n, FunctionNode) and n.name == symbol.qualname]
    if len(nodes) != 1:
        return None
    if home is module:
        return nodes[0], False
    return (_stand_in(module, handler, nodes[0]), True) if not _demands(nodes[0]) else None


def _nested(module: Module, handler: ast.Name) -> FunctionNode | None:
    """The function of the function around a handler that the handler names, and nothing else."""
    scope = next(scopes_around(module, handler), None)
    if scope is None or isinstance(scope, ast.Lambda):
        return None
    bound = [n for n in ast.walk(scope) if getattr(n, "name", "") == handler.id]
    stored = any(
        isinstance(n, ast.Name) and n.id == handler.id and not isinstance(n.ctx, ast.Load)
        for n in ast.walk(scope)
    )
    found = bound[0] if len(bound) == 1 and bound[0] in scope.body and not stored else None
    return found if isinstance(found, FunctionNode) else None


def _stand_in(module: Module, handler: ast.expr, function: FunctionNode) -> FunctionNode:
    """``async def f(): await handler()``, at the place of the handler."""
    waits = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    return _calling(module, handler, function.name, waits)


def _calling(module: Module, handler: ast.expr, name: str, waits: str) -> FunctionNode:
    """A function of that name that calls the handler, at the place of the handler."""
    source = f"async def {name}():\n    {waits}{module.text(handler)}()\n"
    made = ast.parse(source).body[0]
    assert isinstance(made, ast.AsyncFunctionDef)
    for node in ast.walk(made):
        ast.copy_location(node, handler)
    return made


def _demands(function: FunctionNode) -> bool:
    """Whether a function has decorators or parameters, so that a plain call may not run it."""
    given = function.args
    names = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return bool(function.decorator_list or names or given.vararg or given.kwarg)


def _event(call: ast.Call) -> str:
    """The event that a call of ``on_event`` names, if it passes that and nothing else."""
    values = [*call.args, *(k.value for k in call.keywords if k.arg == "event_type")]
    if len(values) != 1 or len(call.args) + len(call.keywords) != 1:
        return ""
    return _literal(values[0])


def _literal(value: ast.expr) -> str:
    literal = isinstance(value, ast.Constant) and value.value in EVENTS
    return str(value.value) if literal and isinstance(value, ast.Constant) else ""
