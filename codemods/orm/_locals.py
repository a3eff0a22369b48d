"""The local names of a scope while it is walked: what binds them, and what may share their lists.

Besides the environment of the current point, three things must learn of a binding: the ``try`` and
``with`` blocks that an exception may leave at any time, what a name is without the tests around it,
and the loops over a list that their own body changes.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.walk import LEAVES, children, walk
from . import scopes
from .sharing import (
    ADDERS,
    Sharing,
    holds_list,
    is_fresh,
    keeps_arguments,
    spoiled,
)
from .types import UNKNOWN, ListOf, Type, join

if TYPE_CHECKING:
    from ..project.module import Module, Scope
    from .environment import Env


class Loop:
    """The environments that leave a loop's body early, and the names that it iterates over."""

    def __init__(self, node: ast.AST | None = None, names: frozenset[str] = frozenset()) -> None:
        self.continued: Env | None = None
        self.broken: Env | None = None
        self.node = node
        self.names = names


class Locals:
    """The names of one scope.

    Attributes:
        project: The project of the scope.
        counts: How many places of the scope bind each name.
        shared: Names that something else than the scope's statements can bind.
        bound: Each name as its last binding left it, without what tests have shown.
        attempts: For each open block that may be left at any time, all that its names have been.
        loops: The open loops, innermost last.
        spoiled: The loops over a list that their body may change.
    """

    def __init__(self, module: Module, scope: Scope, types: dict[ast.AST, Type]) -> None:
        self.project = module.project
        self.counts = scopes.bindings_in(module, scope)
        self.shared = scopes.elsewhere_bound(module)
        self.bound: Env = {}
        self.attempts: list[Env] = []
        self.loops: list[Loop] = []
        self.spoiled: set[ast.AST] = set()
        self._inside: dict[ast.AST, set[str]] = {}
        self._types = types
        self._sharing = Sharing(module, scope)

    def entry(self, parameters: Env) -> Env:
        """The environment at the beginning, from the types of the parameters."""
        return {
            name: UNKNOWN if name in self.shared else self._sharing.kept(name, value)
            for name, value in parameters.items()
        }

    def bind(self, env: Env, name: str, value: Type) -> None:
        """A statement or an expression binds a name."""
        self._set(env, name, UNKNOWN if name in self.shared else self._sharing.kept(name, value))

    def _set(self, env: Env, name: str, value: Type) -> None:
        env[name] = self.bound[name] = value
        for attempt in self.attempts:
            known = attempt.get(name)
            if known is not value:
                attempt[name] = value if known is None else join(known, value)

    def later(self, env: Env) -> Env:
        """What holds when code written here runs: names may have been bound again by then.

        A name that is bound once keeps its type, but in a loop not what a test has shown of it.
        """
        stable = {name: t for name, t in env.items() if self.counts.get(name, 0) <= 1}
        if not self.loops:
            return stable
        return {name: self.bound.get(name, known) for name, known in stable.items()}

    # Lists

    def link(self, targets: list[ast.expr], node: ast.expr, value: Type, env: Env) -> None:
        """What is bound to ``node`` may share lists with the names in it."""
        if not holds_list(value) or is_fresh(node, value):
            return
        names = self.holders(node, env)
        if len(targets) == 1 and isinstance(targets[0], ast.Name):  # as it is nearly always
            self._sharing.link({*names, targets[0].id})
            return
        inside = [n for target in targets for n in walk(target)]
        if any(isinstance(n, ast.Attribute) for n in inside):
            self.spoil(names, env, UNKNOWN)
        self._sharing.link({*names, *(n.id for n in inside if isinstance(n, ast.Name))})

    def holders(self, node: ast.AST, env: Env) -> set[str]:
        """The local names in an expression that may stand for a list, or lead to one."""
        if isinstance(node, ast.Name):
            known = env.get(node.id)
            return {node.id} if known is not None and holds_list(known) else set()
        if node not in self._inside:
            self._inside[node] = _names_in(node)
        return {name for name in self._inside[node] if name in env and holds_list(env[name])}

    def spoil(self, names: set[str], env: Env, added: Type) -> None:
        """Something was put into a list that one of the names stands for."""
        group = self._sharing.group(names) if names else None
        if not group:
            return
        for name in group & env.keys():
            self._set(env, name, spoiled(env[name], added))
        self.spoiled.update(loop.node for loop in self.loops if loop.node and loop.names & group)

    def put(self, target: ast.expr, value: Type, env: Env) -> None:
        """``value`` is stored in an element of ``target``."""
        if holds_list(self._types.get(target, UNKNOWN)):
            self.spoil(self.holders(target, env), env, value)

    def called(self, node: ast.Call, env: Env) -> None:
        """What a call does to the lists that it is given, or is made on."""
        method = node.func if isinstance(node.func, ast.Attribute) else None
        if method and method.attr in ADDERS and holds_list(self._types[method.value]):
            self._added(node, method, env)
        elif (node.args or node.keywords) and keeps_arguments(self._types[node.func]):
            for argument in (*node.args, *(k.value for k in node.keywords)):
                self._handed_on(argument, env)

    def _added(self, node: ast.Call, method: ast.Attribute, env: Env) -> None:
        """A call puts something into a list."""
        index, single = ADDERS[method.attr]
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        known = len(node.args) > index and not starred
        added = self._types[node.args[index]] if known else UNKNOWN
        if not single:
            added = added.element if isinstance(added, ListOf) else UNKNOWN
        self.put(method.value, added, env)
        self._sharing.link(self.holders(node, env) if holds_list(added) else ())

    def _handed_on(self, argument: ast.expr, env: Env) -> None:
        """Something is given to a function that may change it, or keep it."""
        given = argument.value if isinstance(argument, ast.Starred) else argument
        kind = self._types.get(given, UNKNOWN)
        if isinstance(argument, ast.Starred) and isinstance(kind, ListOf):
            kind = kind.element
        if holds_list(kind) and not is_fresh(given, kind):
            self.spoil(self.holders(given, env), env, UNKNOWN)


def _names_in(node: ast.AST) -> set[str]:
    found = set()
    stack = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif inner.__class__ not in LEAVES:
            stack += children(inner)
    return found
