"""Working out what an expression will be, as far as the source proves it.

What is assigned once is followed: through variables, imports, attributes of classes, and functions
that do nothing but return. Everything else is unknown, and stays so.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..source import Fault
from . import _calls, _displays, _held
from ._around import Around, Ledger
from ._assigned import assigned, frame_of, plain_value, returned
from ._attributes import attribute_of
from .facts import inner_blocks
from .symbols import Class, Function, Variable
from .uses import Member
from .values import Place, Value

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

if TYPE_CHECKING:
    from .index import Project
    from .module import Module
    from .uses import Held


def value_of_held(
    project: Project, held: Held, heeded: frozenset[str], assumed: list[str]
) -> Value | None:
    """The value of a variable, or of an attribute of a class or of an object that is one.

    Args:
        project: The project that defines it.
        held: What is asked for.
        heeded: Changes below other keys than these do not matter.
        assumed: Takes the names of the settings that the environment may give another value.

    Returns:
        None where it is not certain.
    """
    around = Around(_read, heeded=heeded, ledger=Ledger(assumed))
    try:
        if isinstance(held, Variable):
            return _held.of_variable(project, held, (), around)
        if isinstance(held, Member):
            owner = Class(held.path, held.owner)
            return _held.of_member(project, owner, held.is_object, held.name, (), around)
    except RecursionError:
        return None
    return None


def given_to(project: Project, held: Held) -> Place | None:
    """The expression that a variable or an attribute is given; None where it is not certain."""
    if isinstance(held, Variable):
        module = project.module(held.path)
        node = None if isinstance(module, Fault) else assigned(module.tree.body, held.name)
        return None if isinstance(module, Fault) or node is None else Place(module, node)
    owner = Class(held.path, held.owner) if isinstance(held, Member) else None
    found = attribute_of(project, owner, held.name) if owner else None
    if found is None:
        return None
    if not isinstance(found.node, ast.FunctionDef):
        return Place(found.module, found.node)
    way = returned(project, Function(found.owner.path, f"{found.owner.qualname}.{held.name}"))
    return Place(way[0], way[1].value) if way and way[1].value else None


def given_at_module_level(module: Module, name: str) -> list[ast.expr]:
    """Everything that plain assignments outside of functions and classes give to a name."""
    found, blocks = [], [module.tree.body]
    while blocks:
        block = blocks.pop(0)
        for node in block:
            value = plain_value(node, name)
            found += [] if value is None else [value]
            blocks += [] if isinstance(node, _DEFINITIONS) else inner_blocks(node)
    return sorted(found, key=lambda node: node.lineno)


def class_of(project: Project, variable: Variable) -> Class | None:
    """The class of the project whose object a variable holds; None where it is not certain."""
    module = project.module(variable.path)
    node = None if isinstance(module, Fault) else assigned(module.tree.body, variable.name)
    if isinstance(module, Fault) or node is None:
        return None
    found = _held.owner_of(Place(module, node), node, Around(_read))
    return found[0] if found and found[1] else None


def value_of(module: Module, node: ast.expr, heeded: frozenset[str], assumed: list[str]) -> Value:
    """The value of an expression where it stands; the arguments are those of ``value_of_held``."""
    around = Around(_read, frame_of(module, node), heeded=heeded, ledger=Ledger(assumed))
    try:
        return _read(Place(module, node), around)
    except RecursionError:
        return Value(Place(module, node))


def _read(place: Place, around: Around) -> Value:
    node = place.node
    if around.exhausted:
        return Value(place)
    match node:
        case ast.Constant():
            return _displays.of_constant(place, around)
        case ast.JoinedStr():
            return _displays.of_formatted(place, around)
        case ast.Dict():
            return _displays.of_dict(place, around)
        case ast.List() | ast.Tuple():
            return _displays.of_list(place, around)
        case ast.BinOp():
            return _displays.of_operation(place, around)
        case ast.IfExp():
            return _displays.of_condition(place, around)
        case ast.BoolOp():
            return _displays.of_either(place, around)
        case ast.Subscript():
            return _displays.of_subscript(place, around)
        case ast.Name():
            return _held.of_name(place, around)
        case ast.Attribute():
            return _held.of_attribute(place, around)
        case ast.Call():
            return _calls.of_call(place, around)
    return Value(place)
