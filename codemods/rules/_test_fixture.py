"""The fixture that sets up the database for tests as Tortoise did it before 1.0."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.symbols import External
from ._migration import symbol_of

if TYPE_CHECKING:
    from ..project.module import Module

INITIALIZER, FINALIZER = "tortoise.contrib.test.initializer", "tortoise.contrib.test.finalizer"
_FIXTURES = ("pytest.fixture", "pytest_asyncio.fixture")
_PARAMETERS = ("modules", "db_url", "app_label")
_DEFAULT_LABEL = '"models"'


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
