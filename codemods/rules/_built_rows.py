"""Rows of a query that another function of the project runs, for one caller alone."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.definitions import definition, plain_decorators
from ..orm.infer import place, types_of
from ..orm.reach import function_called
from ..orm.rows import Rows, rows_of_relation
from ..orm.transactions import is_atomic
from ..orm.types import Instance, ListOf
from ..project.module import Module
from ..source import Fault
from ._n_plus_one_case import Home
from ._n_plus_one_query import source_of
from ._seen_types import Elsewhere, SeenTypes, given, is_bound_once, row_uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..orm.infer import Types
    from ..project.index import Project
    from ..project.module import Scope
    from ..project.symbols import Function
    from ._n_plus_one_case import Source


def built_in(module: Module, types: Types, scope: Scope) -> Iterator[Elsewhere]:
    """The loops of a scope over what a function has queried that nothing else calls.

    The query is that function's, which can be told to fetch what this scope needs.
    """
    for node in scopes.nodes_in(module, scope):
        if not isinstance(node, ast.Await) or not _gives_rows(types, node):
            continue
        symbol = function_called(types, node.value)
        source = _built_by(module.project, symbol) if symbol and _is_named(node, symbol) else None
        seen = _seen(module, types, scope, node) if source is not None else None
        rows = rows_of_relation(module, scope, seen, node.value) if seen is not None else None
        if rows is None or source is None or seen is None or not rows.loops:
            continue
        if all(is_bound_once(module, loop, name) for loop, name in rows.loops):
            known = dict(given(types, row_uses(module, rows.loops), place(node.value)))
            yield Elsewhere(rows, source, known)


def _gives_rows(types: Types, node: ast.Await) -> bool:
    kind = types.of(node)
    row = kind.element if isinstance(kind, ListOf) and kind.container == "list" else None
    return isinstance(row, Instance) and not row.origins and not row.optional


def _is_named(node: ast.Await, function: Function) -> bool:
    """Whether a function is called by the name that its definition gives it."""
    called = node.value.func if isinstance(node.value, ast.Call) else None
    name = getattr(called, "attr", "") or getattr(called, "id", "")
    return name == function.qualname.rpartition(".")[2]


def _seen(module: Module, types: Types, scope: Scope, node: ast.Await) -> SeenTypes | None:
    """The types, in which the list that a call gave has it as its origin wherever it is used.

    None where the variable that holds it may hold something else.
    """
    parent = module.parent(node)
    uses: list[ast.AST] = [node]
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        once = [scopes.bindings_in(module, scope)[name] == 1 for name in names]
        if once != [True] or names[0] in scopes.elsewhere_bound(module):
            return None
        mentions = (n for n in scopes.nodes_in(module, scope) if isinstance(n, ast.Name))
        uses += [n for n in mentions if n.id == names[0]]
    return SeenTypes(types, dict(given(types, uses, place(node.value))))


def _built_by(project: Project, function: Function) -> Source | None:
    """The query whose rows a function gives to its only caller; None for any other function."""
    module = project.module(function.path)
    node = definition(module, function) if isinstance(module, Module) else None
    if not isinstance(module, Module) or not isinstance(node, ast.AsyncFunctionDef):
        return None
    plain = plain_decorators(module, node) and not is_atomic(module, node)
    if not plain or scopes.is_generator(module, node):
        return None
    run = _returned(module, node)
    if run is None or not _is_called_once(project, node.name):
        return None
    rows = Rows(run.value, next(s for s in node.body if run in ast.walk(s)))
    source = source_of(module, types_of(module, node), node, rows)
    return replace(source, home=Home(module, run.value)) if source is not None else None


def _returned(module: Module, node: ast.AsyncFunctionDef) -> ast.Await | None:
    """The ``await`` whose value a function returns, where all that follows it is the return."""
    last = node.body[-1]
    returns = [n for n in scopes.nodes_in(module, node) if isinstance(n, ast.Return)]
    if returns != [last] or not isinstance(last, ast.Return):
        return None
    if isinstance(last.value, ast.Await):
        return last.value
    before = node.body[-2] if len(node.body) > 1 else None
    if not isinstance(last.value, ast.Name) or not isinstance(before, ast.Assign | ast.AnnAssign):
        return None
    targets = before.targets if isinstance(before, ast.Assign) else [before.target]
    names = [getattr(target, "id", "") for target in targets]
    same = names == [last.value.id]
    return before.value if same and isinstance(before.value, ast.Await) else None


def _is_called_once(project: Project, name: str) -> bool:
    """Whether a name stands in the project for one definition and one use of it.

    Besides these two it may stand in imports. Whatever else holds the word may call the function.
    """
    key = (_is_called_once, name)
    if key not in project.memo:
        word = re.compile(rf"\b{re.escape(name)}\b".encode())
        project.memo[key] = sum(_uses(project, path, name, word) for path in project.files) == 2
    found: bool = project.memo[key]
    return found


def _uses(project: Project, path: str, name: str, word: re.Pattern[bytes]) -> int:
    """How often a file holds a word otherwise than to import it."""
    data = project.read(path)
    count = 0 if isinstance(data, Fault) else len(word.findall(data))
    facts = project.facts(path) if count else None
    return count - sum(one.attr == name for one in facts.imports.get(name, ())) if facts else count
