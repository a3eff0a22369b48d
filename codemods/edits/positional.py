"""Edit that passes a keyword argument by position."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import Edit, EditError

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class PassFirst(Edit):
    """Passes a keyword argument of the call at ``span`` as the first positional one.

    It is refused where the argument has to move away from a comment beside it.

    Attributes:
        name: The keyword; the call must have it, and no positional argument.
    """

    name: str

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"keyword {self.name}",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import comments
        from ._row import of_call, to_call

        if not isinstance(node, cst.Call):
            raise EditError("the edit expects a call here")
        names = [arg.keyword.value if arg.keyword else "" for arg in node.args]
        if self.name not in names or any(not a.keyword and not a.star for a in node.args):
            raise EditError(f"{self.name} cannot be passed by position here")
        at = names.index(self.name)
        none = cst.MaybeSentinel.DEFAULT
        arg = node.args[at].with_changes(keyword=None, equal=none)
        if at == 0:
            return node.with_changes(args=[arg, *node.args[1:]])
        if comments(node.args[at]) or comments(node.args[at - 1]):
            raise EditError("the argument would move away from its comment")
        row = of_call(node)
        row.remove(at)
        row.insert(0, cst.Arg(arg.value))
        return to_call(node, row)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.args = [given.value for given in node.keywords if given.arg == self.name]
        node.keywords = [given for given in node.keywords if given.arg != self.name]
        return node
