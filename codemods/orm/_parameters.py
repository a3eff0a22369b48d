"""What the parameters of a function are when it begins."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.symbols import Class
from . import scopes
from .annotations import annotated
from .injected import injected
from .types import NONE, UNKNOWN, ClassObject, Instance, ModelClass, Object, Type, join

if TYPE_CHECKING:
    from ..project.module import Module
    from ._context import Context
    from .annotations import Given
    from .environment import Env


def parameters_of(context: Context, function: FunctionNode) -> Env:
    """The types of all parameters, ``self`` and ``cls`` included."""
    module = context.module
    env: Env = {}
    for parameter in scopes.parameters(function):
        known = parameter_type(module, function, parameter)
        env[parameter.arg] = injected(context, parameter) if known == UNKNOWN else known
    receiver = receiver_of(module, function)
    return env if receiver is None else env | {receiver[0]: receiver[1]}


def parameter_type(
    module: Module, function: FunctionNode, parameter: ast.arg, given: Given | None = None
) -> Type:
    """What a parameter's annotation, and a default of None, say of it.

    ``given`` is what stands for type variables where the function is called.
    """
    args = function.args
    if parameter is args.vararg or parameter is args.kwarg:
        return UNKNOWN
    found = annotated(module.project, module.path, parameter.annotation, given)
    if found == UNKNOWN:
        return found
    default = scopes.default_of(function, parameter)
    is_none = isinstance(default, ast.Constant) and default.value is None
    return join(found, NONE) if is_none else found


def receiver_of(module: Module, function: FunctionNode) -> tuple[str, Type, Class] | None:
    """``self`` or ``cls`` of a method of a class of the project: its name, its type, the class."""
    outer = module.parent(function)
    positional = [*function.args.posonlyargs, *function.args.args]
    decorators = {getattr(d, "id", "") for d in function.decorator_list}
    if not isinstance(outer, ast.ClassDef) or not positional or "staticmethod" in decorators:
        return None
    symbol = _class_symbol(module, outer)
    if symbol is None:
        return None
    name, by_class = positional[0].arg, "classmethod" in decorators
    models = module.project.models
    if models.get(symbol):
        return name, ModelClass(symbol, False) if by_class else Instance(symbol), symbol
    if any(models.descendants(symbol)):
        return None
    return name, ClassObject(symbol) if by_class else Object(symbol, exact=False), symbol


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
