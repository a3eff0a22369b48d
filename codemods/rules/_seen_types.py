"""The types of a scope, in which a list of rows counts as their origin, like a query."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..orm.control import whole
from ..orm.infer import Types
from ..orm.types import Instance, ListOf, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..orm.rows import Loop, Rows
    from ..orm.types import Place
    from ..project.module import Module
    from ._n_plus_one_case import Source


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Rows that other code has queried.

    Attributes:
        rows: What becomes of them here.
        source: By what relations can be fetched for them.
        known: What they are in the loops: rows that have ``rows.query`` as their origin.
    """

    rows: Rows
    source: Source
    known: Mapping[ast.AST, Type]


class SeenTypes(Types):
    """The types of a scope, some of them with an origin that inference does not know."""

    def __init__(self, types: Types, known: Mapping[ast.AST, Type]) -> None:
        Types.__init__(self, {}, types.returned)
        self._inner = types
        self._known = known

    def of(self, node: ast.AST | None) -> Type:
        found = self._known.get(node) if node is not None else None
        return found or self._inner.of(node)


def given(types: Types, nodes: Iterable[ast.AST], origin: Place) -> Iterator[tuple[ast.AST, Type]]:
    """Those of the nodes that are lists of rows without an origin, or such rows, with one."""
    for node in nodes:
        kind = types.of(node)
        row = kind.element if isinstance(kind, ListOf) else kind
        if isinstance(row, Instance) and not row.origins:
            known = replace(row, origins=frozenset({origin}))
            yield node, replace(kind, element=known) if isinstance(kind, ListOf) else known


def row_uses(module: Module, loops: Iterable[tuple[Loop, str]]) -> Iterator[ast.Name]:
    """The uses of row variables in their loops."""
    for loop, name in loops:
        for node in ast.walk(whole(module, loop)):
            if isinstance(node, ast.Name) and node.id == name:
                yield node


def is_bound_once(module: Module, loop: Loop, name: str) -> bool:
    """Whether nothing but the loop itself binds its row variable there."""
    uses = row_uses(module, [(loop, name)])
    return sum(not isinstance(use.ctx, ast.Load) for use in uses) == 1
