"""The statements that run once, from top to bottom: bindings, and plain expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ..project.facts import FunctionNode, imports_of, target_names
from ..project.symbols import Function
from ..project.walk import children
from .annotations import annotated
from .lookup import resolved
from .sharing import spoiled
from .types import UNKNOWN, ListOf, Plain, Reference, Type, join

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._context import Context
    from ._expressions import Expressions
    from ._locals import Locals
    from ._names import Names
    from .environment import Env


class Simple:
    """Walks the simple statements of one scope."""

    def __init__(
        self, context: Context, local: Locals, names: Names, expressions: Expressions
    ) -> None:
        self._context = context
        self._local = local
        self._names = names
        self._expressions = expressions
        self._visit = expressions.visit

    def run(self, node: ast.stmt, env: Env) -> Env:
        """Take a statement into ``env``; one that binds nothing has its expressions visited."""
        return _HANDLERS.get(node.__class__, Simple._other)(self, node, env)

    def _other(self, node: ast.stmt, env: Env) -> Env:
        for child in children(node):
            if isinstance(child, ast.expr):
                self._visit(child, env)
        return env

    def _assign(self, node: ast.Assign, env: Env) -> Env:
        value = self._visit(node.value, env)
        self._local.link(node.targets, node.value, value, env)
        if len(node.targets) > 1 and not all(isinstance(t, ast.Name) for t in node.targets):
            value = spoiled(value)
        for target in node.targets:
            self._expressions.assign(env, target, value)
            if isinstance(target, ast.Subscript):
                several = isinstance(target.slice, ast.Slice)
                inside = value.element if isinstance(value, ListOf) else UNKNOWN
                self._local.put(target.value, inside if several else value, env)
        return env

    def _annotated(self, node: ast.AnnAssign, env: Env) -> Env:
        if node.value is not None:
            value = self._visit(node.value, env)
            if value == UNKNOWN:
                path = self._context.module.path
                value = annotated(self._context.project, path, node.annotation)
            self._local.link([node.target], node.value, value, env)
            self._expressions.assign(env, node.target, value)
        return env

    def _augmented(self, node: ast.AugAssign, env: Env) -> Env:
        before = self._visit(node.target, env)
        added = self._visit(node.value, env)
        result = join(before, added) if isinstance(before, ListOf | Plain) else UNKNOWN
        if isinstance(result, Plain):
            result = Plain("object")  # dividing integers, or adding truth values, makes others
        self._local.put(node.target, added.element if isinstance(added, ListOf) else UNKNOWN, env)
        self._local.link([node.target], node.value, added, env)
        if isinstance(node.target, ast.Name):
            self._local.bind(env, node.target.id, result)
        return env

    def _delete(self, node: ast.Delete, env: Env) -> Env:
        for target in node.targets:
            for name in target_names(target):
                env.pop(name, None)
        return env

    def _import(self, node: ast.Import | ast.ImportFrom, env: Env) -> Env:
        for found in imports_of(node):
            symbol = self._context.project.resolve_import(self._context.module.path, found)
            self._local.bind(env, found.name, self._names.of_symbol(symbol))
        return env

    def _function(self, node: FunctionNode, env: Env) -> Env:
        for child in (*node.decorator_list, *node.args.defaults):
            self._visit(child, env)
        known: Type = UNKNOWN
        if self._is_global(node):
            known = Reference(Function(self._context.module.path, node.name))
        self._local.bind(env, node.name, known)
        return env

    def _class(self, node: ast.ClassDef, env: Env) -> Env:
        for child in node.decorator_list:
            self._visit(child, env)
        known: Type = UNKNOWN
        if self._is_global(node):
            path = self._context.module.path
            known = self._names.of_symbol(resolved(self._context.project, path, node.name))
        self._local.bind(env, node.name, known)
        return env

    def _is_global(self, node: ast.stmt) -> bool:
        """Whether a statement stands at the top of the module, in no block."""
        scope = self._context.scope
        return isinstance(scope, ast.Module) and self._context.module.parent(node) is scope


_HANDLERS: Mapping[type[ast.AST], Callable[[Simple, Any, Env], Env]] = {
    ast.Assign: Simple._assign,
    ast.AnnAssign: Simple._annotated,
    ast.AugAssign: Simple._augmented,
    ast.Delete: Simple._delete,
    ast.Import: Simple._import,
    ast.ImportFrom: Simple._import,
    ast.FunctionDef: Simple._function,
    ast.AsyncFunctionDef: Simple._function,
    ast.ClassDef: Simple._class,
}
