"""Reports queries that a script runs although nothing in it has started the ORM.

What it does
    Looks at `asyncio.run(...)`, `run_async(...)` and `run_until_complete(...)` outside of
    functions: at the query that they are given, or at the first one in the function of the same
    file that they are given.

Why
    Models know their connection only after `Tortoise.init`. Until then every query fails with

        ConfigurationError: default_connection for the model <class '...'> cannot be None

    and before 0.25.0 with

        TypeError: 'NoneType' object is not iterable

Example
    async def main() -> None:
        print(await Book.all().count())

    asyncio.run(main())

Use instead
    async def main() -> None:
        await Tortoise.init(config=TORTOISE_ORM)
        print(await Book.all().count())

    run_async(main())

When it is safe
    It is never applied: which configuration the script is to use is for you to say.

What it leaves alone
    Scripts in which anything that is not known, a function of the project for instance, is called
    before the query, since it may start the ORM; those that import a module which runs something
    itself; tests.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.calls import subject
from ..orm.definitions import definition
from ..orm.infer import types_of
from ..orm.scopes import own_nodes
from ..orm.types import ApiMethod
from ..project.facts import FunctionNode
from ..project.model_targets import is_test
from ..project.symbols import Class, External, Function
from ..source import Fault
from ._base import Finding, Rule, Safety
from ._migration import symbol_of
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..project.module import Module

_RUNNERS = frozenset({"asyncio.run", "tortoise.run_async"})
_LOOP_METHOD = "run_until_complete"
_RUNS = (b"asyncio.run", b"run_async", _LOOP_METHOD.encode())
_HARMLESS = ("tortoise.fields.", "tortoise.expressions.", "tortoise.functions.")
_CHANGED = "0.25.0"
_OLD = "TypeError: 'NoneType' object is not iterable"
_NEW = "ConfigurationError: default_connection for the model {} cannot be None"
_ERRORS = frozenset({"ConfigurationError", "TypeError", "BaseORMException"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each run of a query that comes before any start of the ORM."""
    if is_test(module.path) or _imports_runs(module):
        return
    before: list[ast.Call] = []
    for node in sorted(_outside(module), key=lambda call: (call.end_lineno, call.end_col_offset)):
        if not _is_run(module, node):
            before.append(node)
            continue
        inside = [call for call in before if node in module.ancestors(call)]
        earlier = [call for call in before if call not in inside]
        if not all(_is_harmless(module, call) for call in earlier):
            return
        query = _first_query(module, node.args[0])
        if query is not None:
            yield _finding(module, *query)
        return


def _outside(module: Module) -> Iterator[ast.Call]:
    """The calls that are made when the file is run, outside of its functions."""
    for call in module.nodes(ast.Call):
        if not any(isinstance(o, FunctionNode | ast.Lambda) for o in module.ancestors(call)):
            yield call


def _imports_runs(module: Module) -> bool:
    """Whether a module of the project that the file imports may run something by itself."""
    project = module.project
    for dotted, level in _imported(module):
        path = project.modules.find(dotted, level, module.path) or ""
        data = project.read(path) if path.endswith(".py") else b""
        if isinstance(data, Fault) or any(word in data for word in _RUNS):
            return True
    return False


def _imported(module: Module) -> Iterator[tuple[str, int]]:
    """The modules that the imports of a file may load, with the dots before them."""
    for statement in module.nodes(ast.Import):
        yield from ((one.name, 0) for one in statement.names)
    for found in module.nodes(ast.ImportFrom):
        yield found.module or "", found.level
        prefix = f"{found.module}." if found.module else ""
        yield from ((prefix + one.name, found.level) for one in found.names)


def _is_run(module: Module, call: ast.Call) -> bool:
    if len(call.args) != 1:
        return False
    symbol = symbol_of(module, call.func)
    if isinstance(symbol, External):
        return symbol.dotted in _RUNNERS
    return isinstance(call.func, ast.Attribute) and call.func.attr == _LOOP_METHOD


def _is_harmless(module: Module, call: ast.Call) -> bool:
    """Whether a call certainly does not start the ORM."""
    symbol = symbol_of(module, call.func)
    if isinstance(symbol, External):
        is_ours = symbol.dotted.startswith("tortoise.")
        return not is_ours or symbol.dotted.startswith(_HARMLESS)
    return _model(module, call) is not None


def _model(module: Module, call: ast.Call) -> Class | None:
    """The model that a call is a query of."""
    called = types_of(module, module.scope(call)).of(call.func)
    return subject(called.receiver) if isinstance(called, ApiMethod) else None


def _first_query(module: Module, run: ast.expr) -> tuple[ast.Call, Class] | None:
    """The query that a run begins with, and its model; None where something may come before it."""
    if not isinstance(run, ast.Call):
        return None
    model = _model(module, run)
    if model is not None:
        return run, model
    symbol = module.resolve(run.func)
    is_own = isinstance(symbol, Function) and symbol.path == module.path
    function = definition(module, symbol) if isinstance(symbol, Function) and is_own else None
    if not isinstance(function, ast.AsyncFunctionDef) or function.decorator_list:
        return None
    return _awaited(module, own_nodes(function))


def _awaited(module: Module, nodes: Iterable[ast.AST]) -> tuple[ast.Call, Class] | None:
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        model = _model(module, call)
        if model is None and not _is_harmless(module, call):
            return None
        if model is not None and isinstance(module.parent(call), ast.Await):
            errors = is_expected(module, call) or is_handled(module, call, _ERRORS)
            return None if errors else (call, model)
    return None


def _finding(module: Module, query: ast.Call, model: Class) -> Finding:
    older = module.project.versions_of(module.path).at_least("tortoise-orm", _CHANGED) is False
    error = _OLD if older else _NEW.format(model.name)
    message = f'nothing has started the ORM here: the query fails with "{error}"'
    advice = "await Tortoise.init(...) before it"
    return Finding(RULE.code, module.path, module.span(query), message, Safety.MANUAL, (), advice)


RULE = Rule(
    code="TOR416",
    name="model-used-before-init",
    summary="a script runs a query although nothing in it has started the ORM",
    safety=Safety.MANUAL,
    find=find,
    triggers=_RUNS,
)
