"""The attributes of objects and classes of the project that are no models."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from ..project.facts import dotted
from ..project.module import Module
from ..project.symbols import Class, Function, Symbol
from ._parameters import parameter_type
from .annotations import annotated
from .attributes import derived, inherited, lineage, stores
from .definitions import is_method, is_property
from .environment import join_all
from .generics import arguments
from .lookup import resolved_expression
from .outside_stores import stored_outside
from .plain_classes import has_own_access, keeps_body, shows_all
from .scopes import bindings_in, parameters
from .sharing import spoiled
from .types import (
    NONE,
    UNKNOWN,
    BoundMethod,
    ClassObject,
    Foreign,
    ListOf,
    ModelClass,
    Object,
    Plain,
    Type,
    members_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._context import Context
    from .attributes import Store
    from .calls import Calls

#: What a class body binds and its objects have as it is; functions would be bound, for one.
_KEPT = (ModelClass, Object, Foreign, Plain, ListOf)
_DISPLAYS: dict[type[ast.expr], Type] = {
    ast.Dict: Plain("dict"),
    ast.DictComp: Plain("dict"),
    ast.List: ListOf(UNKNOWN),
    ast.ListComp: ListOf(UNKNOWN),
    ast.Set: ListOf(UNKNOWN, "set"),
    ast.SetComp: ListOf(UNKNOWN, "set"),
    ast.JoinedStr: Plain("str"),
}


class Objects:
    """Types of the attributes of objects and classes, as one scope sees them.

    Args:
        context: The scope.
        of_symbol: The type of the thing that a symbol stands for.
        calls: The types of calls.
    """

    def __init__(
        self, context: Context, of_symbol: Callable[[Symbol | None], Type], calls: Calls
    ) -> None:
        self._context = context
        self._project = context.project
        self._of_symbol = of_symbol
        self._calls = calls

    def attribute(self, value: Object | ClassObject, name: str) -> Type:
        """An attribute, where no derived class can have another one."""
        symbol, project = value.symbol, self._project
        member = inherited(project, symbol, name)
        exact = isinstance(value, Object) and value.exact
        classes = (symbol,) if exact else (symbol, *derived(project, symbol))
        if any(inherited(project, one, name) != member for one in classes):
            return UNKNOWN
        if isinstance(member, Function):
            if any(has_own_access(project, one, "__getattribute__") for one in classes):
                return UNKNOWN
            if is_property(project, member) and isinstance(value, Object):
                return self._calls.function(member, value)
            return BoundMethod(member, value) if is_method(project, member) else UNKNOWN
        return UNKNOWN if member is not None else self.stored(name, classes)

    def stored(self, name: str, classes: tuple[Class, ...]) -> Type:
        """An attribute that is no method, of the objects of any of several classes."""
        if name in stored_outside(self._project):
            return UNKNOWN
        found: list[Type] = []
        for one in classes:
            if has_own_access(self._project, one, "__getattr__", "__getattribute__"):
                return UNKNOWN
            if len(classes) > 1 and not self._binds(one, name) and shows_all(self._project, one):
                continue  # asking such an object for it raises
            find = partial(self._stored, one, name)
            found.append(self._context.remembered(("stored", one, name), find))
        return join_all(found)

    def _binds(self, symbol: Class, name: str) -> bool:
        """Whether a class, or one of its bases in the project, binds an attribute."""
        modules = {base: self._project.module(base.path) for base in lineage(self._project, symbol)}
        return any(
            not isinstance(module, Module) or bool(stores(module, base, name))
            for base, module in modules.items()
        )

    def _stored(self, symbol: Class, name: str) -> Type:
        """An attribute that the methods of a class store on ``self``, or that its body binds."""
        found: list[Type] = []
        bodies: list[tuple[Class, Store]] = []
        for base in lineage(self._project, symbol):
            module = self._project.module(base.path)
            if not isinstance(module, Module):
                return UNKNOWN
            for store in stores(module, base, name):
                if store[0] is None:
                    bodies.append((base, store))
                else:
                    found.append(self._by_method(module, base, symbol, store))
        if not found:
            return self._by_nearest(symbol, bodies)
        if UNKNOWN in found:
            return join_all(self._promised(symbol, base, store) for base, store in bodies)
        only_told = keeps_body(self._project, symbol)
        bound = [body for body in bodies if body[1][1] is not None or not only_told]
        return join_all([*found, *(self._by_body(symbol, *body) for body in bound)])

    def _by_method(self, module: Module, base: Class, symbol: Class, store: Store) -> Type:
        """What a method of a base of the class stores."""
        method, value, annotation = store
        given = arguments(self._project, symbol, base)
        known = annotated(self._project, base.path, annotation, given)
        if known != UNKNOWN or value is None or method is None:
            return known
        if given and isinstance(value, ast.Name) and bindings_in(module, method)[value.id] == 1:
            for parameter in parameters(method):
                if parameter.arg == value.id:
                    return parameter_type(module, method, parameter, given)
        return self._context.elsewhere(module, method, value)

    def _by_nearest(self, symbol: Class, bodies: list[tuple[Class, Store]]) -> Type:
        """An attribute that only class bodies bind: the nearest one counts."""
        order = self._project.bases.lineage(symbol).order
        base = next((one for one in order if any(one == body[0] for body in bodies)), None)
        nearest = [store for owner, store in bodies if owner == base]
        if base is None or len(nearest) != 1:
            return UNKNOWN
        return self._by_body(symbol, base, nearest[0])

    def _by_body(self, symbol: Class, base: Class, store: Store) -> Type:
        """What the body of a base of the class binds or promises."""
        known, value = self._promised(symbol, base, store), store[1]
        if known != UNKNOWN or value is None or not keeps_body(self._project, symbol):
            return known
        written = self._written(base, value)
        kept = all(isinstance(one, _KEPT) for one in members_of(written))
        return spoiled(written) if kept and not self._is_descriptor(written) else UNKNOWN

    def _promised(self, symbol: Class, base: Class, store: Store) -> Type:
        """What the annotation of an attribute says of it."""
        given = arguments(self._project, symbol, base)
        return annotated(self._project, base.path, store[2], given)

    def _written(self, base: Class, value: ast.expr) -> Type:
        """What a simple expression in a class body gives."""
        if isinstance(value, ast.Constant):
            return NONE if value.value is None else Plain(value.value.__class__.__name__)
        if value.__class__ in _DISPLAYS:
            return _DISPLAYS[value.__class__]
        named = value.func if isinstance(value, ast.Call) else value
        if self._is_own(base, dotted(named).partition(".")[0], value):
            return UNKNOWN
        found = self._of_symbol(resolved_expression(self._project, base.path, named))
        if isinstance(value, ast.Call):
            return self._calls.result(value, found, [UNKNOWN] * len(value.args))
        return found

    def _is_own(self, base: Class, name: str, value: ast.expr) -> bool:
        """Whether a name means what a class body has bound before, not a name of the module."""
        fact = self._project.class_fact(base)
        if fact is None:
            return True
        bound = [*fact.names, *fact.methods].count(name)
        module = self._project.module(base.path)
        # ``name = name``, and no other binding: on the right stands that of the module.
        itself = isinstance(module, Module) and any(
            store[1] is value for store in stores(module, base, name)
        )
        return bound > int(itself)

    def _is_descriptor(self, value: Type) -> bool:
        classes = (one.symbol for one in members_of(value) if isinstance(one, Object))
        return any(inherited(self._project, one, "__get__") is not None for one in classes)
