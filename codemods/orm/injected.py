"""What a framework passes for a parameter: a dependency of FastAPI, or a fixture of pytest."""

from __future__ import annotations

import ast
import re
from posixpath import dirname, join
from typing import TYPE_CHECKING

from ..project.module import Module
from ..project.symbols import External, Function
from . import scopes
from .annotations import annotated
from .definitions import definition, plain_decorators
from .types import UNKNOWN, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.facts import FunctionNode
    from ..project.index import Project
    from ..project.symbols import Symbol
    from ._context import Context

_DEPENDS = frozenset({"fastapi.Depends", "fastapi.Security", "fastapi.param_functions.Depends"})
_FIXTURES = frozenset({"pytest.fixture", "pytest_asyncio.fixture"})
#: Annotations of what yields one value, with that value first.
_YIELDING = re.compile(r"^(?:typing|collections\.abc)\.(?:Async)?(?:Generator|Iterator|Iterable)$")
_NAMED = re.compile(rb"\bname\s*=")
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")


def injected(context: Context, parameter: ast.arg) -> Type:
    """What the parameter of a function gets that says no more of itself."""
    function = context.scope
    if isinstance(function, ast.Module) or parameter.annotation is not None:
        return UNKNOWN
    default = scopes.default_of(function, parameter)
    if default is None:
        return _fixture(context, function, parameter.arg)
    if not isinstance(default, ast.Call) or len(default.args) != 1:
        return UNKNOWN
    known = context.module.resolve(default.func)
    if not isinstance(known, External) or known.dotted not in _DEPENDS:
        return UNKNOWN
    return _given_by(context, context.module.resolve(default.args[0]), frozenset())


def _given_by(context: Context, symbol: Symbol | None, decorators: frozenset[str]) -> Type:
    """What a function returns or yields once, waited for where it is asynchronous."""
    module = context.project.module(symbol.path) if isinstance(symbol, Function) else None
    if not isinstance(symbol, Function) or not isinstance(module, Module):
        return UNKNOWN
    node = definition(module, symbol)
    if node is None or not _is_decorated(module, node, decorators):
        return UNKNOWN
    yields = [n for n in scopes.nodes_in(module, node) if isinstance(n, ast.Yield | ast.YieldFrom)]
    if not yields:
        known = annotated(context.project, module.path, node.returns)
        return known if node.returns is not None else context.elsewhere(module, node, None)
    told = node.returns
    if isinstance(told, ast.Subscript):
        kind = module.resolve(told.value)
        first = told.slice.elts[0] if isinstance(told.slice, ast.Tuple) else told.slice
        if isinstance(kind, External) and _YIELDING.match(kind.dotted):
            return annotated(context.project, module.path, first)
    only = yields[0]
    if len(yields) > 1 or not isinstance(only, ast.Yield) or only.value is None:
        return UNKNOWN
    return context.elsewhere(module, node, only.value)


def _is_decorated(module: Module, node: FunctionNode, decorators: frozenset[str]) -> bool:
    """Whether a function has one of the decorators alone; none where none are given."""
    if not decorators:
        return plain_decorators(module, node)
    found = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    known = [module.resolve(one) for one in found]
    return len(known) == 1 and isinstance(known[0], External) and known[0].dotted in decorators


def _fixture(context: Context, function: FunctionNode, name: str) -> Type:
    """What the fixture of that name gives to a test, or to another fixture."""
    module = context.module
    if not _TEST_FILE.search(module.path) or isinstance(module.parent(function), ast.ClassDef):
        return UNKNOWN
    if not function.name.startswith("test") and not _is_decorated(module, function, _FIXTURES):
        return UNKNOWN
    for path in _places(context.project, module.path):
        facts, text = context.project.facts(path), context.project.read(path)
        if facts is None or not isinstance(text, bytes) or _is_unclear(text, name):
            return UNKNOWN
        if name in facts.bindings and path == module.path and name == function.name:
            continue  # a fixture that asks for the one that it hides
        if name in facts.bindings or facts.stars:
            return _given_by(context, context.project.resolve(path, name), _FIXTURES)
    return UNKNOWN


def _places(project: Project, path: str) -> Iterator[str]:
    """The files in which pytest looks for a fixture, in that order."""
    yield path
    folder, last = dirname(path), None
    while folder != last:
        conftest = join(folder, "conftest.py")
        if conftest != path and conftest in project.files:
            yield conftest
        folder, last = dirname(folder), folder


def _is_unclear(text: bytes, name: str) -> bool:
    """Whether a file may pass something else under that name: parameters, or another function."""
    if b"pytest_generate_tests" in text:
        return True
    if b"parametrize" not in text and _NAMED.search(text) is None:
        return False
    # Most files with parameters never say the name: a search for it costs far less than a pattern.
    quoted = rb"[\"'][^\"'\n]*\b" + name.encode() + rb"\b[^\"'\n]*[\"']"
    return name.encode() in text and re.search(quoted, text) is not None
