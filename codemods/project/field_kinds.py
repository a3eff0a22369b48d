"""What a call in a class body declares: a data field, a relation, no field, or what cannot be told.

Relations and data fields are told apart by the class of the field, also where that is a subclass
that the project defines.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .symbols import Class, External, Variable

if TYPE_CHECKING:
    from .facts import Constant, FieldFact
    from .index import Project
    from .symbols import Symbol

DATA, FOREIGN_KEY, ONE_TO_ONE, MANY_TO_MANY = "data", "fk", "o2o", "m2m"
OTHER, UNKNOWN = "other", ""
RELATIONS = frozenset({FOREIGN_KEY, ONE_TO_ONE, MANY_TO_MANY})

_HOPS = 8  #: how many names in a row may stand for one another

#: Last part of a factory's name to the kind of relation that it declares.
_RELATION_FACTORIES = {
    **dict.fromkeys(("ForeignKeyField", "ForeignKeyFieldInstance", "ForeignKey"), FOREIGN_KEY),
    **dict.fromkeys(("OneToOneField", "OneToOneFieldInstance", "OneToOne"), ONE_TO_ONE),
    **dict.fromkeys(("ManyToManyField", "ManyToManyFieldInstance", "ManyToMany"), MANY_TO_MANY),
}
_TO_ONE = ("to", "related_name", "on_delete", "db_constraint", "null")
_TO_MANY = ("to", "through", "forward_key", "backward_key", "related_name", "on_delete")
#: Positional parameters that have the same place in every release, by kind; classes of fields take
#: fewer of them than the functions of the same name.
_PARAMETERS = {FOREIGN_KEY: _TO_ONE, ONE_TO_ONE: _TO_ONE, MANY_TO_MANY: _TO_MANY}
_OF_INSTANCES = {FOREIGN_KEY: 3, ONE_TO_ONE: 3, MANY_TO_MANY: 6}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a call declares.

    Attributes:
        name: ``data``, ``fk``, ``o2o``, ``m2m``, ``other`` for no field at all, or empty where it
            cannot be told.
        parameters: Names of the leading positional parameters.
        plain: Whether the arguments mean what they mean to Tortoise itself.
    """

    name: str
    parameters: tuple[str, ...] = ()
    plain: bool = True


_UNKNOWN = Kind(UNKNOWN, plain=False)
_OTHER = Kind(OTHER)


def kind_of(project: Project, path: str, factory: str) -> Kind:
    """What a call of a dotted name declares, where it stands in a class body of a file."""
    return _of_symbol(project, aliased(project, project.resolve(path, factory)), frozenset())


def aliased(project: Project, symbol: Symbol | None) -> Symbol | None:
    """What a symbol stands for, where it is a variable that is but another name of something."""
    for _ in range(_HOPS):
        facts = project.facts(symbol.path) if isinstance(symbol, Variable) else None
        if not isinstance(symbol, Variable) or facts is None or symbol.name not in facts.aliases:
            return symbol
        symbol = project.resolve(symbol.path, facts.aliases[symbol.name])
    return None


def named(field: FieldFact, kind: Kind) -> FieldFact:
    """The field with its positional arguments among the keywords, by the name of the parameter."""
    if not kind.plain:
        return replace(field, complete=False)
    if kind.name not in RELATIONS or len(field.arguments) < 2:
        return field
    given = dict(zip(kind.parameters[1:], field.arguments[1:], strict=False))
    keywords: dict[str, Constant] = {**given, **field.keywords}
    complete = field.complete and len(field.arguments) <= len(kind.parameters)
    return replace(field, keywords=keywords, complete=complete)


def _of_symbol(project: Project, symbol: Symbol | None, seen: frozenset[Class]) -> Kind:
    if isinstance(symbol, External):
        return _of_external(symbol.dotted)
    if isinstance(symbol, Class) and symbol not in seen:
        return _of_class(project, symbol, seen | {symbol})
    return _UNKNOWN


def _of_external(dotted: str) -> Kind:
    top, _, rest = dotted.partition(".")
    name = rest.rpartition(".")[2]
    if top in sys.stdlib_module_names or dotted.startswith("tortoise.manager."):
        return _OTHER
    if top != "tortoise":
        return _UNKNOWN
    kind = _RELATION_FACTORIES.get(name)
    if kind is not None:
        fewer = _OF_INSTANCES[kind] if name.endswith("Instance") else None
        return Kind(kind, _PARAMETERS[kind][:fewer])
    return Kind(DATA) if name.endswith("Field") else _UNKNOWN


def _of_class(project: Project, symbol: Class, seen: frozenset[Class]) -> Kind:
    """A class of the project is the kind of field that its bases are."""
    fact = project.class_fact(symbol)
    if fact is None or fact.decorators or fact.keywords:
        return _UNKNOWN
    bound = {*fact.methods, *fact.names}
    if "__new__" in bound:
        return _UNKNOWN
    kinds = [
        _of_symbol(project, aliased(project, project.resolve(symbol.path, base)), seen)
        for base in fact.bases
        if base
    ]
    if len(kinds) < len(fact.bases) or _UNKNOWN in kinds:
        return _UNKNOWN
    fields = [kind for kind in kinds if kind.name != OTHER]
    if len({kind.name for kind in fields}) > 1:
        return _UNKNOWN
    # A mixin may stand before the field, and construct it in its own way.
    plain = "__init__" not in bound and all(kind.plain for kind in kinds) and len(fields) < 2
    return replace(fields[0] if fields else _OTHER, plain=plain)
