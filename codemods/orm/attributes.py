"""The attributes of the objects of a project class that is no model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.heads import heads_with, renamings
from ..project.symbols import Class, Function, Symbol, Variable
from ..project.walk import walk
from .lookup import resolved
from .scopes import NESTED, nodes_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.module import Module

_ASSIGNMENTS = frozenset({ast.Assign, ast.AnnAssign})
Store = tuple[FunctionNode | None, ast.expr | None, ast.expr | None]  #: method, value, annotation


def lineage(project: Project, symbol: Class) -> tuple[Class, ...]:
    """A class and those of its bases that the project defines, nearest first."""
    key = ("lineage", symbol)
    classes: tuple[Class, ...] | None = project.memo.get(key)
    if classes is None:
        found = [symbol]
        for one in found:
            fact = project.class_fact(one)
            for base in fact.bases if fact else ():
                known = _class_meant(project, one.path, base) if base else None
                if known is not None and known not in found:
                    found.append(known)
        classes = project.memo[key] = tuple(found)
    return classes


def _class_meant(project: Project, path: str, name: str) -> Class | None:
    """The class that a name of a file means, be it through other names that it is given."""
    seen: list[Symbol] = []
    known = resolved(project, path, name)
    while isinstance(known, Variable) and known not in seen:
        seen.append(known)
        facts = project.facts(known.path)
        meant = facts.aliases.get(known.name) if facts else None
        known = resolved(project, known.path, meant) if meant else None
    return known if isinstance(known, Class) else None


def derived(project: Project, symbol: Class) -> tuple[Class, ...]:
    """The classes of the project that have a class among their bases, in no order."""
    key = ("derived", symbol)
    classes: tuple[Class, ...] | None = project.memo.get(key)
    if classes is None:
        found: dict[Class, None] = {}
        queue = [symbol]
        for base in queue:
            for one in _heirs(project, base):
                if one not in found and one != symbol:
                    found[one] = None
                    queue.append(one)
        classes = project.memo[key] = tuple(found)
    return classes


def _heirs(project: Project, base: Class) -> Iterator[Class]:
    """The classes whose heads spell a class, by its name or by another, and that derive from it."""
    names = [base.name]
    for name in names:
        for path, other in renamings(project, name):
            if other not in names and _class_meant(project, path, other) == base:
                names.append(other)
        for path, own in heads_with(project, name):
            facts = project.facts(path)
            for qualname in facts.classes if facts else ():
                if qualname.rpartition(".")[2] == own:
                    one = Class(path, qualname)
                    if base in lineage(project, one):
                        yield one


def inherited(project: Project, symbol: Class, name: str) -> Symbol | None:
    """The method or inner class of that name, of the class or of the nearest base that has one."""
    key = (inherited, symbol, name)
    if key not in project.memo:
        members = (project.member(base, name) for base in lineage(project, symbol))
        known = (member for member in members if isinstance(member, Function | Class))
        project.memo[key] = next(known, None)
    found: Symbol | None = project.memo[key]
    return found


def stores(module: Module, symbol: Class, name: str) -> list[Store]:
    """Every place in a class that binds an attribute of its objects."""
    key = ("stores", symbol)
    if key not in module.memo:
        by_name: dict[str, list[Store]] = {}
        node = class_node(module, symbol)
        for attribute, store in _stores(module, node) if node is not None else ():
            by_name.setdefault(attribute, []).append(store)
        module.memo[key] = by_name
    found: dict[str, list[Store]] = module.memo[key]
    return found.get(name, [])


def class_node(module: Module, symbol: Class) -> ast.ClassDef | None:
    fact = module.facts.classes.get(symbol.qualname)
    nodes = (node for node in module.nodes(ast.ClassDef) if fact and node.lineno == fact.line)
    return next(nodes, None)


def _stores(module: Module, node: ast.ClassDef) -> Iterator[tuple[str, Store]]:
    for statement in node.body:
        if isinstance(statement, FunctionNode):
            yield from _stores_of_method(module, statement)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, (None, statement.value, statement.annotation)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, (None, statement.value, None)


def _stores_of_method(module: Module, method: FunctionNode) -> Iterator[tuple[str, Store]]:
    positional = [*method.args.posonlyargs, *method.args.args]
    me = positional[0].arg if positional else ""
    told: set[ast.AST] = set()
    nodes = nodes_in(module, method)
    for node in nodes:
        target = _single_target(node) if node.__class__ in _ASSIGNMENTS else None
        if target is not None and _is_own(target, me):
            told.add(target)
            annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
            yield target.attr, (method, getattr(node, "value", None), annotation)
    nested = (inner for n in nodes if n.__class__ in NESTED for inner in walk(n))
    for node in (*nodes, *nested):
        if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
            continue
        if node not in told and _is_own(node, me):
            yield node.attr, (method, None, None)


def _single_target(node: ast.AST) -> ast.Attribute | None:
    """The attribute that a plain or annotated assignment binds, if it binds that alone."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return None
    return target if isinstance(target, ast.Attribute) else None


def _is_own(node: ast.Attribute, me: str) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == me
