"""The values of variables and attributes."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..source import Fault
from ._assigned import Frame, assigned, frame_for, is_property, local_value, returned
from ._attributes import attribute_of
from ._paths import above
from .facts import FunctionNode
from .patches import Patch, Way, patches_of
from .symbols import Class, External, Function, Package, Symbol, Variable
from .uses import Member, changed_keys, changed_member
from .values import (
    Choice,
    FilePath,
    Place,
    Row,
    Table,
    Text,
    Value,
    changed,
    joined,
    merged,
    within,
)

if TYPE_CHECKING:
    from ._around import Around
    from .index import Project
    from .module import Module
    from .uses import Held


def of_name(place: Place, around: Around) -> Value:
    """The value of a local or module-level name."""
    node = place.node
    assert isinstance(node, ast.Name)
    if around.frame is None or node.id not in around.frame.bound:
        if node.id == "__file__":
            return FilePath(place, place.module.path)
        return _of_symbol(place, place.module.resolve(node), around)
    found = local_value(place.module, around.frame, node.id)
    if isinstance(found, ast.expr):
        return around.read(replace(place, node=found), around.farther(around.frame))
    if isinstance(found, Value):
        return found
    return _of_symbol(place, found, around)


def of_attribute(place: Place, around: Around) -> Value:
    """The value of a member of a module, or of an attribute of a class or an object."""
    node = place.node
    assert isinstance(node, ast.Attribute)
    symbol = around.resolve(place.module, node)
    if symbol is not None and not isinstance(symbol, Function):
        return _of_symbol(place, symbol, around)
    owner = owner_of(place, node.value, around)
    if owner is None:
        is_folder = node.attr == "parent"
        return above(place, around.value(place, node.value), 1) if is_folder else Value(place)
    found = of_member(place.module.project, *owner, node.attr, place.via, around)
    return found or Value(place)


def owner_of(place: Place, node: ast.expr, around: Around) -> tuple[Class, bool] | None:
    """The class that an expression means, or that made the object; and whether it is an object."""
    if isinstance(node, ast.Call):
        return _made(place, node, around)
    frame = around.frame
    if isinstance(node, ast.Name) and frame is not None and node.id in frame.bound:
        if node.id == frame.own and frame.owner is not None:
            return frame.owner, True
        inner = local_value(place.module, frame, node.id)
        return _made(place, inner, around) if isinstance(inner, ast.Call) else None
    symbol = around.resolve(place.module, node)
    if isinstance(symbol, Class):
        return symbol, False
    return _held_by(place.module.project, symbol, around) if around.hops else None


def _held_by(project: Project, symbol: Symbol | None, around: Around) -> tuple[Class, bool] | None:
    """The class of the object that a module-level variable holds."""
    module = project.module(symbol.path) if isinstance(symbol, Variable) else None
    if not isinstance(symbol, Variable) or module is None or isinstance(module, Fault):
        return None
    node = assigned(module.tree.body, symbol.name)
    if node is None:
        return None
    return owner_of(Place(module, node), node, around.farther(None))


def _made(place: Place, call: ast.Call, around: Around) -> tuple[Class, bool] | None:
    """The class of the object that a call gives, if the call passes no attributes."""
    symbol = around.resolve(place.module, call.func)
    if isinstance(symbol, Class):
        private = all(k.arg and k.arg.startswith("_") for k in call.keywords)
        return (symbol, True) if private and not call.args else None
    if not isinstance(symbol, Function) or not around.hops:
        return None
    way = returned(place.module.project, symbol)
    if way is None or way[1].value is None:
        return None
    inner = around.farther(frame_for_return(way[1], way[0]))
    return owner_of(Place(way[0], way[1].value), way[1].value, inner)


def frame_for_return(node: ast.Return, module: Module) -> Frame:
    """The inside of the function that a return statement ends, called without arguments."""
    function = module.scope(node)
    assert isinstance(function, FunctionNode)
    return frame_for(function, {})


def _of_symbol(place: Place, symbol: Symbol | None, around: Around) -> Value:
    if isinstance(symbol, Package):
        return Text(place, symbol.path)
    if isinstance(symbol, External) and symbol.dotted == "aerich.models":
        return Text(place, symbol.dotted)
    if isinstance(symbol, Variable):
        found = of_variable(place.module.project, symbol, place.via, around)
        return found or Value(place)
    return Value(place)


def of_variable(
    project: Project, variable: Variable, via: tuple[Held, ...], around: Around
) -> Value | None:
    """The value of a module-level variable; None if its module changes it in ways not told."""
    module = project.module(variable.path)
    if isinstance(module, Fault) or variable in via:
        return None
    changes = changed_keys(module, variable.name)
    if changes & around.heeded if around.heeded else changes:
        return None
    node = assigned(module.tree.body, variable.name)
    if node is None:
        return None
    via, inner = (*via, variable), around.farther(None)
    value = around.read(Place(module, node, via), inner)
    for patch in patches_of(module, variable.name):
        value = _patched(value, patch, Place(module, patch.value, via), inner)
    return value


def _patched(value: Value, patch: Patch, place: Place, around: Around) -> Value:
    new = around.read(place, around)
    if patch.way is Way.SET:
        return changed(value, (*patch.keys, patch.key), new)
    here: Value | None = value
    for key in patch.keys:
        here = within(here, key) if here else None
    if here is None:
        return Value(value.place)
    if patch.way is Way.UPDATE:
        return changed(value, patch.keys, merged(here.place, [here, new]))
    added = Row(place, (new,)) if patch.way is Way.APPEND else new
    return changed(value, patch.keys, joined(here.place, [here, added]))


def of_member(
    project: Project,
    owner: Class,
    is_object: bool,
    name: str,
    via: tuple[Held, ...],
    around: Around,
) -> Value | None:
    """What a class gives to an attribute of itself or of its objects."""
    found = attribute_of(project, owner, name) if around.hops else None
    if found is None:
        return None
    held = Member(found.owner.path, found.owner.qualname, name, is_object)
    if held in via:
        return None
    via = (*via, held)
    if isinstance(found.node, ast.FunctionDef):
        if not is_object or not is_property(found.node):
            return None
        return _of_property(project, found.node, found.owner, owner, via, around)
    if changed_member(found.module, name):
        return None
    value = around.read(Place(found.module, found.node, via), around.farther(None))
    if not found.settings:
        return value
    if isinstance(value, Text):
        return replace(value, sure=False)
    if not isinstance(value, Table | Row | Choice):
        return Value(value.place)
    around.ledger.assumed.append(f"{found.owner.qualname}.{name}")
    return value


def _of_property(
    project: Project,
    node: ast.FunctionDef,
    holder: Class,
    owner: Class,
    via: tuple[Held, ...],
    around: Around,
) -> Value | None:
    way = returned(project, Function(holder.path, f"{holder.qualname}.{node.name}"))
    if way is None or way[1].value is None:
        return None
    inner = around.farther(frame_for(node, {}, owner))
    return around.read(Place(way[0], way[1].value, via), inner)
