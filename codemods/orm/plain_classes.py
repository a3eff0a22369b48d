"""Which classes of the project have nothing to do with models, and keep what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.module import Module
from ..project.symbols import Class, External
from .attributes import class_node, lineage
from .foreign import makes_foreign
from .lookup import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.symbols import Symbol

_PLAIN_BASES = frozenset(
    {"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC", "builtins.Exception"}
)
_PROTOCOL = External("typing.Protocol")
#: Bases that give their objects nothing of their own.
_EMPTY = frozenset({"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC"})
#: Bases, or the beginnings of their names, that leave alone what a class body binds.
_KEEPERS = ("builtins.object", "typing.Generic", "abc.ABC", "unittest.", "tortoise.contrib.test.")


def is_plain_class(project: Project, symbol: Class) -> bool:
    """Whether no base of a class can make it a model, or its construction unusual."""
    key = (is_plain_class, symbol)
    if key not in project.memo:
        project.memo[key] = _knows_bases(project, symbol, frozenset())
    return bool(project.memo[key])


def is_structural(project: Project, symbol: Class) -> bool:
    """Whether objects of other classes count as its own where it is an annotation."""
    return any(base == _PROTOCOL for _, base in _bases(project, symbol))


def keeps_body(project: Project, symbol: Class) -> bool:
    """Whether what its class body, or that of a base, binds is what its objects have.

    A decorator, a metaclass or a base can make defaults of it, as ``dataclass`` does.
    """
    for one in lineage(project, symbol):
        fact = project.class_fact(one)
        if fact is None or fact.decorated or fact.keywords:
            return False
    return all(
        isinstance(base, Class) or (isinstance(base, External) and base.dotted.startswith(_KEEPERS))
        for _, base in _bases(project, symbol)
    )


def shows_all(project: Project, symbol: Class) -> bool:
    """Whether all that objects of a class have stands in the project."""
    return all(
        isinstance(base, Class) or (isinstance(base, External) and base.dotted in _EMPTY)
        for _, base in _bases(project, symbol)
    )


def has_own_access(project: Project, symbol: Class, *names: str) -> bool:
    """Whether a class, or one of its bases, has one of the methods that compute attributes."""
    key = (has_own_access, symbol, names)
    if key not in project.memo:
        facts = (project.class_fact(one) for one in lineage(project, symbol))
        found = any(fact is None or not set(names).isdisjoint(fact.methods) for fact in facts)
        project.memo[key] = found
    return bool(project.memo[key])


def _bases(project: Project, symbol: Class) -> Iterator[tuple[Class, Symbol | None]]:
    """Every base of a class and of its bases in the project."""
    for one in lineage(project, symbol):
        fact = project.class_fact(one)
        for base in fact.bases if fact else ():
            yield one, resolved(project, one.path, base) if base else None


def _knows_bases(project: Project, symbol: Class, seen: frozenset[Class]) -> bool:
    fact = project.class_fact(symbol)
    if fact is None or symbol in seen or "__new__" in fact.methods:
        return False
    if not {"", "metaclass"}.isdisjoint(fact.keywords) and not _is_abstract(project, symbol):
        return False
    for base in fact.bases:
        found = resolved(project, symbol.path, base) if base else None
        if isinstance(found, Class):
            if not _knows_bases(project, found, seen | {symbol}):
                return False
        elif not isinstance(found, External) or not _is_plain_base(found.dotted):
            return False
    return True


def _is_abstract(project: Project, symbol: Class) -> bool:
    """Whether the only keyword of a class makes it an abstract one."""
    module = project.module(symbol.path)
    node = class_node(module, symbol) if isinstance(module, Module) else None
    keywords = node.keywords if node is not None else []
    meta = [module.resolve(one.value) for one in keywords] if isinstance(module, Module) else []
    return meta == [External("abc.ABCMeta")]


def _is_plain_base(dotted: str) -> bool:
    """A base class from outside that leaves ``Class(...)`` an object of the class."""
    return dotted in _PLAIN_BASES or makes_foreign(dotted)
