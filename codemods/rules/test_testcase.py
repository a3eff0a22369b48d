"""Makes test classes of Tortoise, which 1.0 removed, classes of `unittest`.

What it does
    `TestCase`, `IsolatedTestCase`, `TruncationTestCase` and `SimpleTestCase` of
    `tortoise.contrib.test` become `unittest.IsolatedAsyncioTestCase`. All but the last worked on
    the database of `initializer(...)`: the class gets an `asyncSetUp` that enters
    `tortoise_test_context(...)` with the same arguments. An asynchronous `setUp` or `tearDown`,
    which Tortoise before 0.18 awaited, is renamed `asyncSetUp` or `asyncTearDown`, in the classes
    that derive from it as well. Tests and assertions stay as they are.

Why
    tortoise-orm 1.0 removed them: `AttributeError: module 'tortoise.contrib.test' has no attribute
    'TestCase'`. `unittest` has all that they gave but the database, so a class of `unittest` asks
    for the least change. A pytest fixture cannot stand in for it: `unittest` runs each test in an
    event loop of its own, in which the connections of a fixture do not work.

Before
    class TestOrders(test.TestCase):
        async def test_total(self):
            order = await Order.create(total=3)
            self.assertEqual(order.total, 3)

After
    class TestOrders(IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            await self.enterAsyncContext(
                tortoise_test_context(
                    ["shop.models"],
                    app_label="models",
                    connection_label="models",
                )
            )

        async def test_total(self):
            order = await Order.create(total=3)
            self.assertEqual(order.total, 3)

When it is safe
    It is unsafe: each test gets a database of its own, where `TestCase` rolled back a transaction,
    so a test no longer sees rows that were written before it began. With `--unsafe` it is applied
    where one call of `initializer` in a fixture says what the tests work on, and every release that
    the project allows is 1.0.0 or newer. `enterAsyncContext` is Python 3.11's; projects that run on
    3.10 get the same in three statements.

What it leaves alone
    Reported, for a hand: classes without such a call, or with a fixture that makes a database of
    the same name for every test; classes that use `assertListSortEqual` or other helpers that
    `unittest` lacks; an `asyncSetUp` that does not await that of its base; an asynchronous `setUp`
    of a mixin, or one that is awaited by name.
    Silently: projects that may use a release before 1.0; branches on a version, and `try`
    statements that count on a missing name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport, DropImport
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._test_classes import TestClass, derived, enters, mixed_in, obstacle, renames
from ._test_fixture import DROP, context_arguments, name_of, outlives
from ._test_set_up import Argument, set_up_for
from ._test_wanted import CLASSES, ISOLATED_CLASS, PLAIN_CLASS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "1.0.0"
_TESTS = "tortoise.contrib.test"
_CONTEXT = "tortoise_test_context"
_NEW = "IsolatedAsyncioTestCase"
_TARGET = f"unittest.{_NEW}"
_MODULES = "tortoise_test_modules"
_RESTS = "it rests on each test working on a database of its own"
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
            if name_of(module, base) in CLASSES and not is_shim(module, node):
                yield _finding(TestClass(module, node), base)


def _finding(found: TestClass, base: ast.expr) -> Finding:
    module = found.module
    name = name_of(module, base)
    message = f"tortoise.contrib.test has no {name.rpartition('.')[2]} since {_SINCE}"
    made = _edits(found, base, name)
    span = module.span(base)
    if isinstance(made, str):
        advice = f"{made}; {_USE}" if made else _USE
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, made, _RESTS)


def _edits(found: TestClass, base: ast.expr, name: str) -> tuple[Edit, ...] | str:
    """What makes a class one of `unittest`, or why it is left."""
    path = found.module.path
    below = derived(found.module.project, found)
    all_of_them = (found, *below)
    why = next(filter(None, map(obstacle, all_of_them)), "")
    why = why or next(filter(None, (mixed_in(one, all_of_them) for one in all_of_them)), "")
    same = [one for one in found.node.bases if name_of(found.module, one) in (*CLASSES, _TARGET)]
    why = why or ("another base of it becomes the same class" if same[1:] else "")
    database = () if name == PLAIN_CLASS else _database(found, below, name == ISOLATED_CLASS)
    if why or isinstance(database, str):
        return why or str(database)
    return (
        ReplaceExpression(path, found.module.span(base), _NEW),
        *database,
        *(edit for one in all_of_them for edit in renames(one)),
        AddImport(path, "unittest", _NEW),
        DropImport(path, _TESTS, name.rpartition(".")[2]),
        DropImport(path, _TESTS),
        DropImport(path, "tortoise.contrib", "test"),
    )


def _database(found: TestClass, below: list[TestClass], isolated: bool) -> tuple[Edit, ...] | str:
    """The edits that give each test its database, or why there are none."""
    set_up = set_up_for(found.module)
    if isinstance(set_up, str):
        return set_up
    given = {one.name: one for one in set_up}
    if isolated:
        for label in ("app_label", "connection_label"):
            given[label] = Argument(label, '"models"')
        own = found.assigns(_MODULES)
        if not own and any(one.assigns(_MODULES) for one in below):
            return f"classes that derive from it set {_MODULES}"
        if own:
            given["modules"] = Argument("modules", f"self.{_MODULES}")
    arguments = {name: one.source for name, one in given.items()}
    edits = enters(found, below, _statement(found, arguments))
    if isinstance(edits, str):
        return edits
    path = found.module.path
    return (
        *edits,
        AddImport(path, _TESTS, _CONTEXT),
        *((AddImport(path, "tortoise", "Tortoise"),) if outlives(arguments) else ()),
        *(edit for one in given.values() for edit in one.edits(path)),
    )


def _statement(found: TestClass, given: dict[str, str]) -> str:
    """The statements that enter the context and see to its end."""
    listed = context_arguments(given)
    drop = f"self.addAsyncCleanup({DROP})\n" if outlives(given) else ""
    new = found.module.project.versions_of(found.module.path).at_least("python", "3.11")
    if new is True:
        lines = "".join(f"        {one},\n" for one in listed)
        return f"await self.enterAsyncContext(\n    {_CONTEXT}(\n{lines}    )\n)\n{drop}"
    lines = "".join(f"    {one},\n" for one in listed)
    end = "self.addAsyncCleanup(context.__aexit__, None, None, None)\n"
    return f"context = {_CONTEXT}(\n{lines})\nawait context.__aenter__()\n{end}{drop}"


RULE = Rule(
    code="TOR502",
    name="test-testcase",
    summary="makes test classes of Tortoise, which 1.0 removed, classes of `unittest`",
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=find,
    pattern=rb"tortoise\.contrib(?:\.test\b|\s+import\s+test\b)",
)
