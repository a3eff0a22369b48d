"""What a file needs when the body of a function of another file moves into it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ..edits.handler import Handler
from ..edits.imports import AddImport, DropImport
from ..edits.statements import RemoveStatement
from ..orm.startup import call_of, root_of
from ..project.apps import local_names, scopes_around
from ..project.facts import imports_of
from ..project.function_uses import uses
from ._lifespan_names import imported, is_patched, taken
from ._lifespan_source import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..edits._base import Edit
    from ..orm.hook_bodies import Body
    from ..orm.set_up import Helper
    from ..project.facts import FunctionNode
    from ..project.module import Module


class Call(NamedTuple):
    """A statement that calls a helper, in a function of a file."""

    module: Module
    function: FunctionNode
    statement: ast.stmt
    helper: Helper


def calls_of(module: Module, moved: Sequence[Body]) -> list[Call]:
    """The calls of helpers in the hooks whose bodies move."""
    return [Call(module, b.function, b.site, b.helper) for b in moved if b.helper]


def handler_of(helper: Helper, opens: bool) -> Handler:
    """The body of a helper, as the edits take it."""
    at = helper.at
    return Handler(
        source_of(helper.module, helper.function),
        init=at if opens else -1,
        schemas=helper.schemas,
        close=-1 if opens else at,
        documented=False,
    )


# Names


def missing(call: Call) -> tuple[AddImport, ...] | str:
    """The imports that the body of a helper needs where it is called, or why it cannot move."""
    found = []
    for name in sorted(_read(call.helper)):
        one = _import(call, name)
        if isinstance(one, str):
            return one
        found += [one] if one else []
    return tuple(found)


def _read(helper: Helper) -> frozenset[str]:
    """The names that a helper reads, but for those of the calls that go."""
    call = call_of(helper.statement)
    nodes: list[ast.AST] = [*call.args, *call.keywords, *helper.others]
    names = (n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name))
    own = {argument.arg for argument in helper.function.args.args}
    return frozenset(node.id for node in names) - own


def _import(call: Call, name: str) -> AddImport | str | None:
    """The import that brings one name; None where it is there, or a clause why it cannot come."""
    module, home = call.module, call.helper.module
    around = (local_names(scope) for scope in scopes_around(module, call.statement))
    if name in local_names(call.function).union(*around):
        return f"the name {name} of {call.helper.function.name} means something else here"
    if home is module:
        return None
    symbol = home.project.resolve(home.path, name)
    if symbol is None or is_patched(home, name):
        return f"what {name} means in {home.path} is not certain"
    if symbol == module.project.resolve(module.path, name):
        return None
    if module.path in _imported_by(home):
        return f"{home.path} imports this file"
    if name in module.facts.bindings or module.facts.stars:
        return f"the name {name} of {call.helper.function.name} means something else here"
    for _, found in imported(home):
        if found.name == name:
            return _respelled(call, found.module, found.attr, name)
    dotted = _spelled(call, home.path)
    return AddImport(module.path, dotted, name) if dotted else f"{home.path} cannot be imported"


def _imported_by(home: Module) -> frozenset[str]:
    """The files of the project that a module imports, itself or through another one."""
    project, found, waiting = home.project, set[str](), [home.path]
    while waiting:
        path = waiting.pop()
        facts = project.facts(path)
        groups = (*facts.imports.values(), facts.stars) if facts else ()
        for one in (one for group in groups for one in group):
            whole = f"{one.module}.{one.attr}".removesuffix(".").removesuffix(".*")
            for dotted in (one.module, whole):
                target = project.modules.find(dotted, one.level, path)
                if target and target not in found:
                    found.add(target)
                    waiting.append(target)
    return frozenset(found)


def _respelled(call: Call, source: str, attr: str, name: str) -> AddImport | str:
    """An import of the helper's file, as its caller's file would write it."""
    alias = "" if name == (attr or source.partition(".")[0]) else name
    level = len(source) - len(source.lstrip("."))
    home = call.helper.module
    path = home.project.modules.find(source[level:], level, home.path)
    dotted = _spelled(call, path) if path else None
    if dotted and dotted.startswith(".") and not attr:
        dotted = None
    if not dotted and not level:
        return AddImport(call.module.path, source, attr, alias)
    if not dotted:
        return f"{home.path} imports {name} in a way of its own"
    return AddImport(call.module.path, dotted, attr, alias)


def _spelled(call: Call, path: str) -> str | None:
    """A module's name as the caller's file writes those of its project; None where not known."""
    module = call.module
    for node in module.tree.body:
        for found in imports_of(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
            at = module.project.modules.find(found.module, found.level, module.path)
            if at is None or not at.endswith(".py"):
                continue
            if at == path and found.attr:
                return "." * found.level + found.module
            if not found.level:
                root = _root(at, found.module)
                dotted = _below(root, path) if root is not None else None
                if dotted:
                    return dotted
    folder = module.path.rpartition("/")[0]
    dotted = _below(f"{folder}/" if folder else "", path)
    relative = any(isinstance(n, ast.ImportFrom) and n.level for n in module.tree.body)
    return f".{dotted}" if dotted and relative else None


def _root(path: str, dotted: str) -> str | None:
    """The folder, with a slash, that a file is imported from under a dotted name."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    tail = dotted.replace(".", "/")
    return stem.removesuffix(tail) if stem.endswith(tail) else None


def _below(root: str, path: str) -> str | None:
    if not path.startswith(root):
        return None
    stem = path[len(root) :].removesuffix(".py").removesuffix("/__init__")
    return stem.replace("/", ".") if all(p.isidentifier() for p in stem.split("/")) else None


# Afterwards


def obsolete(calls: Sequence[Call]) -> Iterator[Edit]:
    """The edits that remove the helpers that nothing calls any more, and imports that they need."""
    for call in calls:
        yield from _forgotten(call)
        helper = call.helper
        if _is_unused(call) and taken(helper.module, _imports(helper)) is None:
            path = helper.module.path
            yield RemoveStatement(path, helper.module.span(helper.function), comments=True)
            yield from _dropped(helper.module, _imports(helper))


def _forgotten(call: Call) -> Iterator[Edit]:
    """The import of the helper itself goes, where nothing else uses it."""
    root = root_of(call_of(call.statement))
    if call.helper.module is not call.module:
        yield from _dropped(call.module, [root])


def _dropped(module: Module, names: Sequence[str]) -> Iterator[Edit]:
    if not module.path.endswith("__init__.py"):
        for _, found in imported(module):
            if found.name in names:
                yield DropImport(module.path, found.module, found.attr)


def _imports(helper: Helper) -> list[str]:
    """The imported names that a helper reads."""
    names = {n.id for n in ast.walk(helper.function) if isinstance(n, ast.Name)}
    return sorted({found.name for _, found in imported(helper.module)} & names)


def _is_unused(call: Call) -> bool:
    """Whether only the call uses the helper, and the import that the call needs."""
    module, helper = call.module, call.helper
    inside = (n for n in ast.walk(call.statement) if isinstance(n, ast.expr | ast.stmt))
    known = {f"{module.path}:{node.lineno}" for node in inside}
    if helper.module is not module:
        root = root_of(call_of(call.statement))
        known |= {f"{module.path}:{node.lineno}" for node, f in imported(module) if f.name == root}
    return all(place in known for place in uses(helper.module, helper.function))
