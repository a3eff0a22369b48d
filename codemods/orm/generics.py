"""What the classes of a project write for the type variables of their generic bases."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.module import Module
from ..project.symbols import Class, External, Variable
from .annotations import Given, annotated, type_variable
from .attributes import class_node, lineage
from .lookup import resolved_expression
from .types import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_GENERIC = frozenset({External("typing.Generic"), External("typing.Protocol")})


def arguments(project: Project, symbol: Class, base: Class) -> Given:
    """What stands for the type variables of a base in a class that is derived from it.

    Only what is written out counts: ``class Books(Repository[Book])``.
    """
    key = (arguments, symbol, base)
    if key not in project.memo:
        project.memo[key] = {}  # of a class among its own bases
        project.memo[key] = _found(project, symbol, base)
    found: Given = project.memo[key]
    return found


def _found(project: Project, symbol: Class, base: Class) -> Given:
    given: Given = {}
    seen: set[Class] = set()
    while symbol != base and symbol not in seen:
        seen.add(symbol)
        for node in _bases(project, symbol):
            above = resolved_expression(project, symbol.path, _bare(node))
            if isinstance(above, Class) and base in lineage(project, above):
                given = _passed_on(project, symbol, above, node, given)
                symbol = above
                break
    return given if symbol == base else {}


def _passed_on(
    project: Project, symbol: Class, above: Class, node: ast.expr, given: Given
) -> Given:
    """What a class gives for the variables of one of its bases."""
    written = node.slice if isinstance(node, ast.Subscript) else None
    values = written.elts if isinstance(written, ast.Tuple) else [written] if written else []
    variables = _variables(project, above)
    if len(values) != len(variables):
        return {}
    known = (annotated(project, symbol.path, value, given) for value in values)
    return {name: kind for name, kind in zip(variables, known, strict=True) if kind != UNKNOWN}


def _variables(project: Project, symbol: Class) -> list[Variable]:
    """The type variables of a class, in the order in which they are given."""
    nodes = list(_bases(project, symbol))
    generic = [n for n in nodes if resolved_expression(project, symbol.path, _bare(n)) in _GENERIC]
    found: dict[Variable, None] = {}
    for node in generic or nodes:
        for inner in ast.walk(node) if isinstance(node, ast.Subscript) else ():
            if not isinstance(inner, ast.Name | ast.Attribute):
                continue
            known = resolved_expression(project, symbol.path, inner)
            if isinstance(known, Variable) and type_variable(project, known) is not None:
                found[known] = None
    return list(found)


def _bases(project: Project, symbol: Class) -> Iterator[ast.expr]:
    module = project.module(symbol.path)
    node = class_node(module, symbol) if isinstance(module, Module) else None
    return iter(node.bases if node is not None else ())


def _bare(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node
