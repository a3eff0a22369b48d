"""Dates that a loop compares with, and that code works out between the query of its rows and it.

Where the query is to compare with them as well, they have to be worked out before it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits._base import expression
from ..edits.statements import InsertStatements, RemoveStatement
from ..orm import scopes
from ..orm.query_steps import precedes
from ..project.facts import dotted
from ..project.symbols import External

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..edits._base import Edit
    from ..project.module import Module, Scope

_HOMES = frozenset({"datetime", "zoneinfo"})
#: What an expression may hold besides calls and names.
_PARTS = (
    *(ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Constant, ast.keyword, ast.operator, ast.unaryop),
    *(ast.expr_context,),
)
_DEPTH = 4  #: how many such statements may rest on one another


def is_moment(module: Module, scope: Scope, node: ast.expr, depth: int = _DEPTH) -> bool:
    """Whether an expression gives a date, a time or a span of one, which never change.

    Args:
        module: The file.
        scope: The function.
        node: The expression.
        depth: How many variables it may lead through.
    """
    if isinstance(node, ast.BinOp):
        sides = [one for one in (node.left, node.right) if not isinstance(one, ast.Constant)]
        return bool(sides) and all(is_moment(module, scope, one, depth) for one in sides)
    if isinstance(node, ast.Name):
        made = _made(module, scope, node.id) if depth else None
        return made is not None and is_moment(module, scope, made.value, depth - 1)
    return isinstance(node, ast.Call) and _is_of_library(module, node)


def _is_of_library(module: Module, call: ast.Call) -> bool:
    """Whether a call is of the library of dates, or of a method of what such a call gives."""
    func: ast.expr = call.func
    while isinstance(func, ast.Attribute | ast.Call):
        if isinstance(func, ast.Attribute) and dotted(func):
            break
        func = func.func if isinstance(func, ast.Call) else func.value
    found = module.resolve(func) if dotted(func) else None
    return isinstance(found, External) and found.dotted.partition(".")[0] in _HOMES


def _made(module: Module, scope: Scope, name: str) -> ast.Assign | None:
    """The one statement of a function that binds a name, where it is a plain assignment."""
    if scopes.bindings_in(module, scope)[name] != 1 or name in scopes.elsewhere_bound(module):
        return None
    found = [
        node
        for node in scopes.own_nodes(scope)
        if isinstance(node, ast.Assign) and len(node.targets) == 1
    ]
    plain = [one for one in found if isinstance(one.targets[0], ast.Name)]
    return next((one for one in plain if ast.unparse(one.targets[0]) == name), None)


def late(module: Module, query: ast.expr, name: str) -> tuple[ast.Assign, ...] | None:
    """The statements to move before the query of the rows so that a name is known there.

    None where they cannot be moved; none where it is known there already. Only moments can be
    worked out earlier.
    """
    return _late(module, query, name, _DEPTH)


def _late(module: Module, query: ast.expr, name: str, depth: int) -> tuple[ast.Assign, ...] | None:
    scope = module.scope(query)
    if not scopes.bindings_in(module, scope)[name]:
        return None if name in scopes.elsewhere_bound(module) else ()
    made, place = _made(module, scope, name), _statement(module, query)
    if made is None:
        given = {one.arg for one in ast.walk(scope) if isinstance(one, ast.arg)}
        return () if name in given and scopes.bindings_in(module, scope)[name] == 1 else None
    around = (place, *module.ancestors(place))
    if any(precedes(module, made, one) for one in around):
        return ()
    if not depth or not precedes(module, place, made) or not _can_move(module, made):
        return None
    return _with_others(module, query, made, depth)


def _with_others(
    module: Module, query: ast.expr, made: ast.Assign, depth: int
) -> tuple[ast.Assign, ...] | None:
    """A statement after all others that it needs and that are to be moved, too."""
    found: dict[ast.Assign, None] = {}
    for node in ast.walk(made.value):
        if isinstance(node, ast.Name):
            before = _late(module, query, node.id, depth - 1)
            if before is None:
                return None
            found |= dict.fromkeys(before)
    return (*found, made)


def _can_move(module: Module, made: ast.Assign) -> bool:
    """Whether a statement works out a moment from plain values, and no comment speaks of it."""
    scope = module.scope(made)
    for node in ast.walk(made.value):
        if isinstance(node, ast.Call):
            if not _is_of_library(module, node):
                return False
        elif not isinstance(node, (*_PARTS, ast.Name)):
            return False
    lines = range(made.lineno - 1, (made.end_lineno or made.lineno) + 1)
    told = any("#" in module.source.line(line) for line in lines if line)
    return not told and is_moment(module, scope, made.value)


def _statement(module: Module, node: ast.AST) -> ast.stmt:
    return next(one for one in module.ancestors(node) if isinstance(one, ast.stmt))


def moved(module: Module, query: ast.expr, sources: Iterable[str]) -> tuple[ast.Assign, ...]:
    """The statements to move so that the query can hold what is written in sources."""
    trees = map(expression, sources)
    names = {n.id: None for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name)}
    found = (late(module, query, name) or () for name in names)
    return tuple(dict.fromkeys(one for many in found for one in many))


def moving(module: Module, query: ast.expr, sources: Iterable[str]) -> Iterator[Edit]:
    """The edits that move them."""
    found = moved(module, query, sources)
    for one in found:
        yield RemoveStatement(module.path, module.span(one))
    if found:
        source = "\n".join(map(module.text, found))
        yield InsertStatements(module.path, module.span(_statement(module, query)), source)
