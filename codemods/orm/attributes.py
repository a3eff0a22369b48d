"""The attributes of the objects of a project class that is no model."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.symbols import Class, Function, Symbol
from ..project.walk import walk
from ..source import Fault
from .lookup import resolved
from .scopes import NESTED, nodes_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.module import Module

_HEAD = re.compile(rb"\bclass[ \t]+([^\s(:]+)\s*\(([^:]*):")
_WORD = re.compile(rb"[\w\x80-\xff]+")
_OTHER_NAME = re.compile(
    rb"\b(\w+)[ \t]+as[ \t]+(\w+)|^[ \t]*(\w+)[ \t]*=[ \t]*(?:\w+\.)*(\w+)[ \t]*\r?$", re.MULTILINE
)
_ASSIGNMENTS = frozenset({ast.Assign, ast.AnnAssign})
Store = tuple[FunctionNode | None, ast.expr | None, ast.expr | None]  #: method, value, annotation


def lineage(project: Project, symbol: Class) -> tuple[Class, ...]:
    """A class and those of its bases that the project defines, nearest first."""
    key = ("lineage", symbol)
    if key not in project.memo:
        found = [symbol]
        for one in found:
            fact = project.class_fact(one)
            for base in fact.bases if fact else ():
                known = resolved(project, one.path, base) if base else None
                if isinstance(known, Class) and known not in found:
                    found.append(known)
        project.memo[key] = tuple(found)
    classes: tuple[Class, ...] = project.memo[key]
    return classes


def derived(project: Project, symbol: Class) -> tuple[Class, ...]:
    """The classes of the project that have a class among their bases, in no order."""
    key = ("derived", symbol)
    if key not in project.memo:
        named = _named(project, symbol.name)
        project.memo[key] = tuple(
            one for one in named if one != symbol and symbol in lineage(project, one)
        )
    classes: tuple[Class, ...] = project.memo[key]
    return classes


def _named(project: Project, name: str) -> list[Class]:
    """The classes of all files with one whose head spells a name, or what is derived from that."""
    key = ("classes of files that derive", name)
    if key not in project.memo:
        heads = _heads(project)
        names, paths = {name: None}, dict[str, None]()
        queue = [name]
        for one in queue:
            for path, other in heads.get(one, ()):
                if path:
                    paths[path] = None
                if other not in names:
                    names[other] = None
                    queue.append(other)
        facts = filter(None, map(project.facts, paths))
        project.memo[key] = [Class(f.path, qualname) for f in facts for qualname in f.classes]
    found: list[Class] = project.memo[key]
    return found


def _heads(project: Project) -> dict[str, list[tuple[str, str]]]:
    """By each word in the head of a class, the file and the name of that class; searched once.

    By a name that is given another one, that one, without a file.
    """
    if _heads not in project.memo:
        found: dict[str, list[tuple[str, str]]] = {}
        for path in project.files:
            data = project.read(path)
            if isinstance(data, Fault):
                continue
            for head in _HEAD.finditer(data):
                for word in set(_WORD.findall(head[2])):
                    found.setdefault(word.decode(errors="replace"), []).append(
                        (path, head[1].decode(errors="replace"))
                    )
            for other in _OTHER_NAME.finditer(data):
                old, new = (other[1], other[2]) if other[1] else (other[4], other[3])
                found.setdefault(old.decode(), []).append(("", new.decode()))
        project.memo[_heads] = found
    heads: dict[str, list[tuple[str, str]]] = project.memo[_heads]
    return heads


def inherited(project: Project, symbol: Class, name: str) -> Symbol | None:
    """The method or inner class of that name, of the class or of the nearest base that has one."""
    for base in lineage(project, symbol):
        member = project.member(base, name)
        if isinstance(member, Function | Class):
            return member
    return None


def stores(module: Module, symbol: Class, name: str) -> list[Store]:
    """Every place in a class that binds an attribute of its objects."""
    key = ("stores", symbol)
    if key not in module.memo:
        by_name: dict[str, list[Store]] = {}
        node = _class_node(module, symbol)
        for attribute, store in _stores(module, node) if node is not None else ():
            by_name.setdefault(attribute, []).append(store)
        module.memo[key] = by_name
    found: dict[str, list[Store]] = module.memo[key]
    return found.get(name, [])


def _class_node(module: Module, symbol: Class) -> ast.ClassDef | None:
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
