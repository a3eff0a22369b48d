"""Who else can reach an application: whether a hook may be registered where nobody sees it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .app_routers import Routers
from .apps import App, assigned, meaning
from .facts import FunctionNode, dotted
from .fixtures import is_fixture
from .function_uses import uses
from .module import Module
from .namings import mentions, modules_with
from .symbols import External, Function, Variable

if TYPE_CHECKING:
    from collections.abc import Collection

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
        self._followed: set[object] = set()
        self._routers = Routers(self._project)
        self._known: set[int] = set()

    def run(self, besides: Collection[ast.AST]) -> str | None:
        app = self._app
        self._known = {id(hook.mention) for hook in app.hooks} | {id(node) for node in besides}
        if app.scope is not None:
            found = self._in_function(app.module, app.scope, app.name)
        else:
            found = self._building() or self._everywhere(Variable(app.module.path, app.name))
        return found or self._routers.unseen(self._known)

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

    # Following the application

    def _everywhere(self, symbol: Variable | Function) -> str | None:
        """The question about every place that names a variable, or what function gives the app."""
        if symbol in self._followed:
            return None
        self._followed.add(symbol)
        for module, node in mentions(self._project, symbol):
            given: ast.expr | None = node
            if isinstance(symbol, Function):
                given = _result_of(module, node)
            where = f"{module.path}:{node.lineno}"
            if given is None and self._runs(module, node):
                continue
            found = self._judged(module, given) if given else f"{where} hands {_name(symbol)} on"
            if found:
                return found
        return None

    def _in_function(self, module: Module, function: FunctionNode, name: str) -> str | None:
        """The question about a variable of a function, and about the functions in it."""
        key = (module.path, function, name)
        if key in self._followed:
            return None
        self._followed.add(key)
        for inner in (n for statement in function.body for n in ast.walk(statement)):
            if isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Load):
                found = self._judged(module, inner)
                if found:
                    return found
        return None

    # Judging a use

    def _judged(self, module: Module, node: ast.expr) -> str | None:
        """Why a use of the application may hide a hook, as a clause, or None."""
        parent = module.parent(node)
        if id(parent) in self._known:
            return None
        where, name = f"{module.path}:{node.lineno}", self._app.name
        if isinstance(parent, ast.Attribute):
            if parent.attr not in _INERT:
                return f"{where} uses {name}.{parent.attr}"
            return (
                self._routers.included(module, parent) if parent.attr == "include_router" else None
            )
        call = module.parent(parent) if isinstance(parent, ast.keyword) else parent
        if isinstance(call, ast.Call) and call.func is not node:
            return self._passed(module, call, node)
        if isinstance(parent, ast.Expr | ast.Assert | ast.Compare):
            return None
        return self._handed(module, node, parent, f"{where} hands {name} on")

    def _handed(
        self, module: Module, node: ast.expr, parent: ast.AST | None, reason: str
    ) -> str | None:
        """The question about where an assignment or a function brings the application."""
        scope = module.scope(node)
        if isinstance(parent, ast.Assign | ast.AnnAssign):
            name = assigned(parent)[0]
            if isinstance(scope, FunctionNode) and name:
                return self._in_function(module, scope, name)
            alone = module.facts.bindings.get(name) == 1
            return self._everywhere(Variable(module.path, name)) if alone else reason
        if not isinstance(parent, ast.Return | ast.Yield) or not isinstance(scope, FunctionNode):
            return reason
        if is_fixture(module, scope):
            return self._requested(module, scope)
        plain = not scope.decorator_list and module.parent(scope) is module.tree
        if isinstance(parent, ast.Yield) or not plain:
            return reason
        return self._everywhere(Function(module.path, scope.name))

    def _requested(self, module: Module, fixture: FunctionNode) -> str | None:
        """The question about every function of the project that has a parameter of that name."""
        if (module.path, fixture) in self._followed:
            return None
        self._followed.add((module.path, fixture))
        for other in modules_with(self._project, "getfixturevalue"):
            return f"{other.path} may take the fixture {fixture.name} by its name"
        for other in modules_with(self._project, fixture.name):
            for function in other.nodes(ast.FunctionDef) + other.nodes(ast.AsyncFunctionDef):
                taken = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
                found = None
                if any(argument.arg == fixture.name for argument in taken):
                    found = self._in_function(other, function, fixture.name)
                if found:
                    return found
        return None

    def _passed(self, module: Module, call: ast.Call, node: ast.expr) -> str | None:
        symbol = meaning(module, call.func)
        if isinstance(symbol, External) and symbol.dotted in _RUNNERS:
            return None
        if isinstance(symbol, Function) and "." not in symbol.qualname:
            home = self._project.module(symbol.path)
            function = _plain_function(home, symbol.qualname) if isinstance(home, Module) else None
            parameter = _parameter(function, call, node) if function else ""
            if function and parameter and isinstance(home, Module):
                return self._in_function(home, function, parameter)
        name = dotted(call.func) or "a call"
        return f"{module.path}:{node.lineno} passes {self._app.name} to {name}"

    def _runs(self, module: Module, node: ast.expr) -> bool:
        """Whether a function that gives the application is passed to what runs it."""
        parent = module.parent(node)
        call = module.parent(parent) if isinstance(parent, ast.keyword) else parent
        symbol = meaning(module, call.func) if isinstance(call, ast.Call) else None
        return isinstance(symbol, External) and symbol.dotted in _RUNNERS


def _name(symbol: Variable | Function) -> str:
    return symbol.name if isinstance(symbol, Variable) else symbol.qualname


def _result_of(module: Module, node: ast.expr) -> ast.expr | None:
    """The call of a function that a name of it stands in, awaited where it is; None if none."""
    call = module.parent(node)
    if not isinstance(call, ast.Call) or call.func is not node:
        return None
    outer = module.parent(call)
    return outer if isinstance(outer, ast.Await) else call


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
