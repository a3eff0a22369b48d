"""The type of an attribute, by the type of what it is taken from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..project.facts import dotted
from ..project.module import Module
from ..project.symbols import Class, Function, Symbol
from . import api
from .annotations import annotated
from .attributes import derived, inherited, lineage, stores
from .definitions import definition, plain_decorators
from .environment import join_all
from .foreign import is_message
from .lookup import resolved_expression
from .plain_classes import keeps_body
from .types import (
    DATA,
    UNKNOWN,
    ApiMethod,
    BoundMethod,
    Client,
    Foreign,
    Forward,
    Instance,
    Manager,
    ModelClass,
    Object,
    Plain,
    Query,
    Reference,
    Type,
    join,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable

    from ..project.index import Project
    from ..project.models import Model, Relation
    from ._context import Context

#: Attributes of requests, responses and clients that hold text by name.
_MESSAGE_PARTS = frozenset({"headers", "cookies", "query_params", "path_params", "url"})
#: What the attributes of a path are; its methods give plain values.
_PATH_METHODS: dict[str, Type] = {
    **dict.fromkeys(("name", "stem", "suffix"), Plain("str")),
    **dict.fromkeys(("exists", "is_file", "is_dir", "read_text", "read_bytes"), Plain("method")),
}
_SCALARS = frozenset({"str", "int", "float", "bool", "bytes", "None", "complex"})


class Members:
    """Types of attributes, as one scope sees them.

    Args:
        context: The scope.
        of_symbol: The type of the thing that a symbol stands for.
    """

    def __init__(self, context: Context, of_symbol: Callable[[Symbol | None], Type]) -> None:
        self._context = context
        self._project = context.project
        self._of_symbol = of_symbol

    def attribute(self, value: Type, name: str) -> Type:
        """The type of ``value.name``."""
        if isinstance(value, Reference):
            return self._of_symbol(self._project.member(value.symbol, name))
        if isinstance(value, ModelClass):
            return self._of_class(value, name)
        if isinstance(value, Instance):
            return self._of_instance(value, name)
        if isinstance(value, Object):
            return self._of_object(value, name)
        if isinstance(value, Plain):
            return _of_plain(value)
        return _of_foreign(value, name) if isinstance(value, Foreign) else _method(value, name)

    # Objects of classes that are no models

    def _of_object(self, value: Object, name: str) -> Type:
        """An attribute of an object of the project, where no subclass can have another."""
        symbol, project = value.symbol, self._project
        member = inherited(project, symbol, name)
        below = () if value.exact else derived(project, symbol)
        if any(inherited(project, one, name) != member for one in below):
            return UNKNOWN
        if isinstance(member, Function):
            return BoundMethod(member, value) if self._is_method(member) else UNKNOWN
        if member is not None:
            return UNKNOWN
        return self._joined(name, (symbol, *below))

    def _joined(self, name: str, classes: Iterable[Class]) -> Type:
        """An attribute of the objects of any of several classes."""
        found: Type | None = None
        for one in classes:
            find = partial(self._stored, one, name)
            known = self._context.remembered(("stored", one, name), find)
            found = known if found is None else join(found, known)
        return UNKNOWN if found is None else found

    def _stored(self, symbol: Class, name: str) -> Type:
        """An attribute that the methods of a class store on ``self``, or that it annotates."""
        found: Type | None = None
        bodies: list[tuple[Class, ast.expr | None, ast.expr | None]] = []
        for base in lineage(self._project, symbol):
            module = self._project.module(base.path)
            if not isinstance(module, Module):
                return UNKNOWN
            for method, value, annotation in stores(module, base, name):
                if method is None:
                    bodies.append((base, value, annotation))
                    continue
                known = annotated(self._project, base.path, annotation)
                if known == UNKNOWN and value is not None:
                    known = self._context.elsewhere(module, method, value)
                found = known if found is None else join(found, known)
                if found == UNKNOWN:
                    return UNKNOWN
        if found is None:
            return self._of_body(symbol, bodies)
        promised = (annotated(self._project, base.path, note) for base, _, note in bodies)
        return join_all([found, *promised])

    def _of_body(
        self, symbol: Class, bodies: list[tuple[Class, ast.expr | None, ast.expr | None]]
    ) -> Type:
        """An attribute that only class bodies bind: the nearest one counts."""
        order = self._project.bases.lineage(symbol).order
        base = next((one for one in order if any(one == body[0] for body in bodies)), None)
        nearest = [body for body in bodies if body[0] == base]
        if base is None or len(nearest) != 1:
            return UNKNOWN
        _, value, annotation = nearest[0]
        known = annotated(self._project, base.path, annotation)
        if known == UNKNOWN and value is not None and keeps_body(self._project, symbol):
            # A name of the module; one of the class body would be found before it.
            head = dotted(value).partition(".")[0]
            fact = self._project.class_fact(base)
            own = fact is None or head in {*fact.names, *fact.methods}
            known = UNKNOWN if own else self._named(base.path, value)
        return known

    def _named(self, path: str, node: ast.expr) -> Type:
        """What a dotted name at the top of a file stands for, if that is a model."""
        known = self._of_symbol(resolved_expression(self._project, path, node))
        return known if isinstance(known, ModelClass) else UNKNOWN

    # Models and their rows

    def _of_class(self, value: ModelClass, name: str) -> Type:
        model = self._project.models.get(value.model)
        if model is None or (not value.exact and _differs_below(self._project, model, name)):
            return UNKNOWN
        if name in model.own:
            return self._own_method(model, name, value)
        return library_method(self._project, value, name) or UNKNOWN

    def _of_instance(self, value: Instance, name: str) -> Type:
        model = self._project.models.get(value.model)
        if model is None or _differs_below(self._project, model, name):
            return UNKNOWN
        relation = model.relations.get(name)
        if relation is not None:
            return Manager(relation) if relation.to_many else _single(relation, value)
        if name in model.own:
            return self._own_method(model, name, value)
        if name in model.fields or name == "pk" or _is_key_of(model, name):
            return Plain("object")
        return library_method(self._project, value, name) or UNKNOWN

    def _own_method(self, model: Model, name: str, receiver: Type) -> Type:
        """A method that a model or one of its bases in the project defines."""
        for base in model.lineage:
            member = self._project.member(base, name)
            if isinstance(member, Function):
                return BoundMethod(member, receiver) if self._is_method(member) else UNKNOWN
            fact = self._project.class_fact(base)
            if fact and name in fact.names:
                break
        return UNKNOWN

    def _is_method(self, symbol: Function) -> bool:
        """Whether a function of a class body is a method, and not a property or the like."""
        key = ("is method", symbol)
        if key not in self._project.memo:
            module = self._project.module(symbol.path)
            node = definition(module, symbol) if isinstance(module, Module) else None
            known = isinstance(module, Module) and node and plain_decorators(module, node)
            self._project.memo[key] = bool(known)
        found: bool = self._project.memo[key]
        return found


def library_method(project: Project, value: ModelClass | Instance, name: str) -> ApiMethod | None:
    """A method that a model, and every model derived from it, leaves as the library has it."""
    model = project.models.get(value.model)
    if model is None or not model.closed or _differs_below(project, model, name):
        return None
    if name in model.own or name in model.fields or name in model.relations:
        return None
    owner = api.Owner.MODEL if isinstance(value, ModelClass) else api.Owner.INSTANCE
    return ApiMethod(owner.value, name, value) if api.methods(owner, name) else None


def _differs_below(project: Project, model: Model, name: str) -> bool:
    """Whether a model derived from this one may have something else under a name."""
    here = _kind_of(model, name)
    for other in project.models.descendants(model.symbol):
        if other.symbol == model.symbol:
            continue
        # A model inherits no reverse relations, so that it may have nothing of that name.
        if name in other.own or _kind_of(other, name) not in (None, here):
            return True
    return False


def _kind_of(model: Model, name: str) -> tuple[object, ...] | None:
    """What the index knows of a field or relation, apart from the model that has it."""
    relation = model.relations.get(name)
    if relation is not None:
        return (relation.kind, relation.target, relation.nullable)
    return ("field",) if name in model.fields else None


def _single(relation: Relation, holder: Instance) -> Type:
    known = relation.kind in ("fk", "o2o", "reverse_o2o")
    return Forward(relation, holder.stored) if known else UNKNOWN


def _is_key_of(model: Model, name: str) -> bool:
    """``team_id`` for a foreign key ``team``."""
    relation = model.relations.get(name.removesuffix("_id"))
    return name.endswith("_id") and relation is not None and relation.kind in ("fk", "o2o")


def _of_plain(value: Plain) -> Type:
    if value == DATA:
        return Plain("data method")
    return Plain("method") if value.name in _SCALARS else UNKNOWN


def _of_foreign(value: Foreign, name: str) -> Type:
    if value.kind == "pathlib.Path":
        return value if name == "parent" else _PATH_METHODS.get(name, UNKNOWN)
    if name in _MESSAGE_PARTS and is_message(value.kind):
        return Foreign(f"{value.kind}.{name}")
    return Plain("data method") if name == "json" else UNKNOWN


def _method(value: Type, name: str) -> Type:
    """A method of a query, of a relation manager, or of a connection."""
    if isinstance(value, Query):
        owner = api.Owner(value.owner)
    elif isinstance(value, Manager):
        owner = manager_owner(value)
    elif isinstance(value, Client):
        owner = api.Owner.CONNECTION
    else:
        return UNKNOWN
    return ApiMethod(owner.value, name, value) if api.methods(owner, name) else UNKNOWN


def manager_owner(value: Manager) -> api.Owner:
    """Which part of the API table a relation manager is."""
    return api.Owner.MANY_TO_MANY if value.relation.kind == "m2m" else api.Owner.REVERSE
