"""On which connection a transaction block is, and whether a model lives there."""

from __future__ import annotations

import ast
from enum import Enum
from typing import TYPE_CHECKING

from ..project.configs import connections_of
from .homes import home_of
from .transactions import on_its_connection, opened_by, opener_of

if TYPE_CHECKING:
    from ..project.module import Module
    from ..project.symbols import Class
    from .infer import Types
    from .transactions import Transaction


class Lives(Enum):
    """Where a model lives, seen from a transaction."""

    HERE = "here"  #: on the connection of the transaction
    ELSEWHERE = "elsewhere"  #: on another one: what is written there is no part of it
    UNKNOWN = "unknown"


def lives_on(module: Module, block: Transaction, model: Class) -> Lives:
    """Whether a model, and all that are derived from it, live on the connection of a block."""
    if on_its_connection(module, block):
        return Lives.HERE
    alias, known = alias_of(module, block), connections_of(module.project, module.path)
    home = home_of(module.project, module.path, model)
    if alias is None or known is None or home is None or alias not in known.names:
        return Lives.UNKNOWN
    return Lives.HERE if home == alias else Lives.ELSEWHERE


def alias_of(module: Module, block: Transaction) -> str | None:
    """The name of a block's connection, if the source says it."""
    alias = block.alias
    if isinstance(alias, ast.Constant) and isinstance(alias.value, str):
        return alias.value
    if isinstance(alias, ast.Attribute) and alias.attr == "connection_name":
        outer = opener_of(module, alias.value)
        return alias_of(module, outer) if outer is not None else None
    return None


def are_apart(module: Module, one: Transaction, other: Transaction) -> bool:
    """Whether two blocks are proven to be on two connections of the project."""
    names = {alias_of(module, one), alias_of(module, other)}
    known = connections_of(module.project, module.path)
    return known is not None and len(names) == 2 and names <= known.names


def is_apart(module: Module, types: Types, block: Transaction, node: ast.AsyncWith) -> bool:
    """Whether all that a statement opens is on other connections than a block."""
    return all(are_apart(module, block, other) for other in opened_by(types, node))
