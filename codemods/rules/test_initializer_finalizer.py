"""Sets up the database of tests with `tortoise_test_context`; 1.0 removed `initializer`.

What it does
    A pytest fixture that calls `initializer(...)`, and at its end `finalizer()`, becomes an
    asynchronous fixture around `tortoise_test_context(...)` with the same modules, database and
    label of the app. The connection keeps its name, which was that of the app, and a database that
    is not in memory is dropped after each test, as `finalizer` did.

Why
    tortoise-orm 1.0 removed both functions: `ImportError: cannot import name 'initializer' from
    'tortoise.contrib.test'`.

Before
    @pytest.fixture(scope="session", autouse=True)
    def initialize_tests(request):
        initializer(["shop.models"], db_url="sqlite://:memory:")
        request.addfinalizer(finalizer)

After
    @pytest_asyncio.fixture(autouse=True)
    async def initialize_tests():
        async with tortoise_test_context(
            ["shop.models"],
            db_url="sqlite://:memory:",
            app_label="models",
            connection_label="models",
        ):
            yield

When it is safe
    It is unsafe: every test gets a database of its own, where they shared one for the session or
    the module. With `--unsafe` it is applied to fixtures that do nothing else, where every release
    that the project allows is 1.0.0 or newer. It rests on pytest-asyncio being installed.

What it leaves alone
    Reported, for a hand: calls in other places, such as `setUpClass`; fixtures that do more, or
    patch what the functions use; fixtures that one of the session, a module or a class asks for.
    Silently: projects that may use a release before 1.0; branches on a version, and `try`
    statements that count on a missing name.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from ..edits.imports import AddImport, DropImport
from ..edits.statements import ReplaceStatement
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._statements import flush
from ._test_fixture import (
    DROP,
    INITIALIZER,
    TestFixture,
    context_arguments,
    fixture_of,
    is_wanted_for_longer,
    name_of,
    outlives,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "1.0.0"
_TESTS = "tortoise.contrib.test"
_CONTEXT = "tortoise_test_context"
_RESTS = (
    "it rests on each test working on a database of its own, and on pytest-asyncio being installed"
)
_BY_HAND = f"write a fixture around async with {_CONTEXT}(...)"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call of ``initializer``."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        if name_of(module, call.func) == INITIALIZER and not is_shim(module, call):
            yield _finding(module, call)


def _finding(module: Module, call: ast.Call) -> Finding:
    message = f"{_TESTS} has no initializer() since {_SINCE}: the import fails"
    fixture = fixture_of(module, call)
    if fixture is None or _is_elsewhere(module, fixture):
        span = module.span(call)
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BY_HAND)
    span = module.span(fixture.function)
    edits: tuple[Edit, ...] = (
        ReplaceStatement(module.path, span, _source(module, fixture)),
        AddImport(module.path, "pytest_asyncio"),
        AddImport(module.path, _TESTS, _CONTEXT),
        *_drop_imports(module, fixture),
        DropImport(module.path, _TESTS, "initializer"),
        DropImport(module.path, _TESTS, "finalizer"),
        DropImport(module.path, _TESTS),
        DropImport(module.path, "tortoise.contrib", "test"),
        DropImport(module.path, "pytest"),
    )
    return Finding(RULE.code, module.path, module.span(call), message, Safety.UNSAFE, edits, _RESTS)


def _is_elsewhere(module: Module, fixture: TestFixture) -> bool:
    """Whether the fixture is a method, or one that others need for longer than a test."""
    inside = isinstance(module.parent(fixture.function), ast.ClassDef)
    return inside or is_wanted_for_longer(module, fixture)


def _drop_imports(module: Module, fixture: TestFixture) -> Iterator[Edit]:
    if outlives(fixture.arguments, fixture.before):
        yield AddImport(module.path, "tortoise", "Tortoise")


def _source(module: Module, fixture: TestFixture) -> str:
    """The new fixture."""
    options = "(autouse=True)" if fixture.autouse else ""
    before = [flush(module, node, module.text(node)) for node in fixture.before]
    listed = "".join(
        f"    {textwrap.dedent(one)},\n" for one in context_arguments(fixture.arguments)
    )
    drop = f"    await {DROP}()\n" if outlives(fixture.arguments, fixture.before) else ""
    body = "\n".join([*before, f"async with {_CONTEXT}(\n{listed}):\n    yield\n{drop}"])
    head = f"@pytest_asyncio.fixture{options}\nasync def {fixture.function.name}():\n"
    return head + textwrap.indent(body, "    ")


RULE = Rule(
    code="TOR501",
    name="test-initializer-finalizer",
    summary="sets up tests with `tortoise_test_context`; 1.0 removed `initializer`",
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=find,
    triggers=(b"initializer",),
)
