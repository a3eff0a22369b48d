"""Takes from `unittest` what tests had from `asynctest`, which Tortoise no longer brings along.

What it does
    Classes of `asynctest.TestCase` become classes of `unittest.IsolatedAsyncioTestCase`. Their
    asynchronous `setUp` and `tearDown`, which `asynctest` awaited, are renamed `asyncSetUp` and
    `asyncTearDown`, in the classes that derive from them as well. `CoroutineMock` becomes
    `unittest.mock.AsyncMock`; `patch`, `Mock`, `MagicMock` and the like come from `unittest.mock`.

Why
    Tortoise before 0.18 required `asynctest`, and its tests imported it. Nothing installs it since,
    and no release of it works with Python 3.11 or later: `AttributeError: module 'asyncio' has no
    attribute 'coroutine'`. `unittest` has had the same since Python 3.8.

Before
    class TestOrders(asynctest.TestCase):
        async def setUp(self):
            self.notify = asynctest.CoroutineMock()

After
    class TestOrders(IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            self.notify = AsyncMock()

When it is safe
    It is unsafe: `asynctest` ran a synchronous `setUp` in the loop of the test, `unittest` outside
    of one, and the mocks of the two differ in details. With `--unsafe` it is applied where every
    release that the project allows is 0.18.0 or newer.

What it leaves alone
    Reported, for a hand: files that use what `unittest` has nothing for, such as `ClockedTestCase`
    or `fail_on`, the loop of the test, or other helpers of `asynctest`; an asynchronous `setUp` of
    a mixin, or one that is awaited by name; an import that other files take.
    Silently: projects that may use a release before 0.18; files that do not name the framework or a
    model; branches on a version, and `try` statements that count on a missing name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.statements import RemoveStatement, ReplaceStatement
from ..project.facts import imports_of
from ..project.reexports import is_taken_from
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._test_classes import TestClass, derived, mixed_in, obstacle, renames
from ._test_fixture import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_SINCE = "0.18.0"
_OLD = "asynctest"
_CLASS, _NEW = f"{_OLD}.TestCase", "IsolatedAsyncioTestCase"
_MOCK = "unittest.mock"
_MOCKS = (
    *("ANY", "DEFAULT", "MagicMock", "Mock", "NonCallableMagicMock", "NonCallableMock", "call"),
    *("create_autospec", "mock_open", "patch", "sentinel"),
)
_PASSED_ON = ("IsolatedAsyncioTestCase", "SkipTest", "TestSuite", "expectedFailure", "main", "skip")
#: What has another home, by its old name: the module and the new name. To import `unittest` itself
#: and look takes as long as all of the rules.
_HOMES = {
    **{name: ("unittest", name) for name in (*_PASSED_ON, "skipIf", "skipUnless")},
    **{name: (_MOCK, name) for name in _MOCKS},
    "CoroutineMock": (_MOCK, "AsyncMock"),
    "TestCase": ("unittest", _NEW),
}
_MESSAGE = "asynctest does not come with Tortoise since 0.18, nor does it work with Python 3.11"
_RESTS = "it rests on the tests not counting on details in which asynctest differs"
_USE = "use unittest.IsolatedAsyncioTestCase and unittest.mock"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each file that imports `asynctest`, or for each use that is left."""
    imports = [one for one in _imports(module) if not is_shim(module, one)]
    if not imports or gate(module, _SINCE) is not Safety.SAFE:
        return
    made = {node: _edits(module, node) for node in _uses(module)}
    left: list[tuple[ast.AST, str]] = [(n, why) for n, why in made.items() if isinstance(why, str)]
    why = _obstacle(module, imports)
    for node, reason in left or ([(imports[0], why)] if why else []):
        advice, span = f"{reason}; {_USE}", module.span(node)
        yield Finding(RULE.code, module.path, span, _MESSAGE, Safety.MANUAL, advice=advice)
    if made and not left and not why:
        edits = [edit for known in made.values() if isinstance(known, tuple) for edit in known]
        span = module.span(imports[0])
        changes = (*_importing(module, imports, made), *edits)
        yield Finding(RULE.code, module.path, span, _MESSAGE, Safety.UNSAFE, changes, _RESTS)


def _imports(module: Module) -> list[ast.stmt]:
    """The statements that import the package or something of it."""
    found: list[ast.stmt] = []
    for node in module.nodes(ast.Import):
        found += [node] if any(one.name == _OLD for one in node.names) else []
    for plain in module.nodes(ast.ImportFrom):
        found += [plain] if (plain.module, plain.level) == (_OLD, 0) else []
    return sorted(found, key=module.span)


def _obstacle(module: Module, imports: list[ast.stmt]) -> str:
    """Why the imports cannot go; empty where they can."""
    for node in imports:
        names = list(imports_of(node)) if isinstance(node, ast.Import | ast.ImportFrom) else []
        if node not in module.tree.body or (isinstance(node, ast.Import) and len(names) > 1):
            return "it is not imported by a statement of its own"
        if any(is_taken_from(module.project, module.path, one.name) for one in names):
            return "other files take it from this one"
    return ""


def _importing(module: Module, imports: list[ast.stmt], uses: Iterable[ast.expr]) -> Iterator[Edit]:
    """Imports from `unittest` in the place of the first import, and none in that of the others."""
    wanted: dict[str, set[str]] = {}
    for node in uses:
        home, new = _home(name_of(module, node))
        kept = isinstance(node, ast.Name) and _is_same(module, node) and node.id != new
        alias = f" as {node.id}" if kept and isinstance(node, ast.Name) else ""
        present = module.facts.imports.get(new, ())
        if alias or not any((one.module, one.attr) == (home, new) for one in present):
            wanted.setdefault(home, set()).add(new + alias)
    lines = [f"from {home} import {', '.join(sorted(wanted[home]))}" for home in sorted(wanted)]
    for statement in imports:
        span = module.span(statement)
        if lines:
            yield ReplaceStatement(module.path, span, "\n".join(lines))
        else:
            yield RemoveStatement(module.path, span)
        lines = []


def _uses(module: Module) -> Iterator[ast.expr]:
    """The expressions that mean something of the package, each in full."""
    for node in (*module.nodes(ast.Name), *module.nodes(ast.Attribute)):
        if name_of(module, node).startswith(f"{_OLD}.") and not _is_part(module, node):
            yield node


def _is_part(module: Module, node: ast.expr) -> bool:
    """Whether a name is but the beginning of one that means more: ``patch`` of ``patch.object``."""
    value = node.value if isinstance(node, ast.Attribute) else None
    return value is not None and name_of(module, value).count(".") > 0


def _home(name: str) -> tuple[str, str]:
    """The module of `unittest` that has something of `asynctest`, and its name there."""
    return _HOMES.get(name.removeprefix(f"{_OLD}."), ("", ""))


def _is_same(module: Module, node: ast.expr) -> bool:
    """Whether a use is a name that means the same once it is imported from elsewhere."""
    name = name_of(module, node)
    return isinstance(node, ast.Name) and _home(name)[1] == name.rpartition(".")[2]


def _edits(module: Module, node: ast.expr) -> tuple[Edit, ...] | str:
    """What puts `unittest` in the place of a use, or why it is left."""
    name = name_of(module, node)
    home, new = _home(name)
    if not home:
        return f"unittest has no {name.removeprefix(f'{_OLD}.')}"
    bound = module.facts.imports.get(new, ())
    known = {(home, new), (_OLD, new)}
    if new in module.facts.bindings and not all((one.module, one.attr) in known for one in bound):
        return f"{new} means something else here"
    renamed = _renames(module, node) if name == _CLASS else ()
    if isinstance(renamed, str) or _is_same(module, node):
        return renamed
    return (ReplaceExpression(module.path, module.span(node), new), *renamed)


def _renames(module: Module, node: ast.expr) -> tuple[Edit, ...] | str:
    """What a test class needs to be one of `unittest`, or why it is left."""
    outer = module.parent(node)
    if not isinstance(outer, ast.ClassDef) or node not in outer.bases:
        return "it is no base of a class here"
    found = TestClass(module, outer)
    all_of_them = (found, *derived(module.project, found))
    why = next(filter(None, map(obstacle, all_of_them)), "")
    why = why or next(filter(None, (mixed_in(one, all_of_them) for one in all_of_them)), "")
    return why or tuple(edit for one in all_of_them for edit in renames(one))


RULE = Rule(
    code="TOR505",
    name="asynctest-import",
    summary="takes from `unittest` what tests had from `asynctest`, which is no longer installed",
    safety=Safety.UNSAFE,
    since="0.18.0",
    find=find,
    triggers=(b"asynctest",),
)
