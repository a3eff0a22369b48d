"""Finds what is left of the old set-up of tests: `env_initializer`, `getDBConfig` and the like.

What it does
    Reports imports and uses of `env_initializer`, `getDBConfig` and other helpers of
    `tortoise.contrib.test` that are gone, and patches of `getDBConfig` by its name.

Why
    tortoise-orm 1.0 removed them: `ImportError: cannot import name 'getDBConfig' from
    'tortoise.contrib.test'`. A patch of the name fails as well.

Example
    config = getDBConfig(app_label="models", modules=["shop.models"])

Use instead
    async with tortoise_test_context(["shop.models"], app_label="models"):
        ...

When it is safe
    Never, so it is left for you: what such code builds around them is different everywhere.

What it leaves alone
    Silently: the patch around a call of `initializer`, of which TOR501 speaks; projects that may
    use a release before 1.0; branches on a version, and `try` statements that count on a missing
    name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import imports_of
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._test_fixture import INITIALIZER, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "1.0.0"
_TESTS = "tortoise.contrib.test"
#: What 0.25 had for the set-up, and 1.0 does not; TOR501 and TOR502 speak of the rest.
_GONE = frozenset(
    f"{_TESTS}.{name}"
    for name in ("env_initializer", "getDBConfig", "_init_db", "_restore_default")
)
_USE = "set the tests up with tortoise_test_context(...)"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import, use or patch of what is gone."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    found = (*_imports(module), *_attributes(module), *_patches(module))
    for node, name in sorted(found, key=lambda one: module.span(one[0])):
        if not is_shim(module, node):
            message = f"{_TESTS} has no {name.rpartition('.')[2]} since {_SINCE}"
            span = module.span(node)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, advice=_USE)


def _imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in module.nodes(ast.ImportFrom):
        for one in imports_of(node):
            symbol = module.project.resolve_import(module.path, one)
            if isinstance(symbol, External) and symbol.dotted in _GONE:
                yield node, symbol.dotted


def _attributes(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in module.nodes(ast.Attribute):
        name = name_of(module, node)
        if name in _GONE:
            yield node, name


def _patches(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """The strings that name what is gone, as the first argument of a call."""
    for node in module.nodes(ast.Constant):
        call = module.parent(node)
        if node.value not in _GONE or not isinstance(call, ast.Call) or node not in call.args[:1]:
            continue
        if not any(_sets_up(module, outer) for outer in module.ancestors(node)):
            yield node, str(node.value)


def _sets_up(module: Module, node: ast.AST) -> bool:
    """Whether a block calls ``initializer``."""
    if not isinstance(node, ast.With):
        return False
    calls = (one for one in ast.walk(node) if isinstance(one, ast.Call))
    return any(name_of(module, one.func) == INITIALIZER for one in calls)


RULE = Rule(
    code="TOR503",
    name="test-env-initializer",
    summary="reports `env_initializer`, `getDBConfig` and the like, which 1.0 removed",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    triggers=(b"env_initializer", b"getDBConfig", b"_init_db", b"_restore_default"),
)
