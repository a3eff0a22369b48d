"""The configuration that a test replaces Tortoise's own with, while `initializer` runs.

Tortoise before 1.0 took nothing but the modules, the URL and the label of the app for tests. What
needs a time zone or a connection of another name patches `getDBConfig` with a dictionary.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..comments import is_directive
from ..project.reexports import is_taken_from
from ..project.symbols import External
from ._migration import canonical_of, symbol_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..project.module import Module

_CONFIG = "tortoise.contrib.test.getDBConfig"
_PATCH = ("unittest.mock.patch", "mock.patch")
_MOCKS = tuple(
    f"{package}.{name}" for package in ("unittest.mock", "mock") for name in ("Mock", "MagicMock")
)
_GENERATE = (
    "tortoise.generate_config",
    "tortoise.backends.base.config_generator.generate_config",
)
_GENERATED = ("db_url", "app_modules", "connection_label", "testing")
_KEYS = ("timezone",)
_COMMENT = re.compile(r"#.*")


@dataclass(frozen=True, slots=True)
class Patched:
    """What tests are given by a function that makes a configuration.

    Attributes:
        function: The function.
        arguments: The source of what ``tortoise_test_context`` takes, by parameter.
        alone: Whether nothing but the patch uses the function.
    """

    function: ast.FunctionDef
    arguments: dict[str, str]
    alone: bool


def patched(module: Module, block: ast.With, modules: ast.expr | None) -> Patched | None:
    """What a ``with patch(...)`` gives the tests; None where it does not say it plainly.

    Args:
        module: The file.
        block: The block.
        modules: What `initializer` is given there.
    """
    item = block.items[0] if len(block.items) == 1 else None
    value = _returned(module, item.context_expr) if item and item.optional_vars is None else None
    function = _function(module, value) if value else None
    arguments = _arguments(module, function) if function else None
    if function is None or arguments is None or modules is None:
        return None
    if arguments["modules"] != module.text(modules):
        return None
    return Patched(function, arguments, _is_alone(module, function))


def _returned(module: Module, call: ast.expr) -> ast.Call | None:
    """The call whose value the patched function gives."""
    if not isinstance(call, ast.Call) or _outside(module, call.func) not in _PATCH:
        return None
    target, *others = [*call.args, *(one.value for one in call.keywords)]
    if not isinstance(target, ast.Constant) or target.value != _CONFIG or len(others) != 1:
        return None
    [given] = others
    if not call.keywords:  # patch("...", Mock(return_value=config()))
        if not isinstance(given, ast.Call) or _outside(module, given.func) not in _MOCKS:
            return None
        call, given = given, given.keywords[0].value if len(given.keywords) == 1 else given
        if call.args:
            return None
    plain = [one.arg for one in call.keywords] == ["return_value"]
    return given if plain and isinstance(given, ast.Call) else None


def _outside(module: Module, node: ast.expr) -> str:
    symbol = symbol_of(module, node)
    return symbol.dotted if isinstance(symbol, External) else ""


def _function(module: Module, call: ast.Call) -> ast.FunctionDef | None:
    """The function of the file that is called without arguments."""
    if not isinstance(call.func, ast.Name) or call.args or call.keywords:
        return None
    name = call.func.id
    if module.facts.bindings.get(name) != 1:
        return None
    found = (one for one in module.tree.body if isinstance(one, ast.FunctionDef))
    function = next((one for one in found if one.name == name), None)
    if function is None or function.decorator_list or ast.unparse(function.args):
        return None
    return function


def _arguments(module: Module, function: ast.FunctionDef) -> dict[str, str] | None:
    """What a function tells that makes a configuration and sets keys of it; None for others."""
    body = [one for one in function.body if not _is_docstring(one)]
    if not body or not isinstance(body[-1], ast.Return):
        return None
    value = body[-1].value
    if isinstance(value, ast.Call) and len(body) == 1:
        return _generated(module, value)
    name, call = _bound(body[0])
    if not isinstance(value, ast.Name) or value.id != name or not isinstance(call, ast.Call):
        return None
    found = _generated(module, call)
    keys = _keys(module, body[1:-1], name) if found is not None else None
    uses = sum(isinstance(one, ast.Name) and one.id == name for one in ast.walk(function))
    plain = keys is not None and uses == len(keys) + 2
    return {**found, **keys} if plain and found and keys is not None else None


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """The name that an assignment binds, and the value."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        return (target.id if isinstance(target, ast.Name) else ""), node.value
    return "", None


def _keys(module: Module, body: Sequence[ast.stmt], name: str) -> dict[str, str] | None:
    """The keys that are set in a configuration afterwards."""
    found: dict[str, str] = {}
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(node, ast.Assign) or not isinstance(target, ast.Subscript):
            return None
        key = target.slice.value if isinstance(target.slice, ast.Constant) else None
        own = isinstance(target.value, ast.Name) and target.value.id == name
        if key not in _KEYS or key in found or not own or len(node.targets) != 1:
            return None
        found[str(key)] = module.text(node.value)
    return found


def _generated(module: Module, call: ast.Call) -> dict[str, str] | None:
    """What a call of ``generate_config`` for one app of a test says."""
    if canonical_of(module, call.func) not in _GENERATE or len(call.args) > len(_GENERATED):
        return None
    given = dict(zip(_GENERATED, call.args, strict=False))
    for one in call.keywords:
        if one.arg not in _GENERATED or one.arg in given:
            return None
        given[one.arg] = one.value
    apps, testing = given.get("app_modules"), given.get("testing")
    if not isinstance(apps, ast.Dict) or len(apps.keys) != 1 or apps.keys[0] is None:
        return None
    if not isinstance(testing, ast.Constant) or testing.value is not True or "db_url" not in given:
        return None
    found = {"modules": module.text(apps.values[0]), "db_url": module.text(given["db_url"])}
    found["app_label"] = module.text(apps.keys[0])
    if "connection_label" in given:
        found["connection_label"] = module.text(given["connection_label"])
    return found


def _is_alone(module: Module, function: ast.FunctionDef) -> bool:
    """Whether nothing but one call in its own file uses a function, and it has no comments.

    Those for type checkers and linters do not count.
    """
    name = function.name
    uses = [one for one in module.nodes(ast.Name) if one.id == name]
    above = module.source.line(function.lineno - 1) if function.lineno > 1 else ""
    remarks = (one for one in _COMMENT.findall(module.text(function)) if not is_directive(one))
    if above.lstrip().startswith("#") or any(remarks):
        return False
    return len(uses) == 1 and not is_taken_from(module.project, module.path, name)
