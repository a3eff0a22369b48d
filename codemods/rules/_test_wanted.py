"""Which tests ask for the fixture that sets up the database, and which make one themselves."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.module import Module
from ._test_fixture import CONTEXTS, FIXTURES, TestFixture, name_of

if TYPE_CHECKING:
    from ..project.index import Project

_TESTS = "tortoise.contrib.test"
#: A test class that asks for no database.
PLAIN_CLASS = f"{_TESTS}.SimpleTestCase"
ISOLATED_CLASS = f"{_TESTS}.IsolatedTestCase"
CLASSES = frozenset(
    {PLAIN_CLASS, ISOLATED_CLASS, f"{_TESTS}.TestCase", f"{_TESTS}.TruncationTestCase"}
)
_WORDS = re.compile(rb"\b(?:TestCase|IsolatedTestCase|TruncationTestCase|tortoise_test_context)\b")


def has_classes(project: Project) -> bool:
    """Whether classes of tests make a database for each test, or will once they are repaired."""
    if has_classes not in project.memo:
        paths = (path for path in project.files if _holds(project, path))
        modules = (project.module(path) for path in paths)
        found = any(_has_classes(one) for one in modules if isinstance(one, Module))
        project.memo[has_classes] = found
    return bool(project.memo[has_classes])


def _holds(project: Project, path: str) -> bool:
    data = project.read(path)
    return isinstance(data, bytes) and _WORDS.search(data) is not None


def _has_classes(module: Module) -> bool:
    """Whether a file has a test class of Tortoise, or one that enters the context itself."""
    for node in module.nodes(ast.ClassDef):
        names = {name_of(module, base) for base in node.bases}
        if names & (CLASSES - {PLAIN_CLASS}):
            return True
    return any(
        name_of(module, call.func) in CONTEXTS and _in_method(module, call)
        for call in module.nodes(ast.Call)
    )


def _in_method(module: Module, call: ast.Call) -> bool:
    function = next((one for one in module.ancestors(call) if isinstance(one, FunctionNode)), None)
    return function is not None and isinstance(module.parent(function), ast.ClassDef)


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
    return any(name_of(module, one.func) in FIXTURES for one in scoped)
