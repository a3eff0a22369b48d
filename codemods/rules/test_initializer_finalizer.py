"""Sets up the database of tests with `tortoise_test_context`; 1.0 removed `initializer`.

What it does
    A pytest fixture that calls `initializer(...)`, and at its end `finalizer()`, becomes an
    asynchronous fixture around `tortoise_test_context(...)` with the same modules, database and
    label of the app. The connection keeps its name, which was that of the app, and a database that
    is not in memory is dropped after each test, as `finalizer` did. An event loop that the fixture
    made for them goes. So does a patch of `getDBConfig` with a function that calls
    `generate_config(...)` and sets a time zone: the new fixture is given what that says.

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
    patch `getDBConfig` with another configuration; fixtures that one of the session, a module or a
    class asks for.
    Silently: projects that may use a release before 1.0; branches on a version, and `try`
    statements that count on a missing name.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from ..edits.imports import AddImport, DropImport
from ..edits.statements import RemoveStatement, ReplaceStatement
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._statements import flush
from ._test_fixture import (
    DROP,
    INITIALIZER,
    TestFixture,
    context_arguments,
    fixture_of,
    is_new_each_time,
    name_of,
    outlives,
)
from ._test_wanted import has_classes, is_wanted_for_longer

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
_NAMED = f"{_RESTS}, and on no database of that name being there"
#: What the type of what is sent adds to a type.
_SENT = {"AsyncGenerator": ", None", "AsyncIterator": ""}
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
    edits, span = tuple(_edits(module, fixture)), module.span(call)
    rests = _NAMED if outlives(fixture.arguments, fixture.before) else _RESTS
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, rests)


def _edits(module: Module, fixture: TestFixture) -> Iterator[Edit]:
    """What puts the new fixture in the place of the old, and lets go what only that used."""
    gone: list[ast.stmt] = [fixture.function]
    new, returns = _source(module, fixture)
    yield ReplaceStatement(module.path, module.span(fixture.function), new)
    yield AddImport(module.path, "pytest_asyncio")
    yield AddImport(module.path, _TESTS, _CONTEXT)
    if outlives(fixture.arguments, fixture.before):
        yield AddImport(module.path, "tortoise", "Tortoise")
    if returns:
        yield AddImport(module.path, *returns)
    if fixture.patched and fixture.patched.alone:
        gone.append(fixture.patched.function)
        yield RemoveStatement(module.path, module.span(fixture.patched.function), comments=True)
    yield from _drop_imports(module, gone)


def _is_elsewhere(module: Module, fixture: TestFixture) -> bool:
    """Whether the fixture is a method, or one that others need for longer than a test."""
    inside = isinstance(module.parent(fixture.function), ast.ClassDef)
    return inside or is_wanted_for_longer(module, fixture)


def _drop_imports(module: Module, gone: list[ast.stmt]) -> Iterator[Edit]:
    """What lets the imports go that nothing but some statements used."""
    used = {n.id for one in gone for n in ast.walk(one) if isinstance(n, ast.Name)}
    for name in sorted(used):
        for one in module.facts.imports.get(name, ()):
            yield DropImport(module.path, "." * one.level + one.module, one.attr)
    yield DropImport(module.path, _TESTS)  # where it is imported with its dots


def _source(module: Module, fixture: TestFixture) -> tuple[str, tuple[str, str] | None]:
    """The new fixture, with the import that what it returns needs."""
    given, function = fixture.arguments, fixture.function
    options = "(autouse=True)" if fixture.autouse and not _is_shared(module, fixture) else ""
    before = [flush(module, node, module.text(node)) for node in fixture.before]
    listed = "".join(f"    {textwrap.dedent(one)},\n" for one in context_arguments(given))
    drop = f"    await {DROP}()\n" if outlives(given, fixture.before) else ""
    body = "\n".join([*before, f"async with {_CONTEXT}(\n{listed}):\n    yield\n{drop}"])
    returns = _returns(module, function)
    annotation = f" -> {returns[1]}[None{_SENT[returns[1]]}]" if returns else ""
    head = f"@pytest_asyncio.fixture{options}\nasync def {function.name}(){annotation}:\n"
    return head + textwrap.indent(body, "    "), returns


def _is_shared(module: Module, fixture: TestFixture) -> bool:
    """Whether classes make the same database by its name, which two cannot do at a time."""
    return not is_new_each_time(fixture.arguments, fixture.before) and has_classes(module.project)


def _returns(module: Module, function: ast.FunctionDef) -> tuple[str, str] | None:
    """Where the type is from that the new fixture returns, and its name, if the old told one."""
    node = function.returns
    node = node.value if isinstance(node, ast.Subscript) else node
    home, _, name = name_of(module, node).rpartition(".") if node is not None else ("", "", "")
    known = home in ("typing", "collections.abc") and name in ("Generator", "Iterator")
    return (home, f"Async{name}") if known else None


RULE = Rule(
    code="TOR501",
    name="test-initializer-finalizer",
    summary="sets up tests with `tortoise_test_context`; 1.0 removed `initializer`",
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=find,
    triggers=(b"initializer",),
)
