"""Statements that call ``fetch_related`` for each row of a query."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..orm.types import ApiMethod, Instance
from ._fetch_paths import hops, literal
from ._together import gathering

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..orm.infer import Types
    from ..orm.rows import Loop, Rows
    from ..project.models import Relation
    from ..project.module import Module

NAME = "fetch_related"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One statement that fetches relations of the row.

    Attributes:
        statement: The statement, which does nothing else.
        call: ``row.fetch_related(...)``.
        loop: The loop over the rows; part of the statement where that is a comprehension.
        paths: The relations, as they are written.
        hops: Every relation on the way, the last ones included.
    """

    statement: ast.Expr
    call: ast.Call
    loop: Loop
    paths: tuple[str, ...]
    hops: tuple[Relation, ...]


def fetches_in(module: Module, types: Types, rows: Rows) -> Iterator[Fetch]:
    """The statements in the loops over rows that fetch relations which are written out."""
    for loop, name in rows.loops:
        for call in _calls(module, loop):
            func = call.func
            row = func.value if isinstance(func, ast.Attribute) and func.attr == NAME else None
            if not isinstance(row, ast.Name) or row.id != name or call.keywords:
                continue
            statement = _statement(module, call, loop)
            found = _hops(module, types, call)
            if statement is not None and found:
                paths = tuple(literal(argument) for argument in call.args)
                yield Fetch(statement, call, loop, paths, tuple(found))


def _calls(module: Module, loop: Loop) -> Iterator[ast.Call]:
    outer = module.parent(loop) if isinstance(loop, ast.comprehension) else loop
    for node in ast.walk(outer) if outer else ():
        if isinstance(node, ast.Call):
            yield node


def _hops(module: Module, types: Types, call: ast.Call) -> Sequence[Relation]:
    """The relations that a call fetches; none where one of them is not known."""
    called = types.of(call.func)
    row = called.receiver if isinstance(called, ApiMethod) else None
    if not isinstance(row, Instance) or not call.args:
        return ()
    found: dict[Relation, None] = {}
    for argument in call.args:
        path = literal(argument)
        known = hops(module, row.model, path) if path else ()
        if not known:
            return ()
        found |= dict.fromkeys(known)
    return tuple(found)


def _statement(module: Module, call: ast.Call, loop: Loop) -> ast.Expr | None:
    """The statement that does nothing but run the call, once or for every row."""
    parent = module.parent(call)
    if isinstance(loop, ast.comprehension):
        return _of_comprehension(module, call, loop)
    statement = module.parent(parent) if isinstance(parent, ast.Await) else None
    return statement if isinstance(statement, ast.Expr) else None


def _of_comprehension(module: Module, call: ast.Call, loop: ast.comprehension) -> ast.Expr | None:
    """``[await row.fetch_related() for ...]``, or a comprehension whose calls are gathered."""
    made = module.parent(loop)
    if not isinstance(made, ast.ListComp | ast.GeneratorExp) or made.generators != [loop]:
        return None
    outer: ast.AST | None
    if made.elt is call:
        outer = gathering(module, made)
    elif isinstance(made.elt, ast.Await) and made.elt.value is call:
        outer = made if isinstance(made, ast.ListComp) else None
    else:
        return None
    statement = module.parent(outer) if outer else None
    plain = not loop.ifs and not loop.is_async
    return statement if isinstance(statement, ast.Expr) and plain else None
