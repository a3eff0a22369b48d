"""What a set of edits means: the tree that the file is to have after them."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from ._base import Edit, EditError, Level, ModuleEdit, PartEdit, StatementEdit
from ._locate import Place, locate
from .statements import InsertStatements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..source import Source


def meant(source: Source, tree: ast.Module, edits: Sequence[Edit]) -> ast.Module:
    """The tree after the edits; ``tree``, which is of ``source``, is changed in place.

    Raises EditError if an edit does not fit.
    """
    places = locate(source, tree, edits)
    worker = _Meaning(places)
    for top in {place.top for place in places}:
        worker.children(tree.body[top])
    tree.body = worker.block(tree.body)
    for edit in edits:
        if isinstance(edit, ModuleEdit):
            tree = edit.mean_module(tree)
    return tree


def by_node(places: Sequence[Place], level: Level) -> dict[int, list[Edit]]:
    """The edits of one level by the identity of their node, in the order to make them."""
    found: dict[int, list[Edit]] = defaultdict(list)
    for place in places:
        if place.edit.level is level:
            found[id(place.node)].append(place.edit)
    return {key: sorted(edits, key=lambda edit: edit.rank) for key, edits in found.items()}


def sides(edits: Sequence[Edit]) -> tuple[list[InsertStatements], list[InsertStatements]]:
    """The insertions before and after a statement, among its edits."""
    inserts = [edit for edit in edits if isinstance(edit, InsertStatements)]
    before = [edit for edit in inserts if edit.where == "before"]
    return before, [edit for edit in inserts if edit.where == "after"]


class _Meaning:
    """One pass over the trees of the edited statements, from the leaves up."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._expressions = by_node(places, Level.EXPRESSION)
        self._items = by_node(places, Level.ITEM)
        self._decorators = by_node(places, Level.DECORATOR)
        self._statements = by_node(places, Level.STATEMENT)
        self._parts = {id(p.edit): id(p.inner) for p in places if p.inner is not None}
        self._kept: dict[int, ast.AST] = dict.fromkeys(self._parts.values(), ast.Pass())

    def children(self, node: ast.AST) -> None:
        """Apply the edits of everything below a node."""
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(node, name, self._visit(value))
            elif isinstance(value, list) and value:
                setattr(node, name, self._row(name, value))

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements of a block after the edits of whole statements."""
        out: list[ast.stmt] = []
        for statement in body:
            edits = self._statements.get(id(statement), [])
            before, after = sides(edits)
            now = [statement]
            for edit in edits:
                if isinstance(edit, StatementEdit) and edit not in before and edit not in after:
                    now = [new for old in now for new in edit.mean_statements(old)]
            for insert in reversed(before):
                now = [*insert.mean_statements(ast.Pass())[:-1], *now]
            for insert in after:
                now = [*now, *insert.mean_statements(ast.Pass())[1:]]
            out.extend(now)
        return out

    def _row(self, name: str, values: list[ast.AST]) -> list[ast.AST]:
        if name == "decorator_list":
            values = [value for value in values if id(value) not in self._decorators]
        if values and isinstance(values[0], ast.stmt):
            for value in values:
                self.children(value)
            lines = self.block([value for value in values if isinstance(value, ast.stmt)])
            return list(lines) or [ast.Pass()]
        return [self._visit(value) if isinstance(value, ast.AST) else value for value in values]

    def _visit(self, node: ast.AST) -> ast.AST:
        key = id(node)
        item = id(node.context_expr) if isinstance(node, ast.withitem) else 0
        self.children(node)
        for edit in self._expressions.get(key, ()):
            if isinstance(edit, PartEdit):
                node = edit.mean_with(node, self._kept[self._parts[id(edit)]])
            else:
                node = edit.mean(node)
        for edit in self._items.get(item, ()):
            node = edit.mean(node)
        if key in self._kept:
            self._kept[key] = node
        return node


def check_used(places: Sequence[Place], made: set[int]) -> None:
    """Raises EditError for the first edit that was not made."""
    for place in places:
        if id(place.edit) not in made:
            raise EditError("the edit does not fit the code here", place.edit.span.line)
