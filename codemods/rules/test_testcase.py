"""Reports test classes of Tortoise, which 1.0 removed.

What it does
    Reports classes that derive from `TestCase`, `IsolatedTestCase`, `TruncationTestCase` or
    `SimpleTestCase` of `tortoise.contrib.test`.

Why
    tortoise-orm 1.0 removed them: `AttributeError: module 'tortoise.contrib.test' has no attribute
    'TestCase'`. They differed in what a test sees of the one before: `TestCase` rolled back a
    transaction, `IsolatedTestCase` made the database anew.

Before
    class TestOrders(test.TestCase):
        async def test_total(self):
            order = await Order.create(total=3)
            self.assertEqual(order.total, 3)

Use instead
    A class of `unittest.IsolatedAsyncioTestCase` with a context, on Python 3.11 or newer; the tests
    and their assertions stay as they are:

        class TestOrders(IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                await self.enterAsyncContext(tortoise_test_context(["shop.models"]))

    Or functions that use a pytest fixture around `tortoise_test_context`.

What it leaves alone
    Projects that may use a release before 1.0; branches on a version, and `try` statements that
    count on a missing name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._test_fixture import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "1.0.0"
_CLASSES = frozenset(
    f"tortoise.contrib.test.{name}"
    for name in ("TestCase", "IsolatedTestCase", "TruncationTestCase", "SimpleTestCase")
)
_USE = (
    "derive from unittest.IsolatedAsyncioTestCase, and enter tortoise_test_context([...]) in "
    "asyncSetUp with self.enterAsyncContext"
)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each class that derives from a test class of Tortoise."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for node in module.nodes(ast.ClassDef):
        for base in node.bases:
            name = name_of(module, base)
            if name in _CLASSES and not is_shim(module, node):
                last = name.rpartition(".")[2]
                message = f"tortoise.contrib.test has no {last} since {_SINCE}"
                span = module.span(base)
                yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _USE)


RULE = Rule(
    code="TOR502",
    name="test-testcase",
    summary="reports the test classes that 1.0 removed",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    pattern=rb"tortoise\.contrib(?:\.test\b|\s+import\s+test\b)",
)
