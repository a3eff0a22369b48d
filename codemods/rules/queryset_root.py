"""Calls the rows of a list that `pydantic_queryset_creator` made `root`, as pydantic 2 does.

What it does
    `books.__root__` becomes `books.root`, and `Book_List(__root__=rows)` becomes
    `Book_List(root=rows)`, where `Book_List` is a class that `pydantic_queryset_creator` made.
    `books.dict()["__root__"]` becomes `books.dict()`.

Why
    tortoise-orm 0.20 went over to pydantic 2, whose lists are a `RootModel`. The old name raises
    `AttributeError: 'Book_list' object has no attribute '__root__'`, and `dict()` gives the list
    itself, not a dictionary that holds it.

Before
    books = await Book_List.from_queryset(Book.all())
    return len(books.__root__)

After
    books = await Book_List.from_queryset(Book.all())
    return len(books.root)

When it is safe
    The class or object is proven, and every release that the project allows is 0.20.0 or newer,
    with which the old name always raises.

What it leaves alone
    Silently: projects on older releases, or on one that is not known; `__root__` of models of your
    own, and of anything that is not proven; dictionaries of `dict()` with arguments; branches on a
    version.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ..edits.expressions import KeepInner, RenameAttribute
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._pydantic import QUERYSET, is_object, is_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "0.20.0"
_OLD, _NEW = "__root__", "root"
_DUMPS = ("dict", "model_dump")


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each use of the old name."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for node, edit in (*_attributes(module), *_calls(module), *_dumps(module)):
        if not is_shim(module, node):
            message = f"the rows of the list are called {_NEW} in pydantic 2, not {_OLD}"
            yield Finding(RULE.code, module.path, module.span(node), message, edits=(edit,))


def _attributes(module: Module) -> Iterator[tuple[ast.expr, Edit]]:
    for node in module.nodes(ast.Attribute):
        if node.attr == _OLD and is_object(module, node.value, _OLD, QUERYSET):
            yield node, RenameAttribute(module.path, module.span(node), _NEW)


def _calls(module: Module) -> Iterator[tuple[ast.expr, Edit]]:
    for call in module.nodes(ast.Call):
        names = [given.arg for given in call.keywords]
        if names == [_OLD] and not call.args and is_schema(module, call.func, "", QUERYSET):
            yield call, RenameKeyword(module.path, module.span(call), _OLD, _NEW)


def _dumps(module: Module) -> Iterator[tuple[ast.expr, Edit]]:
    """The lists that are taken out of what ``dict()`` gives."""
    for node in module.nodes(ast.Subscript):
        call, key = node.value, node.slice
        if not isinstance(key, ast.Constant) or key.value != _OLD or not _is_plain(call):
            continue
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        name = call.func.attr
        plain = isinstance(node.ctx, ast.Load) and "#" not in module.text(node)
        if plain and name in _DUMPS and is_object(module, call.func.value, name, QUERYSET):
            yield node, KeepInner(module.path, module.span(node), module.span(call))


def _is_plain(node: ast.expr) -> bool:
    """Whether a node is the call of a method without arguments."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return not node.args and not node.keywords


RULE = Rule(
    code="TOR604",
    name="queryset-root",
    summary="calls the rows of a `pydantic_queryset_creator` list `root`, not `__root__`",
    since="0.20.0",
    find=find,
    triggers=(b"__root__",),
)
