"""Comprehensions that are asynchronous, inside others that would cease to be."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.control import within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..project.module import Module

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_SINCE = "3.11"  #: the Python that takes an asynchronous comprehension in one that is not


def strands_inner(module: Module, node: ast.expr, gone: Collection[ast.expr]) -> bool:
    """Whether a comprehension around a node needs the ``await`` of it for one inside.

    Before Python 3.11 an asynchronous comprehension may stand only in another asynchronous one.

    Args:
        module: The file.
        node: An ``await`` that is taken away.
        gone: All that are taken away at once.
    """
    if module.project.versions_of(module.path).at_least("python", _SINCE):
        return False
    around = (one for one in module.ancestors(node) if isinstance(one, Comprehension))
    return any(_is_async(module, one, gone) for outer in around for one in _inside(outer))


def stays_needed(module: Module, node: ast.expr, gone: Collection[ast.expr]) -> bool:
    """Whether an ``await`` keeps a generator expression, or a comprehension inside, asynchronous.

    The arguments are those of ``strands_inner``.
    """
    around = (one for one in module.ancestors(node) if isinstance(one, ast.GeneratorExp))
    generator = next(around, None)
    if generator and not within(module, node, generator.generators[0].iter):
        return True
    return strands_inner(module, node, gone)


def _inside(outer: ast.AST) -> Iterator[Comprehension]:
    for node in ast.walk(outer):
        if isinstance(node, Comprehension) and node is not outer:
            yield node


def _is_async(module: Module, node: Comprehension, gone: Collection[ast.expr]) -> bool:
    """Whether a comprehension stays asynchronous; its first iterable belongs to the one around."""
    if any(generator.is_async for generator in node.generators):
        return True
    first = node.generators[0].iter
    waits = (one for one in ast.walk(node) if isinstance(one, ast.Await) and one not in gone)
    return any(not within(module, one, first) for one in waits)
