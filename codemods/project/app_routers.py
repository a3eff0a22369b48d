"""The routers that an application includes, whose hooks it takes over."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..source import Fault
from .apps import assigned, meaning, scopes_around
from .frameworks import framework_of
from .module import Module
from .symbols import External, Function, Variable

if TYPE_CHECKING:
    from collections.abc import Container

    from .index import Project
    from .symbols import Symbol

_ROUTERS = frozenset({"fastapi.APIRouter", "fastapi.routing.APIRouter"})
_ROUTER_HOOKS = frozenset({"on_startup", "on_shutdown", "lifespan", None})
_SITES = frozenset(
    {"on_event", "add_event_handler", "on_startup", "on_shutdown", "lifespan_context"}
)
_SITE_WORDS = re.compile(
    rb"\b(?:on_event|add_event_handler|on_startup|on_shutdown|lifespan_context)\b"
)
_BASES = ("fastapi.", "starlette.")


class Routers:
    """The routers found so far, of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: set[Symbol] = set()

    def included(self, module: Module, attribute: ast.Attribute) -> str | None:
        """Why an included router may bring hooks, as a clause, or None."""
        call = module.parent(attribute)
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return f"{module.path}:{attribute.lineno} hands include_router on"
        values = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "router")]
        if len(values) != 1:
            return f"{module.path}:{call.lineno} includes a router that cannot be seen"
        return self._router(module, values[0])

    def _router(self, module: Module, node: ast.expr) -> str | None:
        symbol = meaning(module, node)
        if symbol in self._found:
            return None
        where = f"{module.path}:{node.lineno}"
        home = self._project.module(symbol.path) if isinstance(symbol, Variable) else None
        if not isinstance(symbol, Variable) or not isinstance(home, Module):
            return f"{where} includes a router that is not a variable of the project"
        values = [value for name, value in map(assigned, home.tree.body) if name == symbol.name]
        value = values[0] if len(values) == 1 else None
        if not _is_plain_router(home, value) and not _is_made(home, value):
            return f"{where} includes a router that may have hooks of its own"
        self._found.add(symbol)
        return self._nested(home, symbol)

    def _nested(self, home: Module, symbol: Variable) -> str | None:
        """The same question about the routers that a router includes in its own file."""
        for node in ast.walk(home.tree):
            if not isinstance(node, ast.Attribute) or node.attr != "include_router":
                continue
            found = self.included(home, node) if meaning(home, node.value) == symbol else None
            if found:
                return found
        return None

    def unseen(self, known: Container[int]) -> str | None:
        """A place that registers a hook on something that may be an included router.

        Args:
            known: The identities of the attributes that registrations on applications begin with.
        """
        for path in self._project.files if self._found else ():
            data = self._project.read(path)
            if isinstance(data, Fault) or not _SITE_WORDS.search(data):
                continue
            module = self._project.module(path)
            if isinstance(module, Fault):
                return f"{path} may register a hook but cannot be parsed"
            for node in ast.walk(module.tree):
                if not isinstance(node, ast.Attribute) or node.attr not in _SITES:
                    continue
                if id(node) in known or id(node.value) in known:
                    continue
                if not self._is_other(module, node.value):
                    return f"{path}:{node.lineno} may register a hook on an included router"
        return None

    def _is_other(self, module: Module, receiver: ast.expr) -> bool:
        """Whether the receiver of a registration is certainly no router."""
        symbol = meaning(module, receiver)
        if isinstance(symbol, External):
            return True
        home: Module | Fault = module
        scope: ast.AST = next(scopes_around(module, receiver), module.tree)
        name = receiver.id if isinstance(receiver, ast.Name) else ""
        if isinstance(symbol, Variable):
            home, scope, name = self._project.module(symbol.path), module.tree, symbol.name
            scope = home.tree if isinstance(home, Module) else scope
        if isinstance(home, Fault) or not name:
            return False
        found = map(assigned, ast.walk(scope))
        values = [value for target, value in found if target == name]
        stored = [node for node in ast.walk(scope) if _stores(node, name)]
        return len(values) == len(stored) == 1 and _is_no_router(home, values[0])


def _is_plain_router(module: Module, value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Call):
        return False
    symbol = meaning(module, value.func)
    plain = not {keyword.arg for keyword in value.keywords} & _ROUTER_HOOKS
    return isinstance(symbol, External) and symbol.dotted in _ROUTERS and plain


def _is_made(module: Module, value: ast.expr | None) -> bool:
    """Whether a value is what a function of the project returns, always a router made there."""
    symbol = meaning(module, value.func) if isinstance(value, ast.Call) else None
    home = module.project.module(symbol.path) if isinstance(symbol, Function) else None
    if not isinstance(symbol, Function) or not isinstance(home, Module):
        return False
    found = [n for n in home.tree.body if getattr(n, "name", "") == symbol.qualname]
    function = found[0] if len(found) == 1 else None
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return False
    nodes = list(ast.walk(function))
    own = home.own_nodes(function) or []
    given = [n.value for n in own if isinstance(n, ast.Return)]
    names = {value.id for value in given if isinstance(value, ast.Name)}
    if len(names) != 1 or not all(isinstance(value, ast.Name) for value in given):
        return False
    name = names.pop()
    made = [v for target, v in map(assigned, nodes) if target == name]
    stored = [n for n in nodes if _stores(n, name)]
    return len(made) == len(stored) == 1 and _is_plain_router(home, made[0])


def _is_no_router(module: Module, value: ast.expr | None) -> bool:
    """Whether a value is made by a class or function of a library that makes no routers."""
    if framework_of(module, value):
        return True
    symbol = meaning(module, value.func) if isinstance(value, ast.Call) else None
    return isinstance(symbol, External) and not symbol.dotted.startswith(_BASES)


def _stores(node: ast.AST, name: str) -> bool:
    named = isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    return named or (isinstance(node, ast.arg) and node.arg == name)
