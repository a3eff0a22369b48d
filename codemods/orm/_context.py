"""The scope that is being inferred, and the way from it to what other scopes know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._returns import gives_nothing
from .origins import without_origins
from .types import NONE, UNKNOWN, Type

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from ..project.facts import FunctionNode
    from ..project.module import Module, Scope

DEPTH = 3  #: how deep into called functions the results are inferred
EVERY = range(DEPTH + 1)  #: all depths


class Types:
    """The types of the expressions of one scope.

    Attributes:
        returned: What the scope's function returns; for a coroutine function, what awaiting gives.
        depths: The depths at which the types are the same.
    """

    def __init__(self, types: dict[ast.AST, Type], returned: Type, depths: range = EVERY) -> None:
        self._types = types
        self.returned = returned
        self.depths = depths

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
        depths: The depths at which all answers so far would have been the same. One that looked
            into other scopes, and came to their ends, is the same for those who look deeper.
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
        self.depths = EVERY

    def rests_on(self, depths: range) -> None:
        """An answer holds at some depths, this one among them."""
        mine = self.depths
        self.depths = range(max(mine.start, depths.start), min(mine.stop, depths.stop))

    def rests_on_this_depth(self) -> None:
        """An answer may be another one at any other depth."""
        self.depths = range(self.depth, self.depth + 1)

    def below(self, module: Module, scope: Scope) -> Types | None:
        """The types of a scope one call deeper; None where that is too deep."""
        if self.depth == 0:
            self.rests_on_this_depth()
            return None
        types = self.infer(module, scope, self.depth - 1)
        self.rests_on(range(types.depths.start + 1, types.depths.stop + 1))
        return types

    def beside(self, module: Module, scope: Scope) -> Types:
        """The types of a scope that shares its names with this one."""
        types = self.infer(module, scope, self.depth)
        self.rests_on(types.depths)
        return types

    def elsewhere(self, module: Module, function: FunctionNode, node: ast.expr | None) -> Type:
        """What another function returns, or what an expression in it is.

        Without origins: the places that rows came from mean nothing outside of their function.
        """
        if node is None and self.depth and gives_nothing(module, function):
            self.rests_on(EVERY[1:])
            return NONE
        types = self.below(module, function)
        if types is None:
            return UNKNOWN
        return without_origins(types.returned if node is None else types.of(node))

    def remembered(self, key: tuple[object, ...], find: Callable[[], Type]) -> Type:
        """The answer to a question about another file, which need not stay parsed for it."""
        memo = self.project.memo
        answer: tuple[Type, range] | None = memo.get((*key, self.depth))
        if answer is None:
            before, self.depths = self.depths, EVERY
            answer = (find(), self.depths)
            for depth in self.depths:
                memo[(*key, depth)] = answer
            self.depths = before
        self.rests_on(answer[1])
        return answer[0]
