"""What the parameters of a function are when it begins."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.symbols import Class
from . import scopes
from .annotations import annotated
from .types import NONE, UNKNOWN, Instance, ModelClass, Object, Type, join

if TYPE_CHECKING:
    from ..project.module import Module
    from .environment import Env


def parameters_of(module: Module, function: FunctionNode) -> Env:
    """The types of all parameters, ``self`` and ``cls`` included."""
    env = {p.arg: parameter_type(module, function, p) for p in scopes.parameters(function)}
    env.update(_receiver(module, function))
    return env


def parameter_type(module: Module, function: FunctionNode, parameter: ast.arg) -> Type:
    """What a parameter's annotation, and a default of None, say of it."""
    args = function.args
    if parameter is args.vararg or parameter is args.kwarg:
        return UNKNOWN
    found = annotated(module.project, module.path, parameter.annotation)
    if found == UNKNOWN:
        return found
    default = scopes.default_of(function, parameter)
    is_none = isinstance(default, ast.Constant) and default.value is None
    return join(found, NONE) if is_none else found


def _receiver(module: Module, function: FunctionNode) -> Env:
    """``self`` or ``cls`` of a method of a class of the project."""
    outer = module.parent(function)
    positional = [*function.args.posonlyargs, *function.args.args]
    decorators = {getattr(d, "id", "") for d in function.decorator_list}
    if not isinstance(outer, ast.ClassDef) or not positional or "staticmethod" in decorators:
        return {}
    symbol = _class_symbol(module, outer)
    if symbol is None:
        return {}
    name, by_class = positional[0].arg, "classmethod" in decorators
    models = module.project.models
    if models.get(symbol):
        return {name: ModelClass(symbol, False) if by_class else Instance(symbol)}
    if not by_class and not any(models.descendants(symbol)):
        return {name: Object(symbol, exact=False)}
    return {}


def _class_symbol(module: Module, node: ast.ClassDef) -> Class | None:
    """The class that a ``class`` statement at module level, or inside another, defines."""
    names = [node.name]
    for outer in module.ancestors(node):
        if isinstance(outer, ast.ClassDef):
            names.append(outer.name)
        elif isinstance(outer, FunctionNode):
            return None
    qualname = ".".join(reversed(names))
    fact = module.facts.classes.get(qualname)
    return Class(module.path, qualname) if fact and fact.line == node.lineno else None
