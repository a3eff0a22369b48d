"""The expressions of which only the truth counts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module


def conditions(module: Module) -> Iterator[ast.expr]:
    """What is tested by ``if``, ``while``, ``assert``, ``not`` and comprehensions, in no order.

    Of ``a and not b`` these are ``a`` and ``b``.
    """
    tests: list[ast.expr] = [node.test for node in module.nodes(ast.If)]
    tests += [node.test for node in module.nodes(ast.While)]
    tests += [node.test for node in module.nodes(ast.IfExp)]
    tests += [node.test for node in module.nodes(ast.Assert)]
    for generator in module.nodes(ast.comprehension):
        tests += generator.ifs
    tests += [n.operand for n in module.nodes(ast.UnaryOp) if isinstance(n.op, ast.Not)]
    seen: set[ast.expr] = set()
    while tests:
        test = tests.pop()
        if isinstance(test, ast.BoolOp):
            tests += test.values
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            tests.append(test.operand)
        elif test not in seen:
            seen.add(test)
            yield test
