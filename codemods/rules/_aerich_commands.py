"""Which names stand for a command object of aerich."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..project.symbols import External
from ._migration import symbol_of

if TYPE_CHECKING:
    from ..project.module import Module

_COMMANDS = frozenset({"aerich.Command", "aerich.command.Command"})


def is_command(module: Module, name: ast.Name) -> bool:
    """Whether one statement of the scope binds a name, to a command."""
    scope = module.scope(name)
    if scopes.bindings_in(module, scope).get(name.id) != 1:
        return False
    for node in scopes.nodes_in(module, scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            bound = [target.id for target in node.targets if isinstance(target, ast.Name)]
            symbol = symbol_of(module, node.value.func) if name.id in bound else None
            if isinstance(symbol, External) and symbol.dotted in _COMMANDS:
                return True
    return False
