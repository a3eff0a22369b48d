"""Whitespace, comments and parentheses of libcst trees: what keeps an edit in the style around it.

This file imports libcst, so only code that is about to change something may import it.
"""

from __future__ import annotations

from collections import Counter

import libcst as cst

from ..comments import is_directive
from ._base import EditError

Space = cst.BaseParenthesizableWhitespace

#: How tightly an expression binds; what is not listed is an atom or a trailer.
_BINDING: dict[type[cst.CSTNode], int] = {
    cst.Yield: 0,
    cst.NamedExpr: 1,
    cst.Tuple: 1,
    cst.GeneratorExp: 1,
    cst.Lambda: 2,
    cst.IfExp: 3,
    cst.BooleanOperation: 4,
    cst.Comparison: 6,
    cst.BinaryOperation: 8,
    cst.Await: 11,
}
_ATOM = 20


def space(text: str = "") -> cst.SimpleWhitespace:
    """Spaces on one line."""
    return cst.SimpleWhitespace(text)


def comments(node: cst.CSTNode) -> Counter[str]:
    """How often each comment occurs in a tree."""
    found: Counter[str] = Counter()
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, cst.Comment):
            found[here.value] += 1
        stack.extend(here.children)
    return found


def remarks(node: cst.CSTNode) -> Counter[str]:
    """The comments of a tree that are written for people, not for a tool."""
    every = comments(node)
    return Counter({c: n for c, n in every.items() if not is_directive(c)})


def broken(gap: Space) -> cst.ParenthesizedWhitespace | None:
    """The gap if it breaks the line, else None."""
    return gap if isinstance(gap, cst.ParenthesizedWhitespace) else None


def has_comment(gap: Space) -> bool:
    """Whether a gap holds a comment."""
    return isinstance(gap, cst.ParenthesizedWhitespace) and bool(comments(gap))


def plain(gap: Space, last_line: str | None = None) -> Space:
    """The gap without its comments and blank lines, optionally with another indentation."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    first = cst.TrailingWhitespace(newline=gap.first_line.newline)
    last = gap.last_line if last_line is None else space(last_line)
    return gap.with_changes(first_line=first, empty_lines=[], last_line=last)


def binding(node: cst.CSTNode) -> int:
    """How tightly an expression binds, as a number that grows with the precedence."""
    if getattr(node, "lpar", ()):
        return _ATOM
    if isinstance(node, cst.UnaryOperation):
        return 5 if isinstance(node.operator, cst.Not) else 9
    if isinstance(node, (cst.Integer, cst.Float, cst.ConcatenatedString)):
        return 19
    return _BINDING.get(type(node), _ATOM)


def parenthesize(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression within one more pair of parentheses."""
    return node.with_changes(
        lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()]
    )


def parsed(source: str) -> cst.BaseExpression:
    """The libcst tree of an expression. Raises EditError if it is not one."""
    try:
        return cst.parse_expression(source)
    except cst.ParserSyntaxError as error:
        raise EditError(f"the edit holds an invalid expression: {source!r}") from error


def code(node: cst.CSTNode) -> str:
    """The source text of a node that stands alone."""
    return cst.Module(body=[]).code_for_node(node)


def _atomic(node: cst.BaseExpression) -> bool:
    """Whether an expression needs no parentheses in any place, and stands on one line."""
    import libcst as cst

    primary = isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
    return primary and not node.lpar and "\n" not in code(node) and "\r" not in code(node)


def has_layout(paren: cst.CSTNode) -> bool:
    """Whether a parenthesis carries a line break or a comment."""
    import libcst as cst

    gaps = (getattr(paren, "whitespace_after", None), getattr(paren, "whitespace_before", None))
    return any(isinstance(gap, cst.ParenthesizedWhitespace) for gap in gaps)


def swap(old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    """``new`` in the place of ``old``, within its parentheses or within what the place demands."""
    import ast

    bare = old.with_changes(lpar=[], rpar=[])
    tighter = binding(new) < binding(bare) or (
        isinstance(new, cst.BinaryOperation) and not new.lpar
    )
    if old.lpar:
        if _atomic(new) and not any(map(has_layout, (*old.lpar, *old.rpar))):
            return new
        spare = bool(new.lpar) and not comments(new.lpar[0]) and not comments(new.rpar[-1])
        inner = new.with_changes(lpar=new.lpar[1:], rpar=new.rpar[:-1]) if spare else new
        return inner.with_changes(lpar=[*old.lpar, *inner.lpar], rpar=[*inner.rpar, *old.rpar])
    if tighter:
        return parenthesize(new)
    try:
        ast.parse(code(new), mode="eval")
    except SyntaxError:
        return parenthesize(new)
    return new
