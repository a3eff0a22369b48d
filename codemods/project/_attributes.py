"""What a class gives to an attribute of itself and of its objects."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Fault
from ._assigned import DEFINITIONS, definition, names_at, plain_value
from .symbols import Class, External, Symbol

if TYPE_CHECKING:
    from .index import Project
    from .module import Module


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a class gives to one attribute.

    Attributes:
        module: The file that it stands in.
        node: The expression, or the method.
        owner: The class that holds it.
        annotation: As written; None where there is none.
        settings: Whether objects may take another value from the environment.
    """

    module: Module
    node: ast.expr | ast.FunctionDef
    owner: Class
    settings: bool


def attribute_of(project: Project, owner: Class, name: str) -> Attribute | None:
    """What a class or its bases give to an attribute; None where it is not certain."""
    lineage = _lineage(project, owner)
    if lineage is None:
        return None
    settings = External("pydantic.BaseSettings") in lineage
    for one in lineage:
        if not isinstance(one, Class):
            continue
        module = project.module(one.path)
        node = None if isinstance(module, Fault) else definition(module.tree, one.qualname)
        if isinstance(module, Fault) or not isinstance(node, ast.ClassDef):
            return None
        found = [site for site in node.body if name in {*_names_below(site)}]
        if found:
            return _attribute(module, found, one, name, settings)
    return None


def _attribute(
    module: Module, sites: list[ast.stmt], owner: Class, name: str, settings: bool
) -> Attribute | None:
    site = sites[0]
    if len(sites) != 1:
        return None
    if isinstance(site, ast.FunctionDef):
        return Attribute(module, site, owner, False)
    value = plain_value(site, name)
    if value is None:
        return None
    constant = isinstance(site, ast.AnnAssign) and "ClassVar" in ast.dump(site.annotation)
    return Attribute(module, value, owner, settings and not constant)


def _lineage(project: Project, owner: Class) -> list[Symbol] | None:
    """A class and its bases, in order; None where one is not known, or may change attributes.

    Every class of pydantic that reads the environment stands there as ``pydantic.BaseSettings``.
    """
    found: list[Symbol] = [owner]
    for one in found:
        fact = project.class_fact(one) if isinstance(one, Class) else None
        if not isinstance(one, Class):
            continue
        if fact is None or "metaclass" in fact.keywords or "" in fact.keywords or len(found) > 9:
            return None
        if {name.rpartition(".")[2] for name in fact.decorators} - {"dataclass", "final"}:
            return None
        for base in fact.bases:
            symbol = project.resolve(one.path, base) if base else None
            known = _known_base(symbol)
            if known is None:
                return None
            found.append(known)
    return found


def _known_base(symbol: Symbol | None) -> Symbol | None:
    if isinstance(symbol, Class):
        return symbol
    name = symbol.dotted if isinstance(symbol, External) else ""
    if name in ("builtins.object", "pydantic.BaseModel", "pydantic.main.BaseModel"):
        return symbol
    from_pydantic = name.partition(".")[0] in ("pydantic", "pydantic_settings")
    is_settings = from_pydantic and name.rpartition(".")[2] == "BaseSettings"
    return External("pydantic.BaseSettings") if is_settings else None


def _names_below(node: ast.stmt) -> Counter[str]:
    """The names that a statement of a class body binds; those in a method are not the class's."""
    if isinstance(node, DEFINITIONS):
        return Counter([node.name])
    return Counter(name for inner in ast.walk(node) for name in names_at(inner))
