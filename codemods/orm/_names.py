"""What a name that a scope reads stands for: a local, one of a scope around it, or a global."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode, imports_of
from ..project.module import Module
from ..project.symbols import Class, External, Function, Package, Symbol, Variable
from . import scopes
from ._parameters import parameter_type
from .lookup import resolved
from .sharing import spoiled
from .types import UNKNOWN, ModelClass, Reference, Type

if TYPE_CHECKING:
    from ._context import Context
    from ._locals import Locals
    from .environment import Env


class Names:
    """The names that one scope reads."""

    def __init__(self, context: Context, local: Locals) -> None:
        self._context = context
        self._module = context.module
        self._project = context.project
        self._local = local
        self._outer: Env = {}

    def type_of(self, name: str, env: Env) -> Type:
        """The type of a name that is read where ``env`` holds."""
        found = env.get(name)
        if found is not None:
            return found
        if name in self._local.counts or name in self._local.shared:
            return UNKNOWN
        if name not in self._outer:
            self._outer[name] = self._from_outside(name)
        return self._outer[name]

    def _from_outside(self, name: str) -> Type:
        """A name of an enclosing function, of the module, or of Python."""
        for outer in self._module.ancestors(self._context.scope):
            if isinstance(outer, FunctionNode):
                counts = scopes.bindings_in(self._module, outer)
                if name in counts:
                    return self._of_closure(outer, name) if counts[name] == 1 else UNKNOWN
        return self.of_symbol(resolved(self._project, self._module.path, name))

    def _of_closure(self, outer: FunctionNode, name: str) -> Type:
        """A name that an enclosing function binds once: its type is the same at all times."""
        hidden = scopes.comprehension_targets(scopes.nodes_in(self._module, outer))
        for node in scopes.nodes_in(self._module, outer):
            if isinstance(node, ast.Name):
                stores = node.id == name and isinstance(node.ctx, ast.Store)
                if stores and id(node) not in hidden:
                    return spoiled(self._context.beside(self._module, outer).of(node))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                for found in imports_of(node):
                    if found.name == name:
                        return self.of_symbol(
                            self._project.resolve_import(self._module.path, found)
                        )
        for parameter in scopes.parameters(outer):
            if parameter.arg == name:
                return spoiled(parameter_type(self._module, outer, parameter))
        return UNKNOWN

    def of_symbol(self, symbol: Symbol | None) -> Type:
        """The type of the thing that a module-level name stands for."""
        if isinstance(symbol, Class) and self._project.models.get(symbol):
            return ModelClass(symbol)
        if isinstance(symbol, Variable):
            return self._of_variable(symbol)
        if isinstance(symbol, External | Class | Function | Package):
            return Reference(symbol)
        return UNKNOWN

    def _of_variable(self, symbol: Variable) -> Type:
        """A module-level variable that one statement binds."""
        module = self._project.module(symbol.path)
        if not isinstance(module, Module):
            return UNKNOWN
        context = self._context
        if context.scope is module.tree:
            context.rests_on_this_depth()  # another scope that asks gets an answer
            return UNKNOWN
        for statement in module.tree.body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.Assign):
                targets = statement.targets
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                targets = [statement.target]
            for target in targets:
                if isinstance(target, ast.Name) and target.id == symbol.name:
                    same = module is self._module
                    types = (context.beside if same else context.below)(module, module.tree)
                    return UNKNOWN if types is None else spoiled(types.of(target))
        return UNKNOWN
