"""The lines of a statement in its file, whether it is alone on them, and their indentation."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..project.facts import FunctionNode
    from ..project.module import Module


def source_of(module: Module, function: FunctionNode) -> str:
    """The lines from the statement above a function to the statement below it, not indented.

    A string of several lines in a function that is indented may have to be left: see ``is_even``.
    """
    above, below = _neighbours(module, function)
    lines = [module.source.line(number) for number in range(above + 1, below)]
    lead = module.source.line(function.lineno)[: function.col_offset]
    if lead:
        lines = [line[len(lead) :] if line.startswith(lead) else line.lstrip() for line in lines]
    head = first_line(function) - above - 1
    own = [line for line in lines[:head] if not line[:1].isspace()]  # else of the body above
    return "\n".join([*own, *lines[head:]]) + "\n"


def is_even(function: FunctionNode) -> bool:
    """Whether a function can be indented anew: no string but its docstring has several lines."""
    first = function.body[0]
    doc = first.value if isinstance(first, ast.Expr) else None
    strings = (n for n in ast.walk(function) if isinstance(n, ast.Constant | ast.JoinedStr))
    uneven = any(n.lineno != n.end_lineno for n in strings if n is not doc)
    return not function.col_offset or not uneven


def _neighbours(module: Module, statement: ast.stmt) -> tuple[int, int]:
    """The last line of what stands before a statement, and the first of what comes after it."""
    parent = module.parent(statement) or module.tree
    body: list[ast.stmt] = getattr(parent, "body", [])
    if statement not in body:
        body = next(v for _, v in ast.iter_fields(parent) if isinstance(v, list) and statement in v)
    index = body.index(statement)
    above = (body[index - 1].end_lineno or 0) if index else getattr(parent, "lineno", 0)
    if index + 1 < len(body):
        return above, first_line(body[index + 1])
    last = len(module.source.starts) + 1
    return above, last if parent is module.tree else (statement.end_lineno or 0) + 1


def indent_of(module: Module, function: FunctionNode) -> str:
    """The indentation of a function's body; four spaces where it stands on one line."""
    first = function.body[0]
    lead = module.source.line(first.lineno)[: first.col_offset]
    return lead if lead and not lead.strip() else "    "


def is_alone(module: Module, statement: ast.stmt) -> bool:
    """Whether no other statement of the module stands on the lines of this one."""
    above, below = _neighbours(module, statement)
    return above < first_line(statement) and (statement.end_lineno or 0) < below


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
