"""The web frameworks whose applications have a lifespan."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .names import meaning
from .symbols import External

if TYPE_CHECKING:
    from .module import Module

_CLASSES = {
    "fastapi.FastAPI": "fastapi",
    "fastapi.applications.FastAPI": "fastapi",
    "starlette.applications.Starlette": "starlette",
}


def framework_of(module: Module, value: ast.expr | None) -> str:
    """What a call constructs an application of: ``fastapi``, ``starlette`` or nothing."""
    return framework_named(module, value.func) if isinstance(value, ast.Call) else ""


def framework_named(module: Module, node: ast.expr) -> str:
    """The framework whose application class an expression names, or nothing."""
    symbol = meaning(module, node)
    return _CLASSES.get(symbol.dotted, "") if isinstance(symbol, External) else ""
