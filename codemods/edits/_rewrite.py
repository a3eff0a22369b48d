"""Edits made on a libcst tree: the nodes found by position, then changed from the leaves up.

This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from ..source import Source, Span
from ._base import Edit, EditError, Level, ModuleEdit, PartEdit
from ._block import Block
from ._layout import comments
from ._mean import check_used
from .with_items import around_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._locate import Place

#: What libcst calls the expressions of ``ast``, by class name.
_NAMES: dict[str, tuple[str, ...]] = {
    "BoolOp": ("BooleanOperation",),
    "BinOp": ("BinaryOperation",),
    "UnaryOp": ("UnaryOperation",),
    "Compare": ("Comparison",),
    "IfExp": ("IfExp",),
    "YieldFrom": ("Yield",),
    "JoinedStr": ("FormattedString", "ConcatenatedString"),
    "Constant": (
        "SimpleString",
        "ConcatenatedString",
        "Integer",
        "Float",
        "Imaginary",
        "Ellipsis",
        "Name",
    ),
}

_DECORATED = (cst.FunctionDef, cst.ClassDef)


def rewrite(module: cst.Module, source: Source, first: int, places: Sequence[Place]) -> cst.Module:
    """The module after the edits.

    Args:
        module: The tree of a piece of the source, whole lines of it.
        source: The file.
        first: The line of the file that the piece begins with, from 1.
        places: The edits.

    Raises EditError if one does not fit.
    """
    if not places:
        return module
    module = _lower(module, _pinned(module)) if first == 1 else _lower(module, 0)
    worker = _Rewriter(_Finder(module, source, first), places, first == 1)
    changed = module.visit(worker)
    check_used(places, worker.made)
    return changed


def finish(module: cst.Module, edits: Sequence[Edit]) -> cst.Module:
    """The module after those of the edits that change a file as a whole."""
    for edit in edits:
        if isinstance(edit, ModuleEdit):
            module = edit.change_module(module)
    return module


def _pinned(module: cst.Module) -> int:
    """How many of the header's lines must stay the first of the file."""
    pinned = 0
    for index, line in enumerate(module.header[:2]):
        text = line.comment.value if line.comment else ""
        if text.startswith("#!") or "coding:" in text or "coding=" in text:
            pinned = index + 1
    return pinned


def _lower(module: cst.Module, pinned: int) -> cst.Module:
    """The module with its header, but for the first lines, above the first statement instead."""
    if not module.body or len(module.header) == pinned:
        return module
    first = module.body[0]
    lines = [*module.header[pinned:], *first.leading_lines]
    moved = first.with_changes(leading_lines=lines)
    return module.with_changes(header=module.header[:pinned], body=[moved, *module.body[1:]])


class _Finder:
    """From a node of ``ast`` to the node of libcst."""

    def __init__(self, module: cst.Module, source: Source, first: int) -> None:
        self._source, self._first = source, first
        self._ranges = ranges = _Positions().of(module)
        self._expressions: dict[Span, list[cst.CSTNode]] = defaultdict(list)
        self._statements: dict[tuple[int, int], list[cst.CSTNode]] = defaultdict(list)
        for node, where in ranges.items():
            if isinstance(node, cst.BaseExpression):
                self._expressions[self._span(node, where)].append(node)
            elif isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
                key = (where.start.line + first - 1, where.start.column)
                self._statements[key].append(node)

    def find(self, node: ast.AST) -> cst.CSTNode:
        """The same node in libcst. Raises EditError if it is not there, or not alone."""
        span = self._source.span(node)
        if isinstance(node, ast.stmt):
            nodes = [n for n in self._statements[span[:2]] if _alone(n)]
        else:
            kind = type(node).__name__
            names = _NAMES.get(kind, (kind,))
            nodes = [n for n in self._expressions[span] if type(n).__name__ in names]
        if len(nodes) != 1:
            raise EditError("the code is laid out in a way that cannot be edited", span.line)
        return nodes[0]

    def touches(self, node: cst.CSTNode, lines: Sequence[range]) -> bool:
        """Whether a node may hold one on these lines.

        Only of statements is the position relied on: that of a parameter ends before its annotation
        does, and definitions also hold their decorators.
        """
        if not isinstance(node, cst.BaseStatement) or isinstance(node, _DECORATED):
            return True
        where = self._ranges.get(node)
        if where is None:
            return True
        start, end = where.start.line + self._first - 1, where.end.line + self._first - 1
        return any(start < line.stop and line.start <= end for line in lines)

    def _span(self, node: cst.BaseExpression, where: CodeRange) -> Span:
        """The span as ``ast`` has it: tuples and generators count the parentheses they are in."""
        start, end = where.start, where.end
        if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:
            start = self._ranges[node.lpar[-1]].start
            end = self._ranges[node.rpar[0]].end
        shift = self._first - 1
        return Span(start.line + shift, start.column, end.line + shift, end.column)


class _Positions(PositionProvider):
    """The positions of a tree, without the copy and the visit that a wrapper would make."""

    def of(self, module: cst.Module) -> dict[cst.CSTNode, CodeRange]:
        """The position of every node."""
        self._gen_impl(module)
        found = self._computed.items()
        return {node: where for node, where in found if isinstance(where, CodeRange)}


def _alone(node: cst.CSTNode) -> bool:
    """Whether a statement has its line for itself."""
    return not isinstance(node, cst.SimpleStatementLine) or len(node.body) == 1


class _Rewriter(cst.CSTTransformer):
    """One pass over the tree; ``made`` holds the identities of the edits that were made."""

    def __init__(self, finder: _Finder, places: Sequence[Place], begins: bool) -> None:
        cst.CSTTransformer.__init__(self)
        self.made: set[int] = set()
        self._begins = begins
        self._finder = finder
        self._lines = [range(p.edit.span.line, p.edit.span.end_line + 1) for p in places]
        self._edits: dict[Level, dict[int, list[Edit]]] = {level: {} for level in Level}
        self._parts: dict[int, int] = {}
        self._kept: dict[int, cst.CSTNode] = {}
        for place in sorted(places, key=lambda place: place.edit.rank):
            node = finder.find(place.node)
            self._edits[place.edit.level].setdefault(id(node), []).append(place.edit)
            if place.inner is not None:
                inner = finder.find(place.inner)
                self._parts[id(place.edit)] = id(inner)
                self._kept[id(inner)] = inner

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look where the edits are."""
        return self._finder.touches(node, self._lines)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """The node after its edits."""
        key = id(original_node)
        node: cst.CSTNode = updated_node
        for edit in self._edits[Level.EXPRESSION].get(key, ()):
            node = self._made(edit, node)
        if isinstance(original_node, cst.WithItem):
            for edit in self._edits[Level.ITEM].get(id(original_node.item), ()):
                node = self._made(edit, node)
        elif isinstance(original_node, cst.Decorator):
            drops = self._edits[Level.DECORATOR].get(id(original_node.decorator), ())
            for edit in drops:
                self._made(edit, node)
            if drops:
                return cst.RemoveFromParent()
        elif isinstance(original_node, (cst.Module, cst.IndentedBlock)):
            node = self._block(original_node, node)
        elif isinstance(original_node, cst.With) and isinstance(node, cst.With):
            items = self._edits[Level.ITEM]
            if any(id(item.item) in items for item in original_node.items):
                node = around_item(node)
        if key in self._kept:
            self._kept[key] = node
        return node  # type: ignore[return-value]

    def _made(self, edit: Edit, node: cst.CSTNode) -> cst.CSTNode:
        """The node after one edit, which may lose no comment."""
        try:
            if isinstance(edit, PartEdit):
                new = edit.change_with(node, self._kept[self._parts[id(edit)]])
            else:
                new = edit.change(node)
        except EditError as error:
            raise EditError(error.reason, error.line or edit.span.line) from error
        if comments(node) - comments(new):
            raise EditError("the edit would lose a comment", edit.span.line)
        self.made.add(id(edit))
        return new

    def _block(self, original: cst.Module | cst.IndentedBlock, node: cst.CSTNode) -> cst.CSTNode:
        """A block after the edits of its statements."""
        edits = self._edits[Level.STATEMENT]
        if not any(id(statement) in edits for statement in original.body):
            return node
        assert isinstance(node, (cst.Module, cst.IndentedBlock))
        top = isinstance(original, cst.Module)
        block = Block(top, self._begins and not node.header if top else True)
        for old, new in zip(original.body, node.body, strict=True):
            assert isinstance(new, cst.BaseStatement)
            mine = edits.get(id(old), [])
            self._add(block, new, mine)
        if not block.body and not top:
            line = cst.SimpleStatementLine([cst.Pass()], leading_lines=block.finish())
            return node.with_changes(body=[line])
        return node.with_changes(body=block.body, footer=[*block.finish(), *node.footer])

    def _add(self, block: Block, node: cst.BaseStatement, edits: list[Edit]) -> None:
        try:
            block.add(node, edits)
        except EditError as error:
            line = error.line or edits[0].span.line
            raise EditError(error.reason, line) from error
        self.made.update(id(edit) for edit in edits)
