"""What a ``gather`` or a task group runs at the same time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ..orm import scopes
from ..orm.control import loops_around
from ..orm.types import Reference
from ..project.facts import dotted
from ..project.symbols import External

if TYPE_CHECKING:
    from ..orm.infer import Types
    from ..project.module import Module


class Member(NamedTuple):
    """Something that runs at the same time as others; ``many``: more than once."""

    node: ast.expr
    many: bool


def gathering(module: Module, made: ast.AST) -> ast.Await | None:
    """The ``await`` in ``await asyncio.gather(*made)``."""
    starred = module.parent(made)
    call = module.parent(starred) if isinstance(starred, ast.Starred) else None
    if not isinstance(call, ast.Call) or call.args != [starred] or call.keywords:
        return None
    outer = module.parent(call)
    known = module.resolve(call.func) == External("asyncio.gather")
    known = known and dotted(call.func) in ("asyncio.gather", "gather")
    return outer if known and isinstance(outer, ast.Await) else None


def gathered_with(module: Module, node: ast.AST) -> ast.Await | None:
    """The ``await`` of a ``gather`` that a node is awaited by, once for each turn of a ``for``."""
    made = module.parent(node)
    if not isinstance(made, ast.ListComp | ast.GeneratorExp) or made.elt is not node:
        return None
    lone = len(made.generators) == 1 and not made.generators[0].is_async
    return gathering(module, made) if lone else None


def gathered_by(node: ast.AST) -> list[Member]:
    assert isinstance(node, ast.Await) and isinstance(node.value, ast.Call)
    found = []
    for argument in node.value.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, ast.ListComp | ast.GeneratorExp):
            found.append(Member(inner.elt, True))
        elif not isinstance(argument, ast.Starred):
            found.append(Member(inner, False))
    return found


def grouped_by(module: Module, types: Types, node: ast.AST) -> list[Member]:
    """The tasks of ``async with asyncio.TaskGroup() as group``, if a node is that."""
    if not isinstance(node, ast.AsyncWith) or not _is_group(types, node.items[0].context_expr):
        return []
    target = node.items[0].optional_vars
    name = target.id if isinstance(target, ast.Name) else ""
    outside = loops_around(module, node)
    return [
        Member(call.args[0], bool(loops_around(module, call) - outside))
        for call in scopes.own_nodes(node)
        if isinstance(call, ast.Call) and call.args and _creates(call, name)
    ]


def _is_group(types: Types, node: ast.expr) -> bool:
    called = types.of(node.func) if isinstance(node, ast.Call) else None
    return isinstance(called, Reference) and called.symbol == External("asyncio.TaskGroup")


def _creates(call: ast.Call, group: str) -> bool:
    func = call.func
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
        return False
    return (func.value.id, func.attr) == (group, "create_task")


def returns_errors(node: ast.AST) -> bool:
    assert isinstance(node, ast.Await) and isinstance(node.value, ast.Call)
    keywords = {keyword.arg: keyword.value for keyword in node.value.keywords}
    given = keywords.get("return_exceptions")
    off = given is None or (isinstance(given, ast.Constant) and not given.value)
    return not off or None in keywords
