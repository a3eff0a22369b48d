"""The fixture that sets up the database for tests as Tortoise did it before 1.0."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits._base import expression
from ..project.symbols import External
from ._migration import symbol_of
from ._test_loop import EVENT_LOOP, without_loop
from ._test_patched import Patched, patched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..project.module import Module

INITIALIZER, FINALIZER = "tortoise.contrib.test.initializer", "tortoise.contrib.test.finalizer"
CONTEXTS = (
    "tortoise.contrib.test.tortoise_test_context",
    "tortoise.context.tortoise_test_context",
)
FIXTURES = ("pytest.fixture", "pytest_asyncio.fixture")
_PARAMETERS = ("modules", "db_url", "app_label", "loop")
#: What pytest gives a fixture that only the set-up needs.
_GIVEN = ("request", EVENT_LOOP)
CONTEXT_PARAMETERS = ("modules", "db_url", "app_label", "connection_label", "timezone")
_DEFAULT_LABEL = '"models"'
_MEMORY = ":memory:"
#: What the old `finalizer` did with a database that outlives its connections.
DROP = "Tortoise._drop_databases"


@dataclass(frozen=True, slots=True)
class TestFixture:
    """A fixture that does nothing but set up the database and take it away.

    Attributes:
        function: The fixture.
        before: The statements before the set-up, which give names to values.
        arguments: The source of what the set-up is given, by parameter.
        autouse: Whether every test has the fixture.
        patched: The function that makes the configuration, where one does.
    """

    function: ast.FunctionDef
    before: tuple[ast.stmt, ...]
    arguments: dict[str, str]
    autouse: bool
    patched: Patched | None = None


def context_arguments(given: Mapping[str, str]) -> list[str]:
    """The arguments of ``tortoise_test_context``, from their source by parameter."""
    named = [f"{name}={given[name]}" for name in CONTEXT_PARAMETERS[1:] if name in given]
    return [given["modules"], *named]


def outlives(given: Mapping[str, str], before: Sequence[ast.stmt] = ()) -> bool:
    """Whether the database is still there when its connections are closed.

    Args:
        given: The source of the arguments, by parameter.
        before: Statements that give names to values, which the arguments may use.
    """
    return _MEMORY not in _default_url(given, before)


def is_new_each_time(given: Mapping[str, str], before: Sequence[ast.stmt] = ()) -> bool:
    """Whether two databases of these arguments do not get in each other's way; see ``outlives``."""
    url = _default_url(given, before)
    return _MEMORY in url or "{}" in url


def _default_url(given: Mapping[str, str], before: Sequence[ast.stmt]) -> str:
    """The URL of the database, or the one for want of a setting; empty where it is not known."""
    if "db_url" not in given:
        return _MEMORY
    url: ast.expr | None = expression(given["db_url"])
    if isinstance(url, ast.Name):
        url = assigned(before).get(url.id)
    if isinstance(url, ast.Call) and url.args:  # os.environ.get("TEST_DB", "sqlite://:memory:")
        url = url.args[-1]
    return url.value if isinstance(url, ast.Constant) and isinstance(url.value, str) else ""


def assigned(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """What names stand for: those that one plain assignment gives a value."""
    found: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id not in found:
                found[target.id] = node.value
    return found


def name_of(module: Module, node: ast.expr) -> str:
    """The full name of something from outside of the project; empty for anything else."""
    symbol = symbol_of(module, node)
    return symbol.dotted if isinstance(symbol, External) else ""


def fixture_of(module: Module, call: ast.Call) -> TestFixture | None:
    """The fixture that a call of ``initializer`` makes up; None where it does more than that."""
    statement = module.parent(call)
    block = module.parent(statement) if isinstance(statement, ast.Expr) else None
    function = module.parent(block) if isinstance(block, ast.With) else block
    if not isinstance(function, ast.FunctionDef) or not isinstance(statement, ast.Expr):
        return None
    config = patched(module, block, _modules(call)) if isinstance(block, ast.With) else None
    if isinstance(block, ast.With) and config is None:
        return None
    arguments = config.arguments if config else _initialized(module, call)
    body = _flat(module, function, block)
    autouse = _autouse(module, function)
    if statement not in body or arguments is None or autouse is None:
        return None
    at = body.index(statement)
    before, after = body[:at], body[at + 1 :]
    ends = _is_end(module, after) or _asks_request(module, after)
    if not ends or not all(map(_is_value, before)) or not _is_free(function, before, arguments):
        return None
    return TestFixture(function, tuple(before), arguments, autouse, config)


def _flat(module: Module, function: ast.FunctionDef, block: ast.AST | None) -> list[ast.stmt]:
    """The statements of a fixture and of the block in it, but for those about an event loop."""
    found: list[ast.stmt] = []
    for one in function.body:
        found += one.body if one is block and isinstance(one, ast.With) else [one]
    return without_loop(module, found)


def _is_free(
    function: ast.FunctionDef, before: Sequence[ast.stmt], given: Mapping[str, str]
) -> bool:
    """Whether a fixture takes nothing from pytest but what the set-up alone needs."""
    arguments = function.args
    names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    parts = (*before, *map(expression, given.values()))
    used = {n.id for one in parts for n in ast.walk(one) if isinstance(n, ast.Name)}
    return names <= {*_GIVEN} and used.isdisjoint(names)


def context_of(
    module: Module, call: ast.Call
) -> tuple[tuple[ast.stmt, ...], dict[str, str], bool] | None:
    """What a fixture around ``tortoise_test_context`` is given, with the statements before it.

    Last comes whether every test has the fixture. None where it is not such a plain one.
    """
    item = module.parent(call)
    block = module.parent(item) if isinstance(item, ast.withitem) else None
    function = module.parent(block) if isinstance(block, ast.AsyncWith) else None
    if not isinstance(function, ast.AsyncFunctionDef) or block not in function.body:
        return None
    labels = [one for one in call.keywords if one.arg == "connection_label"]
    given = _arguments(module, call, CONTEXT_PARAMETERS)
    before = tuple(function.body[: function.body.index(block)])
    if given is None or not labels or not all(map(_is_value, before)):
        return None
    return before, given, _autouse(module, function) is not False


def _modules(call: ast.Call) -> ast.expr | None:
    """What ``initializer`` is given, where that is the modules alone."""
    if len(call.args) + len(call.keywords) != 1 or any(
        one.arg != "modules" for one in call.keywords
    ):
        return None
    return [*call.args, *(one.value for one in call.keywords)][0]


def _initialized(module: Module, call: ast.Call) -> dict[str, str] | None:
    """What a call of ``initializer`` says. The connection has the name of the app."""
    found = _arguments(module, call, _PARAMETERS)
    if found is None or not found.pop("loop", "loop").isidentifier():
        return None
    return {**found, "connection_label": found["app_label"]}


def _arguments(
    module: Module, call: ast.Call, parameters: tuple[str, ...]
) -> dict[str, str] | None:
    """The source of the arguments by parameter; None where there are others."""
    if len(call.args) > len(parameters) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    found = dict(zip(parameters, map(module.text, call.args), strict=False))
    for given in call.keywords:
        if given.arg not in parameters or given.arg in found:
            return None
        found[given.arg] = module.text(given.value)
    found.setdefault("app_label", _DEFAULT_LABEL)
    return found if "modules" in found else None


def _autouse(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool | None:
    """Whether the only decorator makes a fixture for every test; None if it is another."""
    if len(function.decorator_list) != 1:
        return None
    decorator = function.decorator_list[0]
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if name_of(module, target) not in FIXTURES:
        return None
    if not isinstance(decorator, ast.Call):
        return False
    given = {one.arg: one.value for one in decorator.keywords}
    constants = all(isinstance(value, ast.Constant) for value in given.values())
    if decorator.args or not constants or not given.keys() <= {"scope", "autouse"}:
        return None
    autouse = given.get("autouse")
    return isinstance(autouse, ast.Constant) and autouse.value is True


def _is_value(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, or gives a name to a value."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Assign)


def _is_end(module: Module, after: list[ast.stmt]) -> bool:
    """Whether the rest is ``yield`` and ``finalizer()``."""
    values = [node.value for node in after if isinstance(node, ast.Expr)]
    if len(values) != 2 or len(after) != 2:
        return False
    bare = isinstance(values[0], ast.Yield) and values[0].value is None
    last = values[1]
    return bare and isinstance(last, ast.Call) and name_of(module, last.func) == FINALIZER


def _asks_request(module: Module, after: list[ast.stmt]) -> bool:
    """Whether the rest is ``request.addfinalizer(finalizer)``."""
    value = after[0].value if len(after) == 1 and isinstance(after[0], ast.Expr) else None
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return False
    adds = ast.unparse(value.func) == "request.addfinalizer"
    return adds and name_of(module, value.args[0]) == FINALIZER
