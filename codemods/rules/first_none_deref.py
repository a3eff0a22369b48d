"""Finds attributes that are read from the row of `first()` or `get_or_none()` without a check.

What it does
    Reports `(await Book.filter(...).first()).title`, and a variable that holds such a row and is
    read from before anything has looked whether it is None.

Why
    Without a row these methods give None: `AttributeError: 'NoneType' object has no attribute
    'title'`, which says nothing of the query.

Example
    book = await Book.filter(isbn=isbn).first()
    print(book.title)

Use instead
    book = await Book.get(isbn=isbn)        # DoesNotExist says what is missing

When it is safe
    Never, so it is left for you: the error is another one, and code may know that there is a row.
    It is opt-in for that reason.

What it leaves alone
    Silently: variables that are tested, compared, asserted or given to anything before; functions
    that ask with `exists()` or `count()` first; tests, where the error is the message; code that
    handles the AttributeError.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import api, scopes
from ..orm.types import Instance
from ..project.facts import FunctionNode
from ..project.model_targets import is_test
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled
from ._queries import types_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module, Scope

_OPTIONAL = frozenset(
    entry.name
    for entry in api.METHODS
    if entry.returns in (api.Returns.SINGLE_OPTIONAL, api.Returns.OPTIONAL_INSTANCE)
)
_ASKING = frozenset({"exists", "count"})
_ERRORS = frozenset({"AttributeError", "Exception"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each row that is read from first without a check."""
    if is_test(module.path):
        return
    told: set[tuple[ast.AST, str]] = set()
    for node in module.nodes(ast.Attribute):
        scope = module.scope(node)
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if (
            not isinstance(scope, FunctionNode)
            or (scope, name) in told
            or not _may_be(module, node)
        ):
            continue
        kind = types_at(module, node).of(node.value)
        if isinstance(kind, Instance) and kind.optional and not _is_meant(module, node):
            told |= {(scope, name)} if name else set()
            yield _finding(module, node, kind)


def _may_be(module: Module, node: ast.Attribute) -> bool:
    """Whether an attribute is read from what is, or was made, the row of such a query."""
    if isinstance(node.value, ast.Await):
        return _is_optional(node.value)
    if not isinstance(node.value, ast.Name):
        return False
    name, scope = node.value.id, module.scope(node)
    if name not in _holding(module, scope):
        return False
    span = module.span(node)
    nodes = scopes.nodes_in(module, scope)
    before = (one for one in nodes if isinstance(one, ast.expr) and module.span(one) < span)
    return not any(_checks(module, one, name) for one in before)


def _holding(module: Module, scope: Scope) -> frozenset[str]:
    """The names that are made such rows in a function."""
    key = (_holding, scope)
    if key not in module.memo:
        nodes = scopes.nodes_in(module, scope)
        made = (one for one in nodes if isinstance(one, ast.Assign) and _is_optional(one.value))
        targets = (target for one in made for target in one.targets)
        module.memo[key] = frozenset(one.id for one in targets if isinstance(one, ast.Name))
    found: frozenset[str] = module.memo[key]
    return found


def _is_optional(node: ast.expr) -> bool:
    """Whether an expression awaits a call of a method that may give no row."""
    call = node.value if isinstance(node, ast.Await) else None
    func = call.func if isinstance(call, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr in _OPTIONAL


def _checks(module: Module, node: ast.AST, name: str) -> bool:
    """Whether a node may look whether there is a row: by the variable, or by another query."""
    if isinstance(node, ast.Attribute) and node.attr in _ASKING:
        return True
    if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
        return False
    return not isinstance(module.parent(node), ast.Attribute)


def _is_meant(module: Module, node: ast.Attribute) -> bool:
    return is_expected(module, node) or is_handled(module, node, _ERRORS)


def _finding(module: Module, node: ast.Attribute, kind: Instance) -> Finding:
    what = f"{kind.model.name}.{node.attr}"
    message = f"{what} is read from a row that may be None: nothing has looked whether there is one"
    span = module.span(node)
    advice = "ask whether it is None, or use get(), which raises DoesNotExist"
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=advice)


RULE = Rule(
    code="TOR245",
    name="first-none-deref",
    summary="reports attributes that are read from a row that may be None",
    safety=Safety.MANUAL,
    default=False,
    find=find,
    triggers=tuple(sorted(f".{name}(".encode() for name in _OPTIONAL)),
    modules=near_models,
)
