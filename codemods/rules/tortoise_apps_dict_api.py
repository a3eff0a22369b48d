"""Looks an app up by index: since 1.0 `Tortoise.apps` is no dictionary and has no `get`.

What it does
    `Tortoise.apps.get("models")` becomes `Tortoise.apps["models"]`, and
    `Tortoise.apps.get("models", {}).get("User")` becomes
    `Tortoise.apps.get_model("models", "User")`.

Why
    tortoise-orm 1.0 replaced the dictionary by an object of its own: `AttributeError: 'Apps' object
    has no attribute 'get'`. It can be indexed and iterated over as before.

Before
    models = Tortoise.apps.get("models")

After
    models = Tortoise.apps["models"]

When it is safe
    It is unsafe: where the app does not exist, the new form raises and the old one gave None. With
    `--unsafe` it is applied where `Tortoise` is proven to be the library's, and every release that
    the project allows is 1.0.0 or newer.

What it leaves alone
    Reported, for a hand: defaults other than None and an empty dictionary.
    Silently: projects that may use a release before 1.0; branches on a version, and `try`
    statements that count on a missing name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ._base import Finding, Rule, Safety
from ._migration import canonical_of, gate, is_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "1.0.0"
_APPS = "tortoise.Tortoise.apps"
_RAISES = "it rests on what is asked for being there: otherwise this raises, where it gave None"
_BY_HAND = 'ask whether the app is there first: "label" in Tortoise.apps'


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each ``get`` of the apps."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr != "get":
            continue
        plain = bool(call.args) and not call.keywords and not is_shim(module, call)
        if plain and canonical_of(module, func.value) == _APPS:
            yield _finding(module, call, func)


def _finding(module: Module, call: ast.Call, func: ast.Attribute) -> Finding:
    apps, label = module.text(func.value), module.text(call.args[0])
    inner = _model_lookup(module, call)
    whole, source = call, f"{apps}[{label}]"
    if inner is not None:
        whole, source = inner, f"{apps}.get_model({label}, {module.text(inner.args[0])})"
    span = module.span(whole)
    message = f"Tortoise.apps has no get() since {_SINCE}: this raises AttributeError"
    if len(call.args) > 1 and not _is_empty(call.args[1]):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BY_HAND)
    if inner is None and len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BY_HAND)
    edits = (ReplaceExpression(module.path, span, source),)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RAISES)


def _model_lookup(module: Module, call: ast.Call) -> ast.Call | None:
    """The ``.get(model)`` that is called on what a ``get`` of the apps gives."""
    link = module.parent(call)
    outer = module.parent(link) if isinstance(link, ast.Attribute) and link.attr == "get" else None
    if isinstance(outer, ast.Call) and outer.func is link and len(outer.args) == 1:
        return outer if not outer.keywords else None
    return None


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Constant) and node.value is None


RULE = Rule(
    code="TOR408",
    name="tortoise-apps-dict-api",
    summary="looks an app up by index: `Tortoise.apps` has no `get` since 1.0",
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=find,
    triggers=(b".apps",),
)
