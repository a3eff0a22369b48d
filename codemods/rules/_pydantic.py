"""The pydantic classes that a project makes of its models."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..project.facts import FunctionNode
from ..project.module import Module
from ..project.symbols import Class, External, Variable
from ._migration import is_older, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.symbols import Symbol

_PACKAGE = "tortoise.contrib.pydantic"
MODEL, QUERYSET = "pydantic_model_creator", "pydantic_queryset_creator"
_MAKERS = {MODEL: ("from_tortoise_orm", "from_queryset_single"), QUERYSET: ("from_queryset",)}
_PLAIN_MAKERS = ("parse_obj", "model_validate", "construct", "model_construct")
_HOPS = 5
_REQUIRED = "0.20.0"
_RESTS = (
    "it rests on every pydantic class of the model being given the field, which such a class asks "
    "for if its default is a function"
)


def doubt_of_function(module: Module) -> str:
    """What a function as default of a field rests on; empty where it rests on nothing.

    The pydantic classes that Tortoise makes have a default if it is a value. Since 0.20 they ask
    for the field if it is a function.
    """
    project = module.project
    if doubt_of_function not in project.memo:
        found = (project.read(path) for path in project.relevant)
        name = MODEL.encode()
        project.memo[doubt_of_function] = any(isinstance(d, bytes) and name in d for d in found)
    if not project.memo[doubt_of_function] or is_older(module, _REQUIRED):
        return ""
    return _RESTS


def creator(module: Module, call: ast.AST | None) -> str:
    """The name of the function of Tortoise that a call makes a class with; empty for others."""
    if not isinstance(call, ast.Call):
        return ""
    symbol = symbol_of(module, call.func)
    name = symbol.dotted if isinstance(symbol, External) else ""
    last = name.rpartition(".")[2]
    return last if name.startswith(f"{_PACKAGE}.") and last in (MODEL, QUERYSET) else ""


def is_schema(module: Module, node: ast.expr | None, name: str = "", maker: str = MODEL) -> bool:
    """Whether an expression is a class that ``pydantic_model_creator`` made of a model.

    A class of the project that derives from one counts, unless it defines ``name``. ``maker`` may
    name the other function that makes classes.
    """
    symbol = symbol_of(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
    return symbol is not None and _is_made(module.project, symbol, name, maker, _HOPS)


def _is_made(project: Project, symbol: Symbol, name: str, maker: str, hops: int) -> bool:
    if isinstance(symbol, Variable):
        module = project.module(symbol.path)
        if not isinstance(module, Module):
            return False
        return creator(module, _assigned(module, symbol.name)) == maker
    fact = project.class_fact(symbol) if isinstance(symbol, Class) and hops else None
    if fact is None or not isinstance(symbol, Class) or len(fact.bases) != 1:
        return False
    if fact.decorators or fact.keywords or name in fact.methods or name in fact.names:
        return False
    base = project.resolve(symbol.path, fact.bases[0]) if fact.bases[0] else None
    return base is not None and _is_made(project, base, name, maker, hops - 1)


def _assigned(module: Module, name: str) -> ast.expr | None:
    """The value of the one assignment of a module that binds a name."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and target.id == name:
            return node.value
    return None


def is_object(module: Module, node: ast.expr, name: str, maker: str = MODEL) -> bool:
    """Whether an expression is proven to be an object of such a class, without its own ``name``.

    That is a parameter with such an annotation, a name that one statement binds, or the call
    itself.
    """
    if isinstance(node, ast.Name):
        origins = _origin(module, node, name, maker)
        return any(_makes(module, made, name, maker) for made in origins)
    return _makes(module, node, name, maker)


def _origin(module: Module, node: ast.Name, name: str, maker: str) -> Iterator[ast.expr]:
    """The one expression that gives a local name its value; a parameter's annotation as a call."""
    scope = module.scope(node)
    if not isinstance(scope, FunctionNode) or node.id in scopes.elsewhere_bound(module):
        return
    if scopes.bindings_in(module, scope).get(node.id) != 1 or _is_inner(module, node, scope):
        return
    for parameter in scopes.parameters(scope):
        if _is_hidden(module, scope, parameter):
            continue
        if parameter.arg == node.id and is_schema(module, parameter.annotation, name, maker):
            plain = parameter not in (scope.args.vararg, scope.args.kwarg)
            default = scopes.default_of(scope, parameter)
            if plain and not (isinstance(default, ast.Constant) and default.value is None):
                assert parameter.annotation is not None
                yield ast.Call(parameter.annotation, [], [])
    for statement in scopes.nodes_in(module, scope):
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id == node.id:
                yield statement.value


def _is_inner(module: Module, node: ast.Name, scope: ast.AST) -> bool:
    """Whether a comprehension or a lambda around a name, within the function, binds it anew."""
    for outer in module.ancestors(node):
        if outer is scope:
            return False
        if isinstance(outer, ast.Lambda) and node.id in {a.arg for a in scopes.parameters(outer)}:
            return True
        for part in outer.generators if isinstance(outer, scopes.COMPREHENSIONS) else ():
            if any(isinstance(n, ast.Name) and n.id == node.id for n in ast.walk(part.target)):
                return True
    return False


def _is_hidden(module: Module, scope: FunctionNode, parameter: ast.arg) -> bool:
    """Whether the annotation of a parameter names something of a scope around it, not a global."""
    around = [
        one for one in module.ancestors(scope) if isinstance(one, FunctionNode | ast.ClassDef)
    ]
    inner = {one.name for outer in (scope, *around) for one in getattr(outer, "type_params", ())}
    for outer in around:
        names = (n for n in ast.walk(outer) if isinstance(n, ast.Name))
        inner |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
        inner |= {n.name for n in ast.walk(outer) if isinstance(n, ast.ClassDef) and n is not outer}
    read = ast.walk(parameter.annotation) if parameter.annotation else ()
    return any(isinstance(one, ast.Name) and one.id in inner for one in read)


def _makes(module: Module, node: ast.expr, name: str, maker: str) -> bool:
    """Whether an expression makes an object of a class that was made of a model."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call):
        return False
    if isinstance(call.func, ast.Attribute):
        makers = _MAKERS[maker] if isinstance(node, ast.Await) else _PLAIN_MAKERS
        if call.func.attr in makers and is_schema(module, call.func.value, name, maker):
            return True
    return not isinstance(node, ast.Await) and is_schema(module, call.func, name, maker)
