"""The functions that pytest calls for the tests that ask for them by name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .names import meaning
from .symbols import External

if TYPE_CHECKING:
    from .facts import FunctionNode
    from .module import Module

_FIXTURES = frozenset({"pytest.fixture", "pytest_asyncio.fixture", "anyio.fixture"})


def is_fixture(module: Module, function: FunctionNode) -> bool:
    """Whether one decorator, and no other, makes a fixture of a function under its own name."""
    if len(function.decorator_list) != 1:
        return False
    decorator = function.decorator_list[0]
    renamed = isinstance(decorator, ast.Call) and any(
        keyword.arg in ("name", None) for keyword in decorator.keywords
    )
    symbol = meaning(module, decorator.func if isinstance(decorator, ast.Call) else decorator)
    return isinstance(symbol, External) and symbol.dotted in _FIXTURES and not renamed
