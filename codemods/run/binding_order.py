"""Which names a module reads, while it is imported, above all that binds them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def read_early(tree: ast.Module) -> frozenset[str]:
    """The names that a module binds further down than the first code that needs them at import.

    Bodies of functions run later, and do not count; nor do names that the module does not bind.
    A binding in a branch counts as one for all that stands below it.
    """
    reading = _Reading(_postpones(tree))
    reading.run(tree.body)
    return frozenset(reading.early & reading.bound)


def _postpones(tree: ast.Module) -> bool:
    """Whether annotations are not evaluated."""
    return any(
        isinstance(one, ast.ImportFrom)
        and one.module == "__future__"
        and any(alias.name == "annotations" for alias in one.names)
        for one in tree.body
    )


class _Reading:
    """Goes over a module as Python does, but through all branches, and remembers the names.

    Attributes:
        early: The names that were read before anything bound them.
        bound: The names that something has bound so far.
    """

    def __init__(self, postponed: bool, outer: Iterable[str] = ()) -> None:
        self._postponed = postponed
        self.early: set[str] = set()
        self.bound: set[str] = set(outer)

    def run(self, body: Iterable[ast.AST]) -> None:
        """Read and bind what some statements do, in their order."""
        for node in body:
            if isinstance(node, _Function):
                self._function(node)
            elif isinstance(node, ast.ClassDef):
                self._class(node)
            else:
                self._plain(node)

    def _function(self, node: _Function) -> None:
        given = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        if not self._postponed:
            arguments = (one for one in ast.walk(node.args) if isinstance(one, ast.arg))
            given += filter(None, [node.returns, *(one.annotation for one in arguments)])
        self._read(given, _type_parameters(node))
        self.bound.add(node.name)

    def _class(self, node: ast.ClassDef) -> None:
        self._read([*node.decorator_list, *node.bases, *node.keywords], _type_parameters(node))
        inner = _Reading(self._postponed, self.bound | _type_parameters(node))
        inner.run(node.body)
        self.early |= inner.early
        self.bound.add(node.name)

    def _plain(self, node: ast.AST) -> None:
        """Any other statement, or a part of one that holds statements."""
        parts = list(ast.iter_child_nodes(node))
        own = [one for one in parts if not isinstance(one, _HOLDERS)]
        if isinstance(node, ast.AnnAssign) and self._postponed:
            own.remove(node.annotation)
        self._read(own, frozenset())
        for name in getattr(node, "names", ()) if isinstance(node, _IMPORTS) else ():
            self.bound.add(name.asname or name.name.partition(".")[0])
        if isinstance(node, ast.ExceptHandler) and node.name:
            self.bound.add(node.name)
        self.run(one for one in parts if isinstance(one, _HOLDERS))

    def _read(self, expressions: Iterable[ast.AST], known: frozenset[str]) -> None:
        """The reads of some expressions, and then what they bind."""
        nodes = [one for expression in expressions for one in _evaluated(expression)]
        names = [one for one in nodes if isinstance(one, ast.Name)]
        loads = {one.id for one in names if isinstance(one.ctx, ast.Load)}
        self.early |= loads - self.bound - known - _targets(nodes)
        self.bound |= {one.id for one in names if isinstance(one.ctx, ast.Store)}
        self.bound |= {one.name for one in nodes if isinstance(one, _CAPTURES) and one.name}
        self.bound |= {one.rest for one in nodes if isinstance(one, ast.MatchMapping) and one.rest}


_HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)
_IMPORTS = (ast.Import, ast.ImportFrom)
_CAPTURES = (ast.MatchAs, ast.MatchStar)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is evaluated with it: not the bodies of lambdas."""
    yield node
    parts = node.args.defaults if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node)
    for part in parts:
        yield from _evaluated(part)


def _targets(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The names that comprehensions, and walruses, among some nodes bind for themselves."""
    found = {one.target.id for one in nodes if isinstance(one, ast.NamedExpr)}
    for node in nodes:
        for part in node.generators if isinstance(node, _COMPREHENSIONS) else ():
            found |= {one.id for one in ast.walk(part.target) if isinstance(one, ast.Name)}
    return frozenset(found)


def _type_parameters(node: ast.AST) -> frozenset[str]:
    return frozenset(one.name for one in getattr(node, "type_params", ()))
