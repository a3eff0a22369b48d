"""Calls `describe()` of the model; `Tortoise.describe_model` is deprecated since 0.16.5.

What it does
    `Tortoise.describe_model(Order)` becomes `Order.describe()`; a second argument stays.

Why
    tortoise-orm 0.16.5 gave models the method. The old function calls it, after a
    `DeprecationWarning: Tortoise.describe_model(...) is deprecated, please use
    Model.describe(...) instead`.

Before
    schema = Tortoise.describe_model(Order, serializable=False)

After
    schema = Order.describe(serializable=False)

When it is safe
    The function is proven to be that of `Tortoise`, and the first argument is a name, an attribute,
    or an item of something: what the function calls the same method of.

What it leaves alone
    Silently: `Tortoise.describe_models`, which is not deprecated; calls that name the parameter
    `model=` or unpack arguments; models that have a `describe` of their own; projects that allow
    releases before 0.16.5.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import DropImport
from ..project.symbols import Class
from ._base import Finding, Rule, Safety
from ._migration import canonical_of, gate, is_shim, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.16.5"
_FUNCTION = "tortoise.Tortoise.describe_model"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call of ``Tortoise.describe_model``."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "describe_model":
            known = canonical_of(module, call.func) == _FUNCTION and _is_plain(call)
            if known and not _has_own(module, call.args[0]) and not is_shim(module, call):
                yield _finding(module, call)


def _is_plain(call: ast.Call) -> bool:
    """Whether a call passes the model first, and at most ``serializable`` after it."""
    names = [given.arg for given in call.keywords]
    shape = (ast.Name, ast.Attribute, ast.Subscript)
    if not call.args or not isinstance(call.args[0], shape):
        return False
    starred = any(isinstance(given, ast.Starred) for given in call.args)
    return not starred and len(call.args) + len(names) <= 2 and names in ([], ["serializable"])


def _has_own(module: Module, node: ast.expr) -> bool:
    """Whether a model has something of its own under the name of the method."""
    symbol = symbol_of(module, node)
    model = module.project.models.get(symbol) if isinstance(symbol, Class) else None
    if model is None:
        return False
    return any("describe" in names for names in (model.own, model.fields, model.relations))


def _finding(module: Module, call: ast.Call) -> Finding:
    rest = [module.text(given) for given in call.args[1:]]
    rest += [f"{given.arg}={module.text(given.value)}" for given in call.keywords]
    span = module.span(call)
    source = f"{module.text(call.args[0])}.describe({', '.join(rest)})"
    edits = (
        ReplaceExpression(module.path, span, source),
        DropImport(module.path, "tortoise", "Tortoise"),
        DropImport(module.path, "tortoise"),
    )
    message = f"Tortoise.describe_model is deprecated since {_SINCE}: use describe() of the model"
    return Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR255",
    name="describe-model-call",
    summary="calls `describe()` of the model, not the deprecated `Tortoise.describe_model`",
    since="0.16.5",
    find=find,
    triggers=(b"describe_model",),
)
