"""Edits of the arguments of a call: pass, remove or rename a keyword, add positional ones."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import Edit, EditError, expression

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class PassKeyword(Edit):
    """Passes a keyword argument to the call at ``span``, after all its other arguments.

    Attributes:
        name: The keyword; the call must not have it yet.
        value_source: The source of its value.
        width: The longest line that the call may take before it is broken; 0 for any.
        indent: One level of indentation.
    """

    name: str
    value_source: str
    width: int = 0
    indent: str = "    "

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"keyword {self.name}",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import parsed, space
        from ._row import of_call, spread, to_call

        call = _call(node)
        if any(a.keyword is not None and a.keyword.value == self.name for a in call.args):
            raise EditError(f"the call already has the argument {self.name}")
        tight = cst.AssignEqual(whitespace_before=space(), whitespace_after=space())
        name = cst.Name(self.name)
        row = of_call(_closed(call))
        new = cst.Arg(parsed(self.value_source), keyword=name, equal=tight)
        row.insert(len(row.items), new)
        made = to_call(call, row)
        text = cst.Module([]).code_for_node(made)
        fits = not self.width or "\n" in text or self.span.col + len(text) <= self.width
        return made if fits else spread(made, self.indent)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.keywords.append(ast.keyword(self.name, expression(self.value_source)))
        return node


@dataclass(frozen=True, slots=True)
class RemoveKeyword(Edit):
    """Takes a keyword argument out of the call at ``span``; comments inside its value forbid it.

    Attributes:
        name: The keyword; the call must have it.
    """

    name: str

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"keyword {self.name}",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        from ._row import of_call, to_call

        call = _call(node)
        row = of_call(call)
        row.remove(_position(call, self.name))
        return to_call(call, row)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.keywords = [k for k in node.keywords if k.arg != self.name]
        return node


@dataclass(frozen=True, slots=True)
class RenameKeyword(Edit):
    """Renames a keyword argument of the call at ``span``.

    Attributes:
        old: The keyword that the call has.
        new: The keyword that it gets; the call must not have it yet.
    """

    old: str
    new: str

    @property
    def claims(self) -> tuple[str, ...]:
        return (f"keyword {self.old}", f"keyword {self.new}")

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        call = _call(node)
        if any(a.keyword is not None and a.keyword.value == self.new for a in call.args):
            raise EditError(f"the call already has the argument {self.new}")
        args = list(call.args)
        at = _position(call, self.old)
        name = args[at].keyword
        assert name is not None
        args[at] = args[at].with_changes(keyword=name.with_changes(value=self.new))
        return call.with_changes(args=args)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        for keyword in node.keywords:
            if keyword.arg == self.old:
                keyword.arg = self.new
        return node


@dataclass(frozen=True, slots=True)
class AddArguments(Edit):
    """Adds positional arguments to the call at ``span``, after the positional ones it has.

    Attributes:
        sources: The source of each argument, in order.
    """

    sources: tuple[str, ...]

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        import libcst as cst

        from ._layout import parsed
        from ._row import of_call, to_call

        call = _call(node)
        named = [a.keyword is not None or a.star == "**" for a in call.args]
        at = named.index(True) if True in named else len(named)
        if not all(named[at:]):
            raise EditError("a positional argument follows a keyword argument")
        row = of_call(_closed(call))
        for shift, source in enumerate(self.sources):
            row.insert(at + shift, cst.Arg(parsed(source)))
        return to_call(call, row)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.args.extend(expression(source) for source in self.sources)
        return node


def _call(node: cst.CSTNode) -> cst.Call:
    """The node, which must be a call. Raises EditError."""
    import libcst as cst

    if not isinstance(node, cst.Call):
        raise EditError("the edit expects a call here")
    return node


def _closed(call: cst.Call) -> cst.Call:
    """The call with a bare generator argument in parentheses: it may not have company without."""
    import libcst as cst

    from ._layout import parenthesize

    if len(call.args) != 1 or not isinstance(call.args[0].value, cst.GeneratorExp):
        return call
    arg = call.args[0]
    if arg.value.lpar:
        return call
    return call.with_changes(args=[arg.with_changes(value=parenthesize(arg.value))])


def _position(call: cst.Call, name: str) -> int:
    """The index of a keyword argument. Raises EditError if the call does not have it."""
    for index, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return index
    raise EditError(f"the call has no argument {name}")
