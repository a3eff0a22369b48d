"""Where a module-level variable that holds a mapping or a list is used, and what may change it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Fault
from .facts import dotted
from .symbols import External, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .index import Project
    from .module import Module

ANY = "*"  #: stands for a key that is not known

_READING = frozenset({"keys", "index", "count", "copy"})


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


def uses_of(project: Project, variable: Variable) -> Uses:
    """All uses of a variable. It reads every file that spells the name, so it is kept for last."""
    key = (uses_of, variable)
    if key not in project.memo:
        project.memo[key] = _gather(project, variable)
    found: Uses = project.memo[key]
    return found


def changed_keys(module: Module, name: str) -> frozenset[str]:
    """The first keys below which the module itself changes its variable ``name`` in place."""
    key = (changed_keys, name)
    if key not in module.memo:
        nodes = _names(module, frozenset({name}), "")
        module.memo[key] = frozenset(k for node in nodes for k in _changes(module, node))
    found: frozenset[str] = module.memo[key]
    return found


def _gather(project: Project, variable: Variable) -> Uses:
    name = re.escape(variable.name)
    spelled = re.compile(rf"\b{name}\b".encode())
    member = re.compile(rf"\.\s*{name}\b".encode())
    count, text = 0, False
    changed: set[str] = set()
    calls: set[str] = set()
    for path in project.files:
        data = project.read(path)
        if isinstance(data, Fault) or not spelled.search(data):
            continue
        if path != variable.path and not member.search(data) and _has_own(project, path, variable):
            text = True
            continue
        module = project.module(path)
        nodes = [] if isinstance(module, Fault) else list(_meaning(module, variable))
        text = text or (not nodes and path != variable.path)
        if isinstance(module, Fault):
            continue
        count += len(nodes)
        for node in nodes:
            changed.update(_changes(module, node))
            calls.update(_passed_to(module, node))
    return Uses(count, frozenset(changed), frozenset(calls), text)


def _has_own(project: Project, path: str, variable: Variable) -> bool:
    """Whether a file means a variable of its own by the name, wherever it says it."""
    facts = project.facts(path)
    if facts is None or facts.stars or variable.name in facts.imports:
        return False
    return variable.name in facts.bindings


def _meaning(module: Module, variable: Variable) -> Iterator[ast.expr]:
    """The expressions of a file that mean the variable, or could."""
    aliases = {variable.name}
    for statement in module.nodes(ast.ImportFrom):
        aliases |= {a.asname for a in statement.names if a.asname and a.name == variable.name}
    for node in _names(module, frozenset(aliases), variable.name):
        symbol = module.resolve(node)
        if symbol is None or symbol == variable:
            yield node


def _names(module: Module, names: frozenset[str], attribute: str) -> Iterator[ast.expr]:
    for node in module.nodes(ast.Name):
        if node.id in names and isinstance(node.ctx, ast.Load):
            yield node
    yield from (node for node in module.nodes(ast.Attribute) if node.attr == attribute)


def _changes(module: Module, node: ast.expr) -> Iterator[str]:
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
