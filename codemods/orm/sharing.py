"""Which names may stand for one list, and what is left of their types when it changes."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from ..project.symbols import External
from ..project.walk import walk
from .environment import join_all
from .scopes import NESTED, nodes_in
from .types import (
    UNKNOWN,
    ApiMethod,
    ClassObject,
    Foreign,
    ListOf,
    ModelClass,
    Object,
    OneOf,
    Plain,
    Reference,
    TupleOf,
    Type,
    Unknown,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..project.module import Module, Scope

#: Methods that put something into a list or a set: which argument it is, and whether it is one
#: element or several.
ADDERS = {
    "append": (0, True), "insert": (1, True), "add": (0, True), "extend": (0, False),
    "update": (0, False), "__iadd__": (0, False), "__setitem__": (1, True),
}  # fmt: skip
_FRESH = (ast.ListComp, ast.SetComp, ast.Call, ast.BinOp, ast.Await)
_STORING_BUILTINS = frozenset({"builtins.setattr", "builtins.exec", "builtins.eval"})
_HARMLESS = frozenset({"asyncio.gather"})
_CHANGEABLE = frozenset({ListOf, TupleOf, OneOf})
_HOLDERS = frozenset({Unknown, ListOf, TupleOf, Object, ClassObject, Foreign})
_TAKERS = (ApiMethod, ModelClass)
_METHOD = Plain("method")


class Sharing:
    """The names of one scope, grouped by what they may share."""

    def __init__(self, module: Module, scope: Scope) -> None:
        self._module = module
        self._scope = scope
        self._groups: dict[str, set[str]] = {}

    @cached_property
    def leaky(self) -> frozenset[str]:
        """Names that nested functions read: they may change what these stand for at any time."""
        key = ("leaky", self._scope)
        if key not in self._module.memo:
            nodes = nodes_in(self._module, self._scope)
            self._module.memo[key] = frozenset(
                inner.id
                for node in nodes
                if node.__class__ in NESTED
                for inner in walk(node)
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
            )
        found: frozenset[str] = self._module.memo[key]
        return found

    def kept(self, name: str, value: Type) -> Type:
        """What is known of a value that is bound to a name."""
        changeable = value.__class__ in _CHANGEABLE
        return spoiled(value) if changeable and name in self.leaky else value

    def link(self, names: Iterable[str]) -> None:
        """From now on, these names may share something."""
        group = self.group(names)
        for name in group:
            self._groups[name] = group

    def group(self, names: Iterable[str]) -> set[str]:
        """The names, and all that may share something with one of them."""
        found: set[str] = set()
        for name in names:
            found |= self._groups.get(name, {name})
        return found


def holds_list(value: Type) -> bool:
    """Whether a value may be a list that can change, or may lead to one."""
    if value.__class__ in _HOLDERS:
        return True
    if isinstance(value, Plain):
        return value.name in ("dict", "object")
    return isinstance(value, OneOf) and any(map(holds_list, value.members))


def spoiled(value: Type, added: Type = UNKNOWN) -> Type:
    """What is known of a value after ``added`` was put into a list that it is, or leads to."""
    if value.__class__ not in _CHANGEABLE:
        return value
    if isinstance(value, ListOf):
        element = UNKNOWN if holds_list(value.element) else join(value.element, added)
        return ListOf(element, value.container)
    if isinstance(value, TupleOf):
        return TupleOf(tuple(spoiled(element, added) for element in value.elements))
    if isinstance(value, OneOf):
        return join_all(spoiled(member, added) for member in value.members)
    return value


def is_fresh(node: ast.expr, value: Type) -> bool:
    """Whether an expression makes a collection of its own, that shares nothing with others."""
    made = isinstance(node, _FRESH) or (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
    )
    if not made or not isinstance(value, ListOf) or holds_list(value.element):
        return False
    return value.container in ("list", "set")


def keeps_arguments(called: Type) -> bool:
    """Whether a call may change its arguments, or keep them where others can."""
    if isinstance(called, _TAKERS):
        return False
    if isinstance(called, Plain):
        return called != _METHOD
    if isinstance(called, Reference) and isinstance(called.symbol, External):
        dotted = called.symbol.dotted
        builtin = dotted.startswith("builtins.") and dotted not in _STORING_BUILTINS
        return not builtin and dotted not in _HARMLESS
    return True
