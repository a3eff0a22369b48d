"""The test classes of Tortoise, those that derive from them, and what becomes of their methods."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits.definitions import RenameFunction
from ..edits.expressions import RenameAttribute
from ..edits.statements import InsertStatements, ReplaceStatement
from ..project.facts import FunctionNode
from ..project.module import Module
from ..project.symbols import Class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..edits._base import Edit
    from ..project.index import Project

#: Asynchronous methods of the same meaning, by what Tortoise before 0.18 called them.
RENAMED = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
SET_UP = "asyncSetUp"
#: What the test classes had, and `unittest` does not.
_GONE = frozenset(
    {"assertListSortEqual", "assertAsyncRaises", "assertAsyncRaisesRegex", "assertAsyncWarns"}
    | {"assertAsyncWarnsRegex", "loop", "use_default_loop", "forbid_get_event_loop"}
    | {"_db", "_transaction", "_setUpDB", "_tearDownDB", "_init_loop", "_connections"}
)


@dataclass(frozen=True, slots=True)
class TestClass:
    """A class of tests in its file."""

    module: Module
    node: ast.ClassDef

    @property
    def methods(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions of its body, by name."""
        return {one.name: one for one in self.node.body if isinstance(one, FunctionNode)}

    def assigns(self, name: str) -> bool:
        """Whether its body gives a value to a name."""
        targets = (t for one in self.node.body if isinstance(one, ast.Assign) for t in one.targets)
        plain = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        return plain or any(
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and (one.target.id, one.value is None) == (name, False)
            for one in self.node.body
        )


def derived(project: Project, found: TestClass) -> list[TestClass]:
    """The classes of the project that derive from one, at any distance."""
    names, below = [(found.module.path, found.node.name)], dict[tuple[str, str], TestClass]()
    while names:
        base = names.pop()
        for one in _deriving(project, Class(*base)):
            key = one.module.path, one.node.name
            if key not in below:
                below[key] = one
                names.append(key)
    return list(below.values())


def _deriving(project: Project, base: Class) -> Iterator[TestClass]:
    """The classes that name one among their bases."""
    for path in _naming(project, base.name):
        module = project.module(path)
        if isinstance(module, Module):
            for node in module.nodes(ast.ClassDef):
                if base in map(module.resolve, node.bases):
                    yield TestClass(module, node)


def _naming(project: Project, name: str) -> Iterator[str]:
    """The files with a class that may have this one among its bases."""
    pattern = re.compile(rb"^[ \t]*class\s+\w+\s*\([^)]*\b" + name.encode() + rb"\b", re.MULTILINE)
    for path in project.files:
        data = project.read(path)
        if isinstance(data, bytes) and pattern.search(data):
            yield path


def obstacle(found: TestClass) -> str:
    """Why a class cannot be told with `unittest` alone; empty where it can."""
    for part in ast.walk(found.node):
        name = part.attr if isinstance(part, ast.Attribute) else ""
        name = part.id if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) else name
        if name in _GONE and (isinstance(part, ast.Name) or _is_own(part)):
            return f"it uses {name}, which IsolatedAsyncioTestCase does not have"
    methods = found.methods
    for old, new in RENAMED.items():
        method = methods.get(old)
        if isinstance(method, ast.AsyncFunctionDef):
            if new in methods or method.decorator_list:
                return f"it has an asynchronous {old}"
            if len(_calls_super(method, old, awaited=False)) > len(_calls_super(method, old)):
                return f"its {old} calls that of its base without await"
    return _awaited_by_name(found.node)


def _awaited_by_name(node: ast.ClassDef) -> str:
    """Why a class cannot have a method renamed that it awaits otherwise than with ``super()``."""
    for part in ast.walk(node):
        call = part.value if isinstance(part, ast.Await) else None
        func = call.func if isinstance(call, ast.Call) else None
        if not isinstance(func, ast.Attribute) or func.attr not in RENAMED:
            continue
        if isinstance(func.value, ast.Name) or not _is_own(func):
            return f"it awaits {ast.unparse(func)}()"
    return ""


def mixed_in(found: TestClass, others: Sequence[TestClass]) -> str:
    """Why a base from the project keeps a class from `unittest`; empty where none does.

    Args:
        found: The class.
        others: The classes whose methods are renamed, or that are bases of Tortoise's.
    """
    project, seen = found.module.project, {(one.module.path, one.node.name) for one in others}
    names = [found.module.resolve(base) for base in found.node.bases]
    while names:
        base = names.pop()
        if not isinstance(base, Class) or (base.path, base.qualname) in seen:
            continue
        seen.add((base.path, base.qualname))
        fact, module = project.class_fact(base), project.module(base.path)
        if fact is None or not isinstance(module, Module):
            continue
        for node in module.nodes(ast.AsyncFunctionDef):
            if node.name in RENAMED and module.parent(node) in _definitions(module, base):
                return f"its base {base.name} has an asynchronous {node.name}"
        names += [project.resolve(base.path, one) for one in fact.bases if one]
    return ""


def _definitions(module: Module, found: Class) -> list[ast.ClassDef]:
    return [node for node in module.nodes(ast.ClassDef) if node.name == found.name]


def _is_own(node: ast.AST) -> bool:
    """Whether an attribute is one of the test itself."""
    value = node.value if isinstance(node, ast.Attribute) else None
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "super"
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


def _calls_super(
    method: ast.FunctionDef | ast.AsyncFunctionDef, name: str, awaited: bool = True
) -> list[ast.Attribute]:
    """Where a method calls that of its base, as the attributes."""
    holders = [n.value for n in ast.walk(method) if isinstance(n, ast.Await)] if awaited else None
    calls = [n for n in ast.walk(method) if isinstance(n, ast.Call)]
    return [
        call.func
        for call in (calls if holders is None else [h for h in holders if isinstance(h, ast.Call)])
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == name
        and not isinstance(call.func.value, ast.Name)
        and _is_own(call.func)
    ]


def renames(found: TestClass) -> Iterator[Edit]:
    """Asynchronous ``setUp`` and ``tearDown`` become what `unittest` awaits."""
    module = found.module
    for old, new in RENAMED.items():
        method = found.methods.get(old)
        if isinstance(method, ast.AsyncFunctionDef):
            yield RenameFunction(module.path, module.span(method), new)
            for called in _calls_super(method, old):
                yield RenameAttribute(module.path, module.span(called), new)


def enters(found: TestClass, below: Sequence[TestClass], statement: str) -> list[Edit] | str:
    """A statement at the place where the base class set up the database, or why there is none.

    Args:
        found: The class.
        below: Those that derive from it.
        statement: The source of the statement, or of several.
    """
    module, methods = found.module, found.methods
    method, old = methods.get(SET_UP), methods.get("setUp")
    if method is not None:
        after = _super_statement(method)
        if after is None:
            return f"its {SET_UP} does not await that of its base"
        edits: list[Edit] = [InsertStatements(module.path, module.span(after), statement, "after")]
    elif isinstance(old, ast.AsyncFunctionDef):
        edits = [_at_start(module, old, statement)]
    else:
        edits = [_new_method(found, statement)]
    for one in below:
        own = one.methods.get("setUp")
        if isinstance(own, ast.AsyncFunctionDef) and not _calls_super(own, "setUp"):
            if isinstance(old, ast.AsyncFunctionDef):
                return f"{one.node.name} derives from it, with a setUp that replaces its own"
            edits.append(_at_start(one.module, own, f"await super().{SET_UP}()"))
    return edits


def _super_statement(method: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt | None:
    calls = _calls_super(method, SET_UP)
    for node in method.body:
        value = node.value if isinstance(node, ast.Expr) else None
        call = value.value if isinstance(value, ast.Await) else None
        if isinstance(call, ast.Call) and call.func in calls:
            return node
    return None


def _at_start(module: Module, method: ast.AsyncFunctionDef, statement: str) -> Edit:
    first = method.body[0]
    if ast.get_docstring(method, clean=False) is not None:
        return InsertStatements(module.path, module.span(first), statement, "after")
    return InsertStatements(module.path, module.span(first), statement)


def _new_method(found: TestClass, statement: str) -> Edit:
    """``asyncSetUp`` before the first method, or at the end of the class."""
    module, node = found.module, found.node
    returns = " -> None" if any(one.returns for one in found.methods.values()) else ""
    more = "await super().asyncSetUp()\n" if len(node.bases) > 1 else ""
    lines = "".join(f"    {line}\n" for line in f"{statement}\n{more}".splitlines() if line)
    source = f"async def {SET_UP}(self){returns}:\n{lines}"
    first = next((one for one in node.body if isinstance(one, FunctionNode)), None)
    if first is not None:
        return InsertStatements(module.path, module.span(first), source)
    last = node.body[-1]
    if len(node.body) == 1 and isinstance(last, ast.Pass):
        return ReplaceStatement(module.path, module.span(last), source)
    return InsertStatements(module.path, module.span(last), source, "after")
