"""Where a module-level variable that holds a mapping or a list is used, and what may change it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Fault
from .facts import dotted
from .patches import patches_of
from .spelled import spelled_in
from .symbols import External, Function, Symbol, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project
    from .module import Module

ANY = "*"  #: stands for a key that is not known
_READING = frozenset({"keys", "index", "count", "copy", "to_dict", "read"})


@dataclass(frozen=True, slots=True)
class Member:
    """Something that a class of the project defines: an attribute, or a method.

    Attributes:
        path: The file of the class.
        owner: The qualified name of the class.
        name: The attribute.
        is_object: Whether it is read from an object of the class, not from the class.
    """

    path: str
    owner: str
    name: str
    is_object: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a module-level function of the project returns.

    Attributes:
        path: Its file.
        name: Its name.
    """

    path: str
    name: str


#: What holds a value, or gives it.
Held = Variable | Member | Result


@dataclass(frozen=True, slots=True)
class Uses:
    """The uses of one variable in the whole project, other than the statement that binds it.

    Attributes:
        count: How many expressions mean it, or could.
        changed: The first keys below which something is changed; ``ANY`` where not known.
        calls: The dotted names of library functions that it is passed to.
        text: Whether a file that does not import it spells its name, in a string for instance.
    """

    count: int = 0
    changed: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    text: bool = False


def uses_of(project: Project, variable: Held) -> Uses:
    """All uses of a variable. It reads every file that spells the name, so it is kept for last.

    The statements of its own module that ``patches_of`` understands are no uses.
    """
    key = (uses_of, variable)
    if key not in project.memo:
        project.memo[key] = _gather(project, variable)
    found: Uses = project.memo[key]
    return found


def changed_keys(module: Module, name: str) -> frozenset[str]:
    """The first keys below which the module itself changes its variable ``name`` in place.

    Those changes that ``patches_of`` understands are left out.
    """
    key = (changed_keys, name)
    if key not in module.memo:
        nodes = _unpatched(module, name, _names(module, frozenset({name}), ""))
        module.memo[key] = frozenset(k for node in nodes for k in changes_below(module, node))
    found: frozenset[str] = module.memo[key]
    return found


def changed_member(module: Module, name: str) -> bool:
    """Whether the module itself assigns to an attribute of that name, or changes one in place."""
    nodes = _names(module, frozenset(), name)
    return any(True for node in nodes for _ in changes_below(module, node))


def _unpatched(module: Module, name: str, nodes: Iterator[ast.expr]) -> Iterator[ast.expr]:
    """The nodes that do not belong to a patch of the variable."""
    patches = patches_of(module, name)
    if not patches:
        yield from nodes
        return
    inside = {id(node) for patch in patches for node in ast.walk(patch.statement)}
    yield from (node for node in nodes if id(node) not in inside)


@dataclass(frozen=True, slots=True)
class _Use:
    """One expression that spells a name, by itself or after a dot.

    Attributes:
        symbol: What it means.
        changed: The first keys below which it changes that in place.
        calls: The library functions that it hands that to.
        patched: Whether it belongs to a patch of the module's own variable.
    """

    symbol: Symbol | None
    changed: frozenset[str]
    calls: frozenset[str]
    patched: bool


@dataclass(frozen=True, slots=True)
class _Everywhere:
    """All that spells a name in a project.

    Attributes:
        files: The files that spell it.
        uses: By what they mean, the uses in files that have no variable of that name, with the
            files.
    """

    files: frozenset[str]
    uses: dict[Symbol | None, list[tuple[str, _Use]]]


def _gather(project: Project, variable: Held) -> Uses:
    everywhere, own = _everywhere(project, variable.name), variable.path
    here = _of_file(project, own, variable) if own in everywhere.files else []
    meant = {None, _meaning(variable)}
    away = [pair for one in meant for pair in everywhere.uses.get(one, ()) if pair[0] != own]
    found = [*here, *(use for _, use in away)]
    changed = frozenset(key for use in found for key in use.changed)
    text = len(everywhere.files - {own}) > len({path for path, _ in away})
    return Uses(len(found), changed, frozenset(c for use in found for c in use.calls), text)


def _everywhere(project: Project, name: str) -> _Everywhere:
    key = (_everywhere, name)
    if key not in project.memo:
        spelled = dict(spelled_in(project, name))
        uses: dict[Symbol | None, list[tuple[str, _Use]]] = {}
        for path in (path for path, has_own in spelled.items() if not has_own):
            for use in _spelled(project, path, name):
                uses.setdefault(use.symbol, []).append((path, use))
        project.memo[key] = _Everywhere(frozenset(spelled), uses)
    found: _Everywhere = project.memo[key]
    return found


def _meaning(variable: Held) -> Symbol | None:
    if isinstance(variable, Result):
        return Function(variable.path, variable.name)
    return variable if isinstance(variable, Variable) else None


def _of_file(project: Project, path: str, variable: Held) -> list[_Use]:
    """The uses in a file that mean the variable, or could."""
    meant = _meaning(variable)
    own = path == variable.path and isinstance(variable, Variable)
    uses = (use for use in _spelled(project, path, variable.name) if not (own and use.patched))
    return [use for use in uses if use.symbol is None or use.symbol == meant]


def _spelled(project: Project, path: str, name: str) -> tuple[_Use, ...]:
    """Every use of a name in a file, whatever it means; looked for once."""
    key = (_spelled, path, name)
    if key not in project.memo:
        module = project.module(path)
        project.memo[key] = () if isinstance(module, Fault) else tuple(_uses_in(module, name))
    found: tuple[_Use, ...] = project.memo[key]
    return found


def _uses_in(module: Module, name: str) -> Iterator[_Use]:
    aliases = {name}
    for statement in module.nodes(ast.ImportFrom):
        aliases |= {a.asname for a in statement.names if a.asname and a.name == name}
    nodes = list(_names(module, frozenset(aliases), name))
    unpatched = {id(node) for node in _unpatched(module, name, iter(nodes))}
    for node in nodes:
        changed, calls = changes_below(module, node), _passed_to(module, node)
        patched = id(node) not in unpatched
        yield _Use(module.resolve(node), frozenset(changed), frozenset(calls), patched)


def _names(module: Module, names: frozenset[str], attribute: str) -> Iterator[ast.expr]:
    for node in module.nodes(ast.Name):
        if node.id in names and isinstance(node.ctx, ast.Load):
            yield node
    yield from (node for node in module.nodes(ast.Attribute) if node.attr == attribute)


def changes_below(module: Module, node: ast.expr) -> Iterator[str]:
    """The first key below which the use ``node`` changes the value in place, if it does."""
    key = ""
    outer = module.parent(node)
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        yield ANY
    while True:
        if isinstance(outer, ast.Subscript) and outer.value is node:
            key = key or _constant(outer.slice)
            if not isinstance(outer.ctx, ast.Load):
                yield key
                return
            node, outer = outer, module.parent(outer)
        elif isinstance(outer, ast.Attribute) and outer.value is node:
            call = module.parent(outer)
            if outer.attr in _READING:
                return
            if outer.attr != "get" or not isinstance(call, ast.Call) or not call.args:
                yield key or ANY
                return
            key = key or _constant(call.args[0])
            node, outer = call, module.parent(call)
        else:
            return


def _constant(node: ast.expr) -> str:
    known = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if known and isinstance(node, ast.Constant) else ANY


def _passed_to(module: Module, node: ast.expr) -> Iterator[str]:
    """The library function that the use ``node`` hands the value to, as an argument."""
    outer = module.parent(node)
    call = module.parent(outer) if isinstance(outer, ast.keyword) else outer
    if isinstance(call, ast.Call) and call.func is not node:
        symbol = module.resolve(call.func)
        if isinstance(symbol, External):
            yield symbol.dotted
        elif symbol is None and dotted(call.func):
            yield dotted(call.func)
