"""Rewrites a program so that it reports the value of every expression that has a static type."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tortoise_fix.codemods.orm.effects import effects_of
from tortoise_fix.codemods.orm.infer import place, types_of
from tortoise_fix.codemods.orm.types import (
    UNKNOWN,
    Client,
    Forward,
    Manager,
    Place,
    Query,
    Type,
    members_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tortoise_fix.codemods.project.module import Module
    from tortoise_fix.codemods.project.symbols import Class

SEE, TAG, ROWS, FETCHED = "__see__", "__tag__", "__rows__", "__fetched__"
ENTER, LEAVE = "__enter__", "__leave__"

_Element = ast.AsyncFor | ast.comprehension


@dataclass(frozen=True, eq=False)
class Sight:
    """One expression that is looked at.

    Attributes:
        path: The file that it stands in.
        where: Its place there.
        node: The expression or statement itself.
        said: What inference says that it is.
        origin: For an awaited query, the place that its rows are said to come from.
        written: The models whose rows the code may write, as the effects say.
    """

    path: str
    where: Place
    node: ast.AST
    said: Type
    origin: Place | None = None
    written: frozenset[Class] = frozenset()

    @property
    def text(self) -> str:
        """The source, in one line."""
        return " ".join(ast.unparse(self.node).split())[:100]


@dataclass
class Instrumented:
    """A program's file that reports what it does.

    Attributes:
        tree: The rewritten tree.
        expressions: How many expressions the file has, apart from literals and annotations.
    """

    tree: ast.Module
    expressions: int


def instrument(module: Module, sights: list[Sight]) -> Instrumented:
    """Rewrite a file of a program; what it will report is added to ``sights``, by position."""
    tree = ast.parse(module.source.text)
    pairs = zip(ast.walk(module.tree), ast.walk(tree), strict=True)
    rewriter = _Rewriter(module, {copied: node for node, copied in pairs}, sights)
    return Instrumented(cast("ast.Module", rewriter.done(tree)), rewriter.expressions)


class _Rewriter(ast.NodeTransformer):
    """Wraps the expressions of a copied tree; ``originals`` leads back to the file's own nodes."""

    def __init__(
        self, module: Module, originals: dict[ast.AST, ast.AST], sights: list[Sight]
    ) -> None:
        self._module = module
        self._originals = originals
        self._sights = sights
        self.expressions = 0

    def done(self, tree: ast.AST) -> ast.AST:
        result: ast.AST = self.visit(tree)
        return ast.fix_missing_locations(result)

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.pattern):
            return node
        original = self._originals.get(node)
        rewritten: ast.AST = super().visit(node)
        if original is None or not isinstance(original, ast.expr):
            return rewritten
        return self._seen(original, cast("ast.expr", rewritten))

    def _seen(self, original: ast.expr, node: ast.expr) -> ast.expr:
        if isinstance(original, ast.Constant | ast.Starred | ast.Slice | ast.FormattedValue):
            return node
        if not isinstance(getattr(original, "ctx", None) or ast.Load(), ast.Load):
            return node
        self.expressions += 1
        said = self._type(original)
        if isinstance(original, ast.Await):
            node = self._bracketed(original, node)
        if said == UNKNOWN:
            return node
        origin = place(original.value) if isinstance(original, ast.Await) else None
        if isinstance(original, ast.Await) and not any(
            isinstance(one, Query | Manager | Forward)
            for one in members_of(self._type(original.value))
        ):
            origin = None
        return _call(SEE, [self._sight(original, said, origin), node])

    def _sight(
        self,
        node: ast.AST,
        said: Type,
        origin: Place | None = None,
        written: frozenset[Class] = frozenset(),
    ) -> int:
        self._sights.append(Sight(self._module.path, place(node), node, said, origin, written))
        return len(self._sights) - 1

    def _type(self, node: ast.AST) -> Type:
        return types_of(self._module, self._module.scope(node)).of(node)

    def _bracketed(self, original: ast.Await, node: ast.expr) -> ast.expr:
        """An ``await`` that is said to write little, with a look at the database on both sides."""
        written = effects_of(self._module, [original]).models
        if written is None:
            return node
        number = self._sight(original, UNKNOWN, written=written)
        return _call(LEAVE, [number, _call(ENTER, [number]), node])

    # Statements

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = cast("ast.expr", self.visit(node.value))
        if isinstance(node.format_spec, ast.JoinedStr):
            self.generic_visit(node.format_spec)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node  # an annotation is no expression that runs

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._without_annotation(node, "returns")

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._without_annotation(node, "returns")

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return self._without_annotation(node, "annotation")

    def _without_annotation(self, node: ast.stmt, name: str) -> ast.AST:
        kept = getattr(node, name)
        setattr(node, name, None)
        self.generic_visit(node)
        setattr(node, name, kept)
        return node

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        original = self._originals[node.iter]
        watched = self._watched(node)
        node.iter = self._tagged_fetched(original, node.iter)
        return watched

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST | list[ast.AST]:
        original = self._originals[node.iter]
        watched = self._watched(node)
        node.iter = self._tagged_rows(original, node.iter)
        return watched

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        original = self._originals[node.iter]
        self.generic_visit(node)
        tagged = self._tagged_rows if node.is_async else self._tagged_fetched
        node.iter = tagged(original, node.iter)
        return node

    def _tagged_rows(self, original: ast.AST, node: ast.expr) -> ast.expr:
        kinds = members_of(self._type(original))
        if not any(isinstance(one, Query | Manager) for one in kinds):
            return node
        return _call(ROWS, [self._sight(original, UNKNOWN, place(original)), node])

    def _tagged_fetched(self, original: ast.AST, node: ast.expr) -> ast.expr:
        """What a ``for`` over a relation that was fetched gives."""
        kinds = members_of(self._type(original))
        if not any(isinstance(one, Manager) for one in kinds):
            return node
        return _call(FETCHED, [self._sight(original, UNKNOWN, place(original)), node])

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST | list[ast.AST]:
        opened = [
            (self._originals[item.context_expr], item.optional_vars.id)
            for item in node.items
            if isinstance(item.optional_vars, ast.Name)
            and isinstance(self._type(self._originals[item.optional_vars]), Client)
        ]
        watched = self._watched(node)
        for original, name in opened:
            number = self._sight(original, UNKNOWN, place(original))
            tag = ast.Expr(_call(TAG, [number, ast.Name(name, ast.Load())]))
            node.body.insert(0, tag)
        return watched

    def _watched(self, node: ast.stmt) -> ast.AST | list[ast.AST]:
        """A statement that is said to write little, between two looks at the database."""
        original = self._originals[node]
        # While a generator is suspended, others run.
        suspended = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(original))
        written = None if suspended else effects_of(self._module, [original]).models
        self.generic_visit(node)
        if written is None:
            return node
        number = self._sight(original, UNKNOWN, written=written)
        kept = f"_before_{number}_"
        before = ast.Assign([ast.Name(kept, ast.Store())], _call(ENTER, [number]))
        after = ast.Expr(_call(LEAVE, [number, ast.Name(kept, ast.Load()), None]))
        return [ast.copy_location(before, node), node, ast.copy_location(after, node)]


def _call(name: str, arguments: Sequence[ast.expr | int | None]) -> ast.expr:
    values = [a if isinstance(a, ast.expr) else ast.Constant(a) for a in arguments]
    return ast.Call(ast.Name(name, ast.Load()), values, [])
