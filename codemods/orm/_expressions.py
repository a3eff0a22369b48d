"""The type of an expression, from the types of its parts and of the names at that point."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..project.facts import target_names
from ..project.walk import children
from . import scopes
from ._elements import awaited, element, item, unpacked
from ._locals import Loop
from ._narrow import narrow
from .environment import Env, join_all, meet
from .members import awaits_itself
from .sharing import holds_list
from .types import (
    NONE,
    UNKNOWN,
    Foreign,
    Instance,
    ListOf,
    Plain,
    TupleOf,
    Type,
    join,
    members_of,
    without_none,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._locals import Locals
    from ._names import Names
    from .calls import Calls
    from .members import Members


_BOOL, _STR = Plain("bool"), Plain("str")
_PATH = Foreign("pathlib.Path")
_NUMBERS = (Plain("int"), Plain("float"))
_FIXED = frozenset({ast.Is, ast.IsNot, ast.In, ast.NotIn})
#: What a literal is, by the class of its value.
_CONSTANTS: dict[type, Type] = {
    type(None): NONE,
    **{kind: Plain(kind.__name__) for kind in (str, int, float, bool, bytes, complex, type(...))},
}


class Expressions:
    """Types the expressions of one scope.

    Attributes:
        types: The type of every expression that was visited.
    """

    def __init__(
        self,
        types: dict[ast.AST, Type],
        local: Locals,
        names: Names,
        members: Members,
        calls: Calls,
    ) -> None:
        self.types = types
        self._local = local
        self._names = names
        self._members = members
        self._calls = calls

    def visit(self, node: ast.expr, env: Env) -> Type:
        """The type of an expression; recorded, with those of its parts."""
        found = _HANDLERS.get(node.__class__, Expressions._other)(self, node, env)
        self.types[node] = found
        return found

    def visit_all(self, nodes: list[ast.expr], env: Env) -> list[Type]:
        """The types of several expressions, in the order in which they run."""
        return [self.visit(node, env) for node in nodes]

    def assign(self, env: Env, target: ast.expr, value: Type) -> None:
        """Something of type ``value`` is bound to a target."""
        if isinstance(target, ast.Name):
            self._local.bind(env, target.id, value)
            self.types[target] = env[target.id]
        elif isinstance(target, ast.Tuple | ast.List):
            for part, known in zip(target.elts, unpacked(value, target.elts), strict=True):
                self.assign(env, part, known)
        elif isinstance(target, ast.Starred):
            self.assign(env, target.value, UNKNOWN)
        else:
            self.visit(target, env)

    def narrowed(self, test: ast.expr, env: Env, truth: bool) -> Env:
        """``env`` where a test, which was visited before, came out as ``truth``."""
        return narrow(test, env, truth, self.types, self._local.shared)

    def _other(self, node: ast.expr, env: Env) -> Type:
        for child in children(node):
            if isinstance(child, ast.expr):
                self.visit(child, env)
        return UNKNOWN

    # Names and literals

    def _name(self, node: ast.Name, env: Env) -> Type:
        return self._names.type_of(node.id, env)

    def _constant(self, node: ast.Constant, _env: Env) -> Type:
        return _CONSTANTS.get(node.value.__class__, UNKNOWN)

    def _text(self, node: ast.JoinedStr, env: Env) -> Type:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value, env)
                if isinstance(part.format_spec, ast.JoinedStr):
                    self._text(part.format_spec, env)
        return _STR

    def _tuple(self, node: ast.Tuple, env: Env) -> Type:
        elements = tuple(self.visit_all(node.elts, env))
        starred = any(isinstance(e, ast.Starred) for e in node.elts)
        return UNKNOWN if starred else TupleOf(elements)

    def _list(self, node: ast.List, env: Env) -> Type:
        # Elements can be appended through any alias, so a display promises none.
        self.visit_all(node.elts, env)
        return ListOf(UNKNOWN)

    def _set(self, node: ast.Set, env: Env) -> Type:
        self.visit_all(node.elts, env)
        return ListOf(UNKNOWN, "set")

    def _dict(self, node: ast.Dict, env: Env) -> Type:
        self.visit_all([key for key in node.keys if key is not None], env)
        self.visit_all(node.values, env)
        return Plain("dict")

    # Operators

    def _compare(self, node: ast.Compare, env: Env) -> Type:
        self.visit(node.left, env)
        self.visit_all(node.comparators, env)
        # ``==`` and ``<`` may be anything that a class makes of them; these three cannot.
        fixed = all(op.__class__ in _FIXED for op in node.ops)
        return _BOOL if fixed else UNKNOWN

    def _unary(self, node: ast.UnaryOp, env: Env) -> Type:
        operand = self.visit(node.operand, env)
        if isinstance(node.op, ast.Not):
            return _BOOL
        if not isinstance(operand, Plain):
            return UNKNOWN
        return operand if operand.name in ("int", "float", "complex") else Plain("object")

    def _binary(self, node: ast.BinOp, env: Env) -> Type:
        left, right = self.visit(node.left, env), self.visit(node.right, env)
        if left == _STR and isinstance(node.op, ast.Add | ast.Mod):
            return left
        if isinstance(left, ListOf) and isinstance(right, ListOf) and isinstance(node.op, ast.Add):
            return join(left, right)
        if left == _PATH and isinstance(node.op, ast.Div):
            return left
        return Plain("object") if left in _NUMBERS and right in _NUMBERS else UNKNOWN

    def _bool(self, node: ast.BoolOp, env: Env) -> Type:
        either = isinstance(node.op, ast.Or)
        result = self.visit(node.values[0], env)
        current = dict(env)
        for before, value in pairwise(node.values):
            current = self.narrowed(before, dict(current), not either)
            # What is left of ``or`` counts where it is true, which None is not.
            result = join(without_none(result) if either else result, self.visit(value, current))
            meet(env, current)  # each operand can be the last that runs
        return result

    def _conditional(self, node: ast.IfExp, env: Env) -> Type:
        self.visit(node.test, env)
        if_yes = self.narrowed(node.test, dict(env), True)
        if_no = self.narrowed(node.test, dict(env), False)
        yes, no = self.visit(node.body, if_yes), self.visit(node.orelse, if_no)
        meet(env, if_yes, if_no)
        return join(yes, no)

    # What runs, or is taken from, another value

    def _named(self, node: ast.NamedExpr, env: Env) -> Type:
        value = self.visit(node.value, env)
        self._local.link([node.target], node.value, value, env)
        self.assign(env, node.target, value)
        return value

    def _yield(self, node: ast.Yield, env: Env) -> Type:
        if node.value is not None and holds_list(self.visit(node.value, env)):
            self._local.spoil(self._local.holders(node.value, env), env, UNKNOWN)
        return UNKNOWN

    def _subscript(self, node: ast.Subscript, env: Env) -> Type:
        value = self.visit(node.value, env)
        self.visit(node.slice, env)
        return item(value, node.slice)

    def _attribute(self, node: ast.Attribute, env: Env) -> Type:
        return self._members.attribute(self.visit(node.value, env), node.attr)

    def _call(self, node: ast.Call, env: Env) -> Type:
        called = self.visit(node.func, env)
        values = self.visit_all(node.args, env)
        for keyword in node.keywords:
            self.visit(keyword.value, env)
        result = self._calls.result(node, called, values)
        self._local.called(node, env)
        return result

    def _await(self, node: ast.Await, env: Env) -> Type:
        value = self.visit(node.value, env)
        rows = [one for one in members_of(value) if isinstance(one, Instance)]
        known = all(awaits_itself(self._local.project, row) for row in rows)
        return awaited(node.value, value) if known else UNKNOWN

    # What has names of its own

    def _lambda(self, node: ast.Lambda, env: Env) -> Type:
        inside = self._local.later(env)
        inside.update((p.arg, UNKNOWN) for p in scopes.parameters(node))
        self.visit(node.body, inside)
        return UNKNOWN

    def _list_of(self, node: ast.ListComp, env: Env) -> Type:
        return ListOf(self.comprehension(node.generators, [node.elt], env))

    def _set_of(self, node: ast.SetComp, env: Env) -> Type:
        return ListOf(self.comprehension(node.generators, [node.elt], env), "set")

    def _generator(self, node: ast.GeneratorExp, env: Env) -> Type:
        later = self._local.later(env)
        return ListOf(self.comprehension(node.generators, [node.elt], later), "generator")

    def _dict_of(self, node: ast.DictComp, env: Env) -> Type:
        self.comprehension(node.generators, [node.key, node.value], env)
        return Plain("dict")

    def comprehension(
        self, generators: list[ast.comprehension], elements: list[ast.expr], env: Env
    ) -> Type:
        """What the elements of a comprehension are."""
        local, inside = self._local, dict(env)
        bound = dict(local.bound)
        local.loops.append(Loop())
        for generator in generators:
            self._generated(generator, inside)
        result = join_all(self.visit_all(elements, inside))
        local.loops.pop()
        local.bound = bound
        hidden = {name for generator in generators for name in target_names(generator.target)}
        meet(env, {name: value for name, value in inside.items() if name not in hidden})
        return result

    def _generated(self, generator: ast.comprehension, inside: Env) -> None:
        """One ``for`` of a comprehension, with its conditions."""
        local, target = self._local, generator.target
        iterated = self.visit(generator.iter, inside)
        each = element(generator.iter, iterated, bool(generator.is_async))
        # The names of a comprehension are its own: no block around it sees what they are.
        attempts, local.attempts = local.attempts, []
        local.link([target], generator.iter, each, inside)
        self.assign(inside, target, each)
        local.attempts = attempts
        for test in generator.ifs:
            self.visit(test, inside)
            self.narrowed(test, inside, True)


_HANDLERS: Mapping[type[ast.expr], Callable[[Expressions, Any, Env], Type]] = {
    ast.Name: Expressions._name,
    ast.Constant: Expressions._constant,
    ast.JoinedStr: Expressions._text,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._list,
    ast.Set: Expressions._set,
    ast.Dict: Expressions._dict,
    ast.Compare: Expressions._compare,
    ast.UnaryOp: Expressions._unary,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._bool,
    ast.IfExp: Expressions._conditional,
    ast.NamedExpr: Expressions._named,
    ast.Yield: Expressions._yield,
    ast.Subscript: Expressions._subscript,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.Await: Expressions._await,
    ast.Lambda: Expressions._lambda,
    ast.ListComp: Expressions._list_of,
    ast.SetComp: Expressions._set_of,
    ast.GeneratorExp: Expressions._generator,
    ast.DictComp: Expressions._dict_of,
}
