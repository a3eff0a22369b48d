"""The lines of a statement in its file, whether it is alone on them, and their indentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

    from ..project.facts import FunctionNode
    from ..project.module import Module


def source_of(module: Module, function: FunctionNode) -> str:
    """The lines from the statement above a function to the statement below it."""
    tree, source = module.tree.body, module.source
    index = tree.index(function)
    first = (tree[index - 1].end_lineno or 0) + 1 if index else 1
    below = first_line(tree[index + 1]) if index + 1 < len(tree) else len(source.starts) + 1
    return "\n".join(source.line(number) for number in range(first, below)) + "\n"


def indent_of(module: Module, function: FunctionNode) -> str:
    """The indentation of a function's body; four spaces where it stands on one line."""
    first = function.body[0]
    lead = module.source.line(first.lineno)[: first.col_offset]
    return lead if lead and not lead.strip() else "    "


def is_alone(module: Module, statement: ast.stmt) -> bool:
    """Whether no other statement of the module stands on the lines of this one."""
    body = module.tree.body
    index = body.index(statement)
    above = body[index - 1].end_lineno or 0 if index else 0
    below = first_line(body[index + 1]) if index + 1 < len(body) else above + 10**9
    return above < first_line(statement) and (statement.end_lineno or 0) < below


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
