"""The names that a lifespan needs in a file, and those that go with the hooks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ..orm.startup import call_of, register_of, root_of
from ..project.apps import local_names
from ..project.facts import imports_of
from ..project.function_uses import names_in_call
from ..project.namings import modules_with
from ..project.reexports import spells, taken_from
from ..project.symbols import External

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..orm.hook_bodies import Body
    from ..project.apps import App
    from ..project.module import Module

MANAGER = "contextlib.asynccontextmanager"
_ITERATORS = ("collections.abc.AsyncIterator", "typing.AsyncIterator")


class Found(NamedTuple):
    """One imported name: as bound, its module, what is taken from it, and both with a dot."""

    name: str
    module: str
    attr: str
    dotted: str


def imported(module: Module) -> Iterator[tuple[ast.stmt, Found]]:
    """The names that the import statements of the module itself bind."""
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for found in imports_of(node):
                dotted = f"{found.module}.{found.attr}" if found.attr else found.module
                yield node, Found(found.name, "." * found.level + found.module, found.attr, dotted)


def roots(moved: Sequence[Body]) -> list[str]:
    """The names that the dropped calls begin with."""
    return sorted({root_of(call_of(s)) for body in moved for s in body.dropped})


def unavailable(app: App, moved: Sequence[Body]) -> str | None:
    """What keeps a name that the lifespan needs from being imported, or one from going."""
    for dotted in (MANAGER, register_of(app.framework)[0]):
        if not is_free(app.module, dotted):
            return f"the name {dotted.rpartition('.')[2]} means something else in this file"
    late = [n.lineno for n, f in imported(app.module) if f.name == "asynccontextmanager"]
    if late and min(late) > (app.scope or app.statement).lineno:
        return "asynccontextmanager is imported below the app"
    if app.scope is not None:
        hidden = local_names(app.scope) & {"asynccontextmanager", "RegisterTortoise", *roots(moved)}
        if hidden:
            return f"{min(hidden)} is a variable of {app.scope.name}"
    return taken(app.module, roots(moved))


def taken(module: Module, names: Iterable[str]) -> str | None:
    """Why the imports of some names may not go, as a clause, or None."""
    for name in sorted({found.name for _, found in imported(module)}.intersection(names)):
        place = taken_from(module.project, module.path, name)
        if place:
            return f"{place} takes {name} from this file"
    return None


def is_free(module: Module, dotted: str) -> bool:
    """Whether a name is unbound in the module, or is already the one that is wished."""
    name = dotted.rpartition(".")[2]
    if name not in module.facts.bindings:
        return not module.facts.stars
    return module.project.resolve(module.path, name) == External(dotted)


def is_patched(home: Module, name: str) -> bool:
    """Whether a file of the project sets a name of another module from outside, as tests do."""
    for module in modules_with(home.project, name):
        stored = (n for n in module.nodes(ast.Attribute) if n.attr == name)
        if any(not isinstance(node.ctx, ast.Load) for node in stored):
            return True
        called = (names_in_call(module, n, home.path, name) for n in module.nodes(ast.Call))
        if any(called) or spells(module, home.path, name):
            return True
    return False


def annotation_of(app: App, place: ast.stmt) -> str:
    """The class of the application as it is called, where that is imported above the lifespan."""
    root = root_of(app.calls[0])
    body = app.module.tree.body
    if app.scope is not None and place is app.statement:
        body = [*body, *app.scope.body]
    imports = (node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    for node in imports:
        named = any(found.name == root for found in imports_of(node))
        if named and node.lineno < place.lineno:
            return app.module.text(app.calls[0].func)
    return ""


def returns_of(app: App, moved: Sequence[Body]) -> tuple[str, str]:
    """The return annotation of the lifespan, and the module to import its name from, if any."""
    if not any(body.function.returns is not None for body in moved):
        return "", ""
    usable = _ITERATORS if _subscripts(app.module) else _ITERATORS[1:]
    for node, found in imported(app.module):
        if found.name == "AsyncIterator" and node.lineno < app.statement.lineno:
            return ("AsyncIterator[None]", "") if found.dotted in usable else ("", "")
    free = "AsyncIterator" not in app.module.facts.bindings and not app.module.facts.stars
    return ("AsyncIterator[None]", usable[0].rpartition(".")[0]) if free else ("", "")


def _subscripts(module: Module) -> bool:
    """Whether ``collections.abc.AsyncIterator[None]`` can be evaluated: from Python 3.9 on."""
    versions = module.project.versions_of(module.path)
    floors = (("python", "3.9"), ("tortoise-orm", "0.24"), ("starlette", "1.0"))
    return any(versions.at_least(name, since) for name, since in floors)


def free_name(app: App) -> str:
    """A name for the lifespan that nothing in the module uses."""
    taken = set(app.module.facts.bindings)
    for node in ast.walk(app.module.tree):
        if isinstance(node, ast.Name):
            taken.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            taken.add(node.name)
        elif isinstance(node, ast.arg):
            taken.add(node.arg)
    names = ["lifespan", f"{app.name}_lifespan", "orm_lifespan"]
    names += [f"lifespan_{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)
