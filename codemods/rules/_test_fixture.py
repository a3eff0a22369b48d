"""The fixture that sets up the database for tests as Tortoise did it before 1.0."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits._base import expression
from ..project.module import Module
from ..project.symbols import External
from ._migration import symbol_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INITIALIZER, FINALIZER = "tortoise.contrib.test.initializer", "tortoise.contrib.test.finalizer"
CONTEXTS = (
    "tortoise.contrib.test.tortoise_test_context",
    "tortoise.context.tortoise_test_context",
)
_FIXTURES = ("pytest.fixture", "pytest_asyncio.fixture")
_PARAMETERS = ("modules", "db_url", "app_label")
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
        request: Whether the parameter ``request`` is there for the set-up alone.
    """

    function: ast.FunctionDef
    before: tuple[ast.stmt, ...]
    arguments: dict[str, str]
    autouse: bool
    request: bool


def context_arguments(given: Mapping[str, str]) -> list[str]:
    """The arguments of ``tortoise_test_context``, from those of ``initializer`` by parameter.

    The connection gets the name of the app, which it always had.
    """
    url = [f"db_url={given['db_url']}"] if "db_url" in given else []
    label = given["app_label"]
    return [given["modules"], *url, f"app_label={label}", f"connection_label={label}"]


def outlives(given: Mapping[str, str], before: Sequence[ast.stmt] = ()) -> bool:
    """Whether the database is still there when its connections are closed.

    Args:
        given: The source of the arguments, by parameter.
        before: Statements that give names to values, which the arguments may use.
    """
    return _MEMORY not in _default_url(given, before)


def is_new_each_time(given: Mapping[str, str]) -> bool:
    """Whether two databases of these arguments do not get in each other's way."""
    url = _default_url(given, ())
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
    function = module.parent(statement) if isinstance(statement, ast.Expr) else None
    if not isinstance(function, ast.FunctionDef) or not isinstance(statement, ast.Expr):
        return None
    at = function.body.index(statement) if statement in function.body else -1
    before, after = function.body[:at], function.body[at + 1 :]
    arguments, autouse = _arguments(module, call), _autouse(module, function)
    if at < 0 or arguments is None or autouse is None or not all(map(_is_value, before)):
        return None
    names = [one.arg for one in function.args.args]
    ends, request = _is_end(module, after), _asks_request(module, after)
    if not (ends or request) or names not in ([], ["request"]):
        return None
    used = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "request"]
    if names and len(used) > request:
        return None
    return TestFixture(function, tuple(before), arguments, autouse, bool(names))


def is_wanted_for_longer(module: Module, fixture: TestFixture) -> bool:
    """Whether a fixture of the session, a module or a class asks for this one by its name.

    It could not ask for one that is made for each test.
    """
    name, project = fixture.function.name, module.project
    for path in project.files:
        data = project.read(path)
        if isinstance(data, bytes) and name.encode() in data and b"scope" in data:
            other = project.module(path)
            if isinstance(other, Module) and any(
                _asks(other, one, name) for one in _functions(other)
            ):
                return True
    return False


def _functions(module: Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]


def _asks(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a function is a fixture with a scope, and has a parameter of a name."""
    if all(one.arg != name for one in function.args.args):
        return False
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
    scoped = (one for one in calls if any(given.arg == "scope" for given in one.keywords))
    return any(name_of(module, one.func) in _FIXTURES for one in scoped)


def context_of(
    module: Module, call: ast.Call
) -> tuple[tuple[ast.stmt, ...], dict[str, str]] | None:
    """What a fixture around ``tortoise_test_context`` is given, with the statements before it.

    The arguments are told as those of ``initializer``; None where those cannot say it.
    """
    item = module.parent(call)
    block = module.parent(item) if isinstance(item, ast.withitem) else None
    function = module.parent(block) if isinstance(block, ast.AsyncWith) else None
    if not isinstance(function, ast.AsyncFunctionDef) or block not in function.body:
        return None
    labels = {one.arg: one.value for one in call.keywords if one.arg == "connection_label"}
    plain = ast.Call(call.func, call.args, [k for k in call.keywords if k.arg not in labels])
    given = _arguments(module, plain)
    before = tuple(function.body[: function.body.index(block)])
    if given is None or not labels or not all(map(_is_value, before)):
        return None
    same = module.text(labels["connection_label"]) == given["app_label"]
    return (before, given) if same else None


def _arguments(module: Module, call: ast.Call) -> dict[str, str] | None:
    """The source of the arguments by parameter; None where there are others."""
    if len(call.args) > len(_PARAMETERS) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    found = dict(zip(_PARAMETERS, map(module.text, call.args), strict=False))
    for given in call.keywords:
        if given.arg not in _PARAMETERS or given.arg in found:
            return None
        found[given.arg] = module.text(given.value)
    found.setdefault("app_label", _DEFAULT_LABEL)
    return found if "modules" in found else None


def _autouse(module: Module, function: ast.FunctionDef) -> bool | None:
    """Whether the only decorator makes a fixture for every test; None if it is another."""
    if len(function.decorator_list) != 1:
        return None
    decorator = function.decorator_list[0]
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if name_of(module, target) not in _FIXTURES:
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
