"""The functions that applications are given as their lifespan."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .apps import assigned, meaning, scopes_around
from .facts import FunctionNode
from .frameworks import framework_of
from .module import Module
from .symbols import External, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project

MANAGER = "contextlib.asynccontextmanager"
_WORD = b"lifespan"


@dataclass(frozen=True, slots=True)
class Served:
    """One application that is constructed with a certain lifespan.

    Attributes:
        framework: ``fastapi`` or ``starlette``.
        path: The file of the construction.
        line: Its line.
        app: The variable that it is assigned to; empty where it is not assigned to one.
        inside: Whether it stands in a function, so that the variable is not the module's.
    """

    framework: str
    path: str
    line: int
    app: str
    inside: bool


def lifespans(module: Module) -> Iterator[ast.AsyncFunctionDef]:
    """The functions of a module that ``asynccontextmanager``, and nothing else, decorates."""
    for node in module.nodes(ast.AsyncFunctionDef):
        if len(node.decorator_list) == 1:
            symbol = meaning(module, node.decorator_list[0])
            if symbol == External(MANAGER):
                yield node


def served_by(module: Module, function: FunctionNode) -> tuple[Served, ...]:
    """The applications of the project that are constructed with ``lifespan=`` that function."""
    home = module.parent(function)
    if isinstance(home, FunctionNode):
        found = _constructions(module)
        return tuple(served for value, served in found if _is_local(module, home, function, value))
    if home is not module.tree:
        return ()
    symbol = Function(module.path, function.name)
    return tuple(
        served
        for other in _modules(module.project)
        for value, served in _constructions(other)
        if meaning(other, value) == symbol
    )


def _modules(project: Project) -> Iterator[Module]:
    """The files that speak of a lifespan."""
    if served_by not in project.memo:
        found = (project.read(path) for path in project.files)
        named = zip(project.files, found, strict=True)
        project.memo[served_by] = [p for p, d in named if isinstance(d, bytes) and _WORD in d]
    for path in project.memo[served_by]:
        module = project.module(path)
        if isinstance(module, Module):
            yield module


def _constructions(module: Module) -> Iterator[tuple[ast.expr, Served]]:
    """What applications are given as their lifespan, and where."""
    for call in module.nodes(ast.Call):
        value = next((k.value for k in call.keywords if k.arg == "lifespan"), None)
        framework = framework_of(module, call) if value is not None else ""
        if value is not None and framework:
            name = assigned(module.parent(call) or call)[0]
            inside = next(scopes_around(module, call), None) is not None
            yield value, Served(framework, module.path, call.lineno, name, inside)


def _is_local(module: Module, scope: ast.AST, function: FunctionNode, value: ast.expr) -> bool:
    """Whether a name in a function is the function that is defined there, and nothing else."""
    if not isinstance(value, ast.Name) or value.id != function.name:
        return False
    if next(scopes_around(module, value), None) is not scope:
        return False
    stored = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == function.name]
    defined = [
        n for n in ast.walk(scope) if isinstance(n, FunctionNode) and n.name == function.name
    ]
    return defined == [function] and all(isinstance(n.ctx, ast.Load) for n in stored)
