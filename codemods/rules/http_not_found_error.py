"""Defines `HTTPNotFoundError` in the file; `tortoise.contrib.fastapi` has none since 0.24.1.

What it does
    The name leaves the import from `tortoise.contrib.fastapi`, and the class that it stood for is
    defined below the imports, as it was in the library.

Why
    Older versions of the official FastAPI example use the class to describe the answer 404. Since
    0.24.1 the import fails: `ImportError: cannot import name 'HTTPNotFoundError'`.

Before
    from tortoise.contrib.fastapi import HTTPNotFoundError, register_tortoise

After
    from pydantic import BaseModel
    from tortoise.contrib.fastapi import register_tortoise


    class HTTPNotFoundError(BaseModel):
        detail: str

When it is safe
    Every release that the project allows is 0.24.1 or newer, so that the import fails. The class
    is the same as it was, name included, and so is the schema that FastAPI makes of it.

What it leaves alone
    Reported, for a hand: projects whose release is not known; imports under another name, inside
    of functions or in branches; files with imports below other statements; files in which
    `BaseModel` means something else.
    Silently: imports in a `try` statement that counts on a missing name, and in branches on a
    version.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.imports import AddImport, ForgetNames
from ..edits.statements import InsertStatements
from ..project.facts import imports_of
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim, unknown_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.facts import Import
    from ..project.module import Module

_SINCE = "0.24.1"
_NAME = "HTTPNotFoundError"
_DOTTED = f"tortoise.contrib.fastapi.{_NAME}"
_CLASS = f"class {_NAME}(BaseModel):\n    detail: str\n"
_BY_HAND = f"define the class yourself: class {_NAME}(BaseModel), with a field detail: str"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import of the class."""
    safety = gate(module, _SINCE)
    if safety is None:
        return
    for node in module.nodes(ast.ImportFrom):
        for one in imports_of(node):
            if _is_it(module, one) and not is_shim(module, node):
                yield _finding(module, node, one, safety)


def _is_it(module: Module, one: Import) -> bool:
    symbol = module.project.resolve_import(module.path, one) if one.attr == _NAME else None
    direct = one.level == 0 and one.module.startswith("tortoise.")
    return direct and isinstance(symbol, External) and symbol.dotted == _DOTTED


def _finding(module: Module, node: ast.ImportFrom, one: Import, safety: Safety) -> Finding:
    span = module.span(node)
    message = f"tortoise.contrib.fastapi has no {_NAME} since {_SINCE}: the import fails"
    why_not = unknown_release(_SINCE) if safety is Safety.MANUAL else _obstacle(module, node, one)
    if why_not:
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), why_not)
    last = _head(module)[-1]
    edits = (
        ForgetNames(module.path, span, (_NAME,)),
        AddImport(module.path, "pydantic", "BaseModel"),
        InsertStatements(module.path, module.span(last), _CLASS, "after", 2),
    )
    return Finding(RULE.code, module.path, span, message, Safety.SAFE, edits)


def _obstacle(module: Module, node: ast.ImportFrom, one: Import) -> str:
    plain = node in _head(module) and one.name == _NAME
    return "" if plain and module.facts.bindings.get(_NAME) == 1 else _BY_HAND


def _head(module: Module) -> list[ast.stmt]:
    """The imports at the head of the file; none where there are more below other statements.

    A class among scattered imports could be used above its place, or come before its own base.
    """
    body = module.tree.body
    if body and isinstance(body[0], ast.Expr):
        body = body[1:]
    imports: list[ast.stmt] = []
    imports += [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return imports if body[: len(imports)] == imports else []


RULE = Rule(
    code="TOR017",
    name="http-not-found-error",
    summary="defines `HTTPNotFoundError`, which `tortoise.contrib.fastapi` no longer has",
    since="0.24.1",
    find=find,
    triggers=(b"HTTPNotFoundError",),
)
