"""The Tortoise models of a project: fields, primary keys, and relations from both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .facts import OPAQUE, ClassFact, Constant, FieldFact
from .field_kinds import MANY_TO_MANY, ONE_TO_ONE, RELATIONS, UNKNOWN
from .model_fields import Declared, ModelFields, key_of
from .model_targets import Targets, is_test
from .symbols import Class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .bases import Bases
    from .index import Project

_TO_MANY = frozenset({"m2m", "reverse"})
_REVERSE_KINDS = {"fk": "reverse", "o2o": "reverse_o2o", "m2m": "m2m"}
_UNCLEAR = "unclear"

_TORTOISE = "tortoise-orm"
#: The first release in which the default reverse name of a one-to-one ends in an s.
_PLURAL_ONE_TO_ONE = "0.21.0"
#: The first release in which a model inherits the ordering of a base that is a model.
_INHERITED_ORDERING = "1.1.9"
_TABLE_NAMES = b"table_name_generator"


@dataclass(frozen=True, slots=True)
class Relation:
    """One side of a relation, as an attribute of a model's instances.

    Attributes:
        name: The attribute.
        kind: ``fk``, ``o2o`` (forward), ``m2m``, ``reverse``, ``reverse_o2o``, or ``unclear``.
        owner: The model whose instances have the attribute.
        target: The model on the other side; None where it cannot be told.
        nullable: Whether the value can be None.
        back: What a forward relation is called on the other side; empty where it is not, or where
            that cannot be told.
    """

    name: str
    kind: str
    owner: Class
    target: Class | None
    nullable: bool
    back: str = ""

    @property
    def to_many(self) -> bool:
        """Whether the attribute is a relation manager rather than one object."""
        return self.kind in _TO_MANY


@dataclass(frozen=True, slots=True)
class Model:
    """A class that is a Tortoise model.

    Attributes:
        symbol: The class.
        lineage: The class and its project bases, in the order in which Python looks through them.
        fields: Data fields and forward relations, inherited ones included.
        relations: Both sides, by attribute name. What a base is the target of is not inherited.
        own: Names that the class or a project base binds and that are not known to be fields.
        meta: What the ``class Meta`` sets, in its own body or in a base; ``OPAQUE`` where unknown.
        abstract: Whether it is known to have no table of its own.
        closed: Whether every base is known; if not, attributes may come from elsewhere.
        primary_key: The name of the key; empty where it has none or it cannot be told.
    """

    symbol: Class
    lineage: tuple[Class, ...]
    fields: dict[str, FieldFact]
    relations: dict[str, Relation]
    own: frozenset[str]
    meta: dict[str, Constant]
    abstract: bool
    closed: bool
    primary_key: str = ""

    @property
    def table(self) -> str:
        """The table's name, the stem of default reverse names; empty where it cannot be told."""
        table = self.meta.get("table")
        if table == OPAQUE:
            return ""
        return table if isinstance(table, str) and table else self.symbol.name.lower()


class ModelIndex:
    """All models of the given files, linked. Does not depend on the order of the files."""

    def __init__(self, project: Project, paths: Iterable[str]) -> None:
        self._project = project
        self._paths = tuple(sorted(paths))
        self._bases = project.bases
        self._models: dict[Class, Model] | None = None
        self._below: dict[Class, list[Model]] = {}

    def names(self) -> set[str]:
        """The names of all model classes, abstract ones included, and what else they are called."""
        found = {symbol.name for symbol in self._symbols()}
        for facts in filter(None, map(self._project.facts, self._paths)):
            for name, imports in facts.imports.items():
                found |= {name for one in imports if one.attr in found}
            for name, meant in facts.aliases.items():
                found |= {name} if meant.rpartition(".")[2] in found else set()
        return found

    def get(self, symbol: Class) -> Model | None:
        """The model that a class is, or None."""
        return self.all().get(symbol)

    def all(self) -> dict[Class, Model]:
        """Every model by its class."""
        if self._models is None:
            linker = _Linker(self._project, self._bases, self._paths, self._symbols())
            self._models = linker.link()
            for model in self._models.values():
                for base in model.lineage:
                    self._below.setdefault(base, []).append(model)
        return self._models

    def descendants(self, symbol: Class) -> Iterator[Model]:
        """The models that have ``symbol`` among their bases, itself included."""
        self.all()
        return iter(self._below.get(symbol, ()))

    def _symbols(self) -> list[Class]:
        found = []
        for path in self._paths:
            facts = self._project.facts(path)
            for qualname in facts.classes if facts else ():
                symbol = Class(path, qualname)
                if self._bases.lineage(symbol).is_model:
                    found.append(symbol)
        return found


class _Linker:
    """Builds the models of a project, first each by itself and then the relations between them."""

    def __init__(
        self, project: Project, bases: Bases, paths: tuple[str, ...], symbols: list[Class]
    ) -> None:
        self._project = project
        self._bases = bases
        self._paths = paths
        collected = ModelFields(project, bases)
        self._declared: dict[Class, dict[str, Declared]] = {s: collected.of(s) for s in symbols}
        self._metas: dict[Class, dict[str, Constant]] = {}

    def link(self) -> dict[Class, Model]:
        """The models, by class."""
        models = {symbol: self._alone(symbol) for symbol in self._declared}
        targets = Targets(self._project, (s for s, m in models.items() if not m.abstract))
        for symbol, model in models.items():
            for name, declared in self._declared[symbol].items():
                if declared.kind.name in RELATIONS:
                    relation = _forward(model, declared, targets)
                    back = self._reverse_name(model, relation)
                    model.relations[name] = replace(relation, back=back)
        self._reverse_all(models)
        return {symbol: self._without_covered(model, models) for symbol, model in models.items()}

    def _alone(self, symbol: Class) -> Model:
        """A model without its relations."""
        lineage = self._bases.lineage(symbol)
        known = {n: d for n, d in self._declared[symbol].items() if d.kind.name != UNKNOWN}
        bound: set[str] = set()
        for fact in filter(None, map(self._project.class_fact, lineage.order)):
            bound |= class_members(fact)
        meta = self._meta(symbol)
        return Model(
            symbol,
            lineage.order,
            {name: declared.field for name, declared in known.items()},
            {},
            frozenset(bound - known.keys()),
            meta,
            meta.get("abstract") is True,
            lineage.closed,
            key_of(self._declared[symbol].values()) if lineage.closed else "",
        )

    def _meta(self, symbol: Class) -> dict[str, Constant]:
        """What ``class Meta`` sets, with the ordering that a base passes on."""
        if symbol not in self._metas:
            meta = self._bases.meta(symbol)
            if "ordering" not in meta:
                inherited = self._inherited_ordering(symbol)
                meta = {**meta, **inherited}
            self._metas[symbol] = meta
        return self._metas[symbol]

    def _inherited_ordering(self, symbol: Class) -> dict[str, Constant]:
        for base in self._bases.lineage(symbol).order[1:]:
            ordering = self._bases.meta(base).get("ordering")
            if ordering and self._bases.lineage(base).is_model:
                versions = self._project.versions_of(symbol.path)
                if versions.at_least(_TORTOISE, _INHERITED_ORDERING):
                    return {"ordering": ordering}
                return {}
        return {}

    def _reverse_all(self, models: Mapping[Class, Model]) -> None:
        """The other sides. What tests add to a model never hides what the project itself adds."""
        ordered = sorted(models.values(), key=lambda m: (is_test(m.symbol.path), str(m.symbol)))
        forward = [
            (model, relation)
            for model in ordered
            if not model.abstract
            for name, relation in model.relations.items()
            if name in model.fields
        ]
        for model, relation in forward:
            target = models.get(relation.target) if relation.target else None
            name = relation.back
            if target is not None and name and name not in target.fields:
                self._add(target, _other_side(model, relation, target, name), model)

    def _add(self, target: Model, other: Relation, declaring: Model) -> None:
        known = target.relations.get(other.name)
        if known is not None and known != other:
            if is_test(declaring.symbol.path) and not is_test(target.symbol.path):
                return
            other = Relation(other.name, _UNCLEAR, target.symbol, None, True)
        target.relations[other.name] = other

    def _reverse_name(self, model: Model, relation: Relation) -> str:
        """The attribute on the other side; empty where there is none or it cannot be told."""
        field = self._declared[model.symbol][relation.name].field
        name = field.keywords.get("related_name", None)
        if name == OPAQUE or not field.complete:
            return ""
        if name is False and relation.kind != MANY_TO_MANY:
            return ""
        return name if isinstance(name, str) and name else self._default_name(model, relation)

    def _default_name(self, model: Model, relation: Relation) -> str:
        if not model.table or (not model.meta.get("table") and self._generates_tables()):
            return ""
        if relation.kind == ONE_TO_ONE:
            versions = self._project.versions_of(model.symbol.path)
            plural = versions.at_least(_TORTOISE, _PLURAL_ONE_TO_ONE)
            return "" if plural is None else f"{model.table}s" if plural else model.table
        return f"{model.table}s"

    def _without_covered(self, model: Model, models: Mapping[Class, Model]) -> Model:
        """The model without the names in its bodies that a property of a relation replaces.

        Tortoise sets the other side of a relation as a property of the target class, over
        whatever the body binds, so that it also covers what the bases of the target bind.
        """
        covered: set[str] = set()
        visible: set[str] = set()
        for base in model.lineage:
            known = models.get(base)
            covered |= known.relations.keys() - known.fields.keys() - visible if known else set()
            fact = self._project.class_fact(base)
            visible |= class_members(fact) if fact else set()
        return replace(model, own=model.own - covered) if covered & model.own else model

    def _generates_tables(self) -> bool:
        """Whether the project lets a function of its own name the tables."""
        key = (_Linker, _TABLE_NAMES)
        if key not in self._project.memo:
            contents = map(self._project.read, self._paths)
            self._project.memo[key] = any(
                isinstance(data, bytes) and _TABLE_NAMES in data for data in contents
            )
        return bool(self._project.memo[key])


def _forward(model: Model, declared: Declared, targets: Targets) -> Relation:
    field = declared.field
    nullable = field.keywords.get("null", False) is not False or not field.complete
    target = targets.of(model.symbol, declared)
    return Relation(field.name, declared.kind.name, model.symbol, target, nullable)


def _other_side(model: Model, relation: Relation, target: Model, name: str) -> Relation:
    """The relation as the target has it; unclear if the model may have no table of its own."""
    if model.meta.get("abstract", False) is not False:
        return Relation(name, _UNCLEAR, target.symbol, None, True)
    kind = _REVERSE_KINDS[relation.kind]
    return Relation(name, kind, target.symbol, model.symbol, kind == "reverse_o2o")


def class_members(fact: ClassFact) -> frozenset[str]:
    """Every name that a class body binds."""
    return frozenset({*(f.name for f in fact.fields), *fact.methods, *fact.names})
