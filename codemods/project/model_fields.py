"""The fields of models as Tortoise collects them from the bodies of a class and of its bases.

Tortoise does not follow the order in which Python looks attributes up. The fields of a base that
is a model replace those of the bases before it; those of a mixin fill in what is missing, the
innermost mixin first; a name that a body binds to something else removes the field from that class
alone, not from what is derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .facts import OPAQUE, FieldFact
from .field_kinds import DATA, OTHER, UNKNOWN, Kind, kind_of, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .bases import Bases
    from .facts import ClassFact
    from .index import Project
    from .symbols import Class

_KEY_KEYWORDS = ("pk", "primary_key")
_DEFAULT_KEY = "id"


@dataclass(frozen=True, slots=True)
class Declared:
    """A field of a model.

    Attributes:
        field: The call, with its positional arguments among the keywords.
        owner: The class whose body makes the call.
        kind: What the call declares.
    """

    field: FieldFact
    owner: Class
    kind: Kind


class ModelFields:
    """Collects the fields of the classes of a project."""

    def __init__(self, project: Project, bases: Bases) -> None:
        self._project = project
        self._bases = bases
        self._own: dict[Class, dict[str, Declared | None]] = {}
        self._maps: dict[Class, dict[str, Declared]] = {}

    def of(self, symbol: Class) -> dict[str, Declared]:
        """The fields of a model by name, with those whose kind is ``UNKNOWN``."""
        for one in reversed(self._bases.lineage(symbol).order):
            if one not in self._maps and self._bases.lineage(one).is_model:
                self._maps[one] = self._collect(one)
        return self._maps[symbol]

    def _collect(self, symbol: Class) -> dict[str, Declared]:
        found: dict[str, Declared] = {}
        above = self._bases.lineage(symbol).bases
        for base in above:
            order = self._bases.lineage(base).order
            for one in (*order[1:], base):
                if self._bases.lineage(one).is_model:
                    found.update(self._maps[one])
        for mixin in self._mixins(above):
            for name, declared in self._body(mixin).items():
                if declared is not None:
                    found.setdefault(name, declared)
        for name, declared in self._body(symbol).items():
            if declared is None:
                found.pop(name, None)
            else:
                found[name] = declared
        return self._with_key(symbol, found)

    def _mixins(self, classes: Iterable[Class]) -> Iterator[Class]:
        """Those among the classes and their bases that are no models, innermost first."""
        visited: dict[Class, None] = {}
        for base in classes:
            if not all(self._bases.lineage(o).is_model for o in self._bases.lineage(base).order):
                self._visit(base, visited)
        return (one for one in visited if not self._bases.lineage(one).is_model)

    def _visit(self, symbol: Class, visited: dict[Class, None]) -> None:
        """Add a class and its bases, each after all of its own bases."""
        stack = [symbol]
        while stack:
            order = self._bases.lineage(stack[-1]).order
            inner = next((one for one in order[1:] if one not in visited), None)
            if inner is None:
                visited.setdefault(stack.pop())
            else:
                stack.append(inner)

    def _body(self, symbol: Class) -> dict[str, Declared | None]:
        """What a class body binds: fields, and None for everything that is no field."""
        if symbol not in self._own:
            fact = self._project.class_fact(symbol)
            self._own[symbol] = self._read(symbol, fact) if fact else {}
        return self._own[symbol]

    def _read(self, symbol: Class, fact: ClassFact) -> dict[str, Declared | None]:
        found: dict[str, Declared | None] = dict.fromkeys((*fact.names, *fact.methods))
        for field in fact.fields:
            kind = kind_of(self._project, symbol.path, field.factory)
            if kind.name != OTHER:
                found[field.name] = Declared(named(field, kind), symbol, kind)
        return found

    def _with_key(self, symbol: Class, found: dict[str, Declared]) -> dict[str, Declared]:
        """The fields, with the key that Tortoise adds to a model that declares none."""
        abstract = self._bases.meta(symbol).get("abstract", False)
        closed = self._bases.lineage(symbol).closed
        if abstract is not False or not closed or _DEFAULT_KEY in found:
            return found
        if any(_may_be_key(declared) for declared in found.values()):
            return found
        fact = FieldFact(_DEFAULT_KEY, "", "", "", {"primary_key": True}, True, 0)
        return {_DEFAULT_KEY: Declared(fact, symbol, Kind(DATA)), **found}


def key_of(declared: Iterable[Declared]) -> str:
    """The name of the primary key; empty where it cannot be told."""
    keys = [one for one in declared if _may_be_key(one)]
    if len(keys) != 1 or not keys[0].kind.plain or keys[0].kind.name == UNKNOWN:
        return ""
    sure = any(keys[0].field.keywords.get(name) is True for name in _KEY_KEYWORDS)
    return keys[0].field.name if sure else ""


def _may_be_key(declared: Declared) -> bool:
    given = declared.field.keywords
    if declared.kind.name == UNKNOWN or not declared.field.complete:
        return True
    return any(given.get(name, False) in (True, OPAQUE) for name in _KEY_KEYWORDS)
