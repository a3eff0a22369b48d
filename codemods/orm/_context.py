"""The scope that is being inferred, and the way from it to what other scopes know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .origins import without_origins
from .types import UNKNOWN, Type

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from ..project.facts import FunctionNode
    from ..project.module import Module, Scope

DEPTH = 3  #: how deep into called functions the results are inferred


class Types:
    """The types of the expressions of one scope.

    Attributes:
        returned: What the scope's function returns; for a coroutine function, what awaiting gives.
    """

    def __init__(self, types: dict[ast.AST, Type], returned: Type) -> None:
        self._types = types
        self.returned = returned

    def of(self, node: ast.AST | None) -> Type:
        """The type of an expression of this scope."""
        return self._types.get(node, UNKNOWN) if node is not None else UNKNOWN


class Context:
    """One walk over one scope, seen from outside.

    Args:
        module: The file of the scope.
        scope: The function, or the module itself.
        depth: How many calls deep the results of other functions are looked for.
        infer: Gives the types of another scope, at a depth.

    Attributes:
        deep: Whether an answer so far rests on another scope, so that it depends on the depth.
    """

    def __init__(
        self,
        module: Module,
        scope: Scope,
        depth: int,
        infer: Callable[[Module, Scope, int], Types],
    ) -> None:
        self.module = module
        self.project = module.project
        self.scope = scope
        self.depth = depth
        self.infer = infer
        self.deep = False

    def elsewhere(self, module: Module, function: FunctionNode, node: ast.expr | None) -> Type:
        """What another function returns, or what an expression in it is.

        Without origins: the places that rows came from mean nothing outside of their function.
        """
        self.deep = True
        if self.depth == 0:
            return UNKNOWN
        types = self.infer(module, function, self.depth - 1)
        return without_origins(types.returned if node is None else types.of(node))

    def remembered(self, key: tuple[object, ...], find: Callable[[], Type]) -> Type:
        """The answer to a question about another file, which need not stay parsed for it."""
        memo = self.project.memo
        if (*key, self.depth) not in memo:
            before, self.deep = self.deep, False
            answer = (find(), self.deep)
            for level in (self.depth,) if self.deep else range(DEPTH + 1):
                memo[(*key, level)] = answer
            self.deep = before
        found: Type
        found, deep = memo[(*key, self.depth)]
        self.deep = self.deep or deep
        return found
