"""Who else can reach an application: whether a hook may be registered where nobody sees it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..source import Fault
from .app_routers import Routers
from .apps import App, local_names, meaning, scopes_around
from .facts import FunctionNode, dotted, imports_of
from .function_uses import uses
from .module import Module
from .symbols import External, Function, Package, Symbol, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

#: Attributes of an application that register no hook, whatever is done with them.
_INERT_NAMES = (
    "add_api_route add_api_websocket_route add_exception_handler add_middleware add_route"
    " add_websocket_route api_route contact debug delete dependency_overrides description"
    " docs_url exception_handler exception_handlers extra get head host include_router"
    " license_info middleware middleware_stack mount openapi openapi_schema openapi_tags"
    " openapi_url openapi_version options patch post put redirect_slashes redoc_url root_path"
    " root_path_in_servers route routes servers state summary swagger_ui_init_oauth"
    " swagger_ui_oauth2_redirect_url swagger_ui_parameters terms_of_service title trace"
    " url_path_for user_middleware version webhooks websocket websocket_route"
)
#: What may be handed the application: it runs it, or only looks at it.
_RUNNER_NAMES = (
    "asgi_lifespan.LifespanManager async_asgi_testclient.TestClient builtins.id"
    " builtins.isinstance builtins.print builtins.repr builtins.str builtins.type"
    " fastapi.testclient.TestClient httpx.ASGITransport httpx.AsyncClient hypercorn.asyncio.serve"
    " mangum.Mangum starlette.testclient.TestClient uvicorn.Config uvicorn.config.Config"
    " uvicorn.main.run uvicorn.run"
)
_INERT = frozenset(_INERT_NAMES.split())
_RUNNERS = frozenset(_RUNNER_NAMES.split())


def unseen(app: App, known: Collection[ast.AST] = ()) -> str | None:
    """Where a hook might be registered on an application unseen, as a clause; None if nowhere.

    Every use of the application in the project must be one that is known to register none, or one
    of ``app.hooks``, or an argument of a ``known`` call. Functions of the project that it is
    passed to are followed.
    """
    return _Search(app).run(known)


class _Search:
    """One search through the project."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._project = app.module.project
        self._symbol = Variable(app.module.path, app.name)
        self._seen: set[tuple[str, str, str]] = set()
        self._routers = Routers(self._project)

    def run(self, besides: Collection[ast.AST]) -> str | None:
        known = {id(hook.mention) for hook in self._app.hooks} | {id(node) for node in besides}
        built = self._building()
        if built:
            return built
        for module in self._modules():
            for node in self._mentions(module):
                if id(module.parent(node)) not in known:
                    found = self._judged(module, node)
                    if found:
                        return found
        return self._routers.unseen(known)

    def _building(self) -> str | None:
        """The same question about the function that builds the application."""
        app, function = self._app, self._app.statement
        if app.built is None or not isinstance(function, FunctionNode):
            return None
        here = f"{app.module.path}:{app.built.lineno}"
        for place in uses(app.module, function):
            if place != here:
                return f"{function.name} is also used at {place}"
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id == app.inner:
                loads = isinstance(node.ctx, ast.Load)
                returned = isinstance(app.module.parent(node), ast.Return)
                found = self._judged(app.module, node) if loads and not returned else None
                if found:
                    return found
        return None

    def _modules(self) -> Iterator[Module]:
        """The files that may hold the application under some name, its own first."""
        yield self._app.module
        name = re.escape(self._app.name)
        words = (
            rf"\bimport\s[^\n]*\b{name}\b|\bimport\s*\([^)]*\b{name}\b|\.\s*{name}\b|import\s*\*"
        )
        pattern = re.compile(words.encode())
        for path in self._project.files:
            data = self._project.read(path)
            if path != self._app.module.path and not isinstance(data, Fault):
                module = self._project.module(path) if pattern.search(data) else None
                if isinstance(module, Module):
                    yield module

    # Naming the application

    def _mentions(self, module: Module) -> Iterator[ast.expr]:
        """The expressions of a file that are the application."""
        names, packages = self._bound(module)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                if node.id in names and not _hidden(module, node, names[node.id]):
                    yield node
            elif isinstance(node, ast.Attribute) and node.attr == self._app.name:
                head = dotted(node.value)
                if head in packages or (head and module.resolve(node) == self._symbol):
                    yield node

    def _bound(self, module: Module) -> tuple[dict[str, bool], set[str]]:
        """The names of the application in a file, each with whether a function imports it so.

        The second answer holds the names of its module.
        """
        names = {self._app.name: False} if module is self._app.module else {}
        packages: set[str] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                inside = module.scope(node) is not module.tree
                for found in imports_of(node):
                    if found.attr == "*":
                        target = self._project.modules.find(found.module, found.level, module.path)
                        symbol: Symbol | None = Package(target) if target else None
                        if symbol == Package(self._app.module.path):
                            names.setdefault(self._app.name, False)
                        continue
                    symbol = self._project.resolve_import(module.path, found)
                    if symbol == self._symbol:
                        names[found.name] = inside or names.get(found.name, False)
                    elif symbol == Package(self._app.module.path):
                        packages.add(found.name)
        return names, packages

    # Judging a use

    def _judged(self, module: Module, node: ast.expr) -> str | None:
        """Why a use of the application may hide a hook, as a clause, or None."""
        parent = module.parent(node)
        where = f"{module.path}:{node.lineno}"
        if isinstance(parent, ast.Attribute):
            if parent.attr not in _INERT:
                return f"{where} uses {self._app.name}.{parent.attr}"
            return (
                self._routers.included(module, parent) if parent.attr == "include_router" else None
            )
        call = module.parent(parent) if isinstance(parent, ast.keyword) else parent
        if isinstance(call, ast.Call) and call.func is not node:
            return self._passed(module, call, node)
        if isinstance(parent, ast.Expr | ast.Assert | ast.Compare):
            return None
        return f"{where} hands {self._app.name} on"

    def _passed(self, module: Module, call: ast.Call, node: ast.expr) -> str | None:
        symbol = meaning(module, call.func)
        if isinstance(symbol, External) and symbol.dotted in _RUNNERS:
            return None
        if isinstance(symbol, Function) and "." not in symbol.qualname:
            followed = self._followed(symbol, call, node)
            if followed is not None:
                return followed or None
        name = dotted(call.func) or "a call"
        return f"{module.path}:{node.lineno} passes {self._app.name} to {name}"

    def _followed(self, symbol: Function, call: ast.Call, node: ast.expr) -> str | None:
        """Why what a function does with the application may hide a hook.

        An empty string if it does not; None where the function cannot be followed.
        """
        module = self._project.module(symbol.path)
        if isinstance(module, Fault):
            return None
        function = _plain_function(module, symbol.qualname)
        parameter = _parameter(function, call, node) if function else ""
        if function is None or not parameter:
            return None
        key = (symbol.path, symbol.qualname, parameter)
        if key in self._seen:
            return ""
        self._seen.add(key)
        for inner in (n for statement in function.body for n in ast.walk(statement)):
            if isinstance(inner, ast.Name) and inner.id == parameter:
                found = self._judged(module, inner)
                if found:
                    return found
        return ""


def _hidden(module: Module, node: ast.Name, imported: bool) -> bool:
    """Whether a local name of an enclosing function hides the module's."""
    if imported:
        return False
    return any(node.id in local_names(scope) for scope in scopes_around(module, node))


def _plain_function(module: Module, name: str) -> FunctionNode | None:
    """The function of that name in a module, if no decorator may have replaced it."""
    for node in module.tree.body:
        if isinstance(node, FunctionNode) and node.name == name and not node.decorator_list:
            return node
    return None


def _parameter(function: FunctionNode, call: ast.Call, node: ast.expr) -> str:
    """The parameter of a function that an argument of a call becomes, or an empty string."""
    for keyword in call.keywords:
        if keyword.value is node:
            named = [*function.args.args, *function.args.kwonlyargs]
            return next((a.arg for a in named if a.arg == keyword.arg), "")
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return ""
    index = call.args.index(node)
    places = [*function.args.posonlyargs, *function.args.args]
    return places[index].arg if index < len(places) else ""
