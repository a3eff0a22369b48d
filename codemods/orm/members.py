"""The type of an attribute, by the type of what it is taken from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.models import class_members
from ..project.symbols import Class, Function, Symbol
from . import api
from .attributes import derived, inherited
from .definitions import is_method, is_property
from .environment import join_all
from .foreign import gives_response, is_message
from .objects import Objects
from .types import (
    ANY_MODEL,
    DATA,
    NONE,
    UNKNOWN,
    ApiMethod,
    BoundMethod,
    ClassObject,
    Client,
    Foreign,
    Forward,
    Instance,
    Manager,
    ModelClass,
    Object,
    OneOf,
    Plain,
    Query,
    Reference,
    Super,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..project.index import Project
    from ..project.models import Model, Relation
    from ._context import Context
    from .calls import Calls

#: Attributes of requests, responses and clients that hold text by name.
_MESSAGE_PARTS = frozenset({"headers", "cookies", "query_params", "path_params", "url"})
#: What the attributes of a path are; its methods give plain values.
_PATH_METHODS: dict[str, Type] = {
    **dict.fromkeys(("name", "stem", "suffix"), Plain("str")),
    **dict.fromkeys(("exists", "is_file", "is_dir", "read_text", "read_bytes"), Plain("method")),
}
_METHOD, _DATA_METHOD = Plain("method"), Plain("data method")
_SCALARS = frozenset({"str", "int", "float", "bool", "bytes", "None", "complex"})


class Members:
    """Types of attributes, as one scope sees them.

    Args:
        context: The scope.
        of_symbol: The type of the thing that a symbol stands for.
        calls: The types of calls.
    """

    def __init__(
        self, context: Context, of_symbol: Callable[[Symbol | None], Type], calls: Calls
    ) -> None:
        self._project = context.project
        self._of_symbol = of_symbol
        self._calls = calls
        self._objects = Objects(context, of_symbol, calls)

    def attribute(self, value: Type, name: str) -> Type:
        """The type of ``value.name``, where that does not raise: None has no such attribute."""
        if value is UNKNOWN:  # as most are: this is asked of every attribute
            return UNKNOWN
        if isinstance(value, OneOf):
            known = value.members if name.startswith("__") else value.members - {NONE}
            return join_all(self.attribute(member, name) for member in known)
        if isinstance(value, Reference):
            return self._of_reference(value, name)
        if isinstance(value, Super):
            return self._of_super(value, name)
        if isinstance(value, ModelClass):
            return self._of_class(value, name)
        if isinstance(value, Instance):
            return self._of_instance(value, name)
        if isinstance(value, Object | ClassObject):
            return self._objects.attribute(value, name)
        if isinstance(value, Plain):
            return _of_plain(value)
        return _of_foreign(value, name) if isinstance(value, Foreign) else _method(value, name)

    def _of_reference(self, value: Reference, name: str) -> Type:
        """A name of a module, or an attribute of a class."""
        found = self._of_symbol(self._project.member(value.symbol, name))
        symbol = value.symbol
        if found is not UNKNOWN or not isinstance(symbol, Class):
            return found
        method = inherited(self._project, symbol, name)
        return UNKNOWN if method is not None else self._objects.stored(name, (symbol,))

    def _of_super(self, value: Super, name: str) -> Type:
        """A method that the bases of a class have, whatever else is derived from it."""
        symbol, receiver, project = value.symbol, value.receiver, self._project
        of_model = isinstance(receiver, Instance | ModelClass)
        below = (model.symbol for model in project.models.descendants(symbol))
        lineages = [
            project.bases.lineage(one)
            for one in (below if of_model else (symbol, *derived(project, symbol)))
        ]
        found = {_next_after(project, symbol, lineage.order, name) for lineage in lineages}
        if len(found) != 1 or not all(lineage.closed or not of_model for lineage in lineages):
            return UNKNOWN
        member = found.pop()
        if isinstance(member, Function):
            return BoundMethod(member, receiver) if is_method(project, member) else UNKNOWN
        if member is None and isinstance(receiver, Instance | ModelClass):
            return api_method(receiver, name) or UNKNOWN
        return UNKNOWN

    # Models and their rows

    def _of_class(self, value: ModelClass, name: str) -> Type:
        if value.model == ANY_MODEL:
            return library_method(self._project, value, name) or _listed(api.Owner.MODEL, name)
        model = self._project.models.get(value.model)
        if model is None or (not value.exact and _differs_below(self._project, model, name)):
            return UNKNOWN
        if name in model.own:
            return self._own_method(model, name, value)
        return library_method(self._project, value, name) or _listed(api.Owner.MODEL, name)

    def _of_instance(self, value: Instance, name: str) -> Type:
        if value.model == ANY_MODEL:
            return library_method(self._project, value, name) or _listed(api.Owner.INSTANCE, name)
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
        return library_method(self._project, value, name) or _listed(api.Owner.INSTANCE, name)

    def _own_method(self, model: Model, name: str, receiver: Type) -> Type:
        """A method that a model or one of its bases in the project defines."""
        for base in model.lineage:
            member = self._project.member(base, name)
            if isinstance(member, Function):
                if is_property(self._project, member) and isinstance(receiver, Instance):
                    return self._calls.function(member, receiver)
                known = is_method(self._project, member)
                return BoundMethod(member, receiver) if known else UNKNOWN
            fact = self._project.class_fact(base)
            if fact and name in fact.names:
                break
        return UNKNOWN


def library_method(project: Project, value: ModelClass | Instance, name: str) -> ApiMethod | None:
    """A method that a model, and every model derived from it, leaves as the library has it."""
    if value.model == ANY_MODEL:
        if any(name in _names(model) for model in project.models.all().values()):
            return None
    elif not _is_of_library(project, value.model, name):
        return None
    return api_method(value, name)


def api_method(value: ModelClass | Instance, name: str) -> ApiMethod | None:
    """A method that the library gives every model."""
    owner = api.Owner.MODEL if isinstance(value, ModelClass) else api.Owner.INSTANCE
    return ApiMethod(owner.value, name, value) if api.methods(owner, name) else None


def _next_after(
    project: Project, symbol: Class, order: tuple[Class, ...], name: str
) -> Symbol | str | None:
    """What ``super()`` finds behind a class: a member, another name that is bound, or nothing."""
    for one in order[order.index(symbol) + 1 :]:
        fact = project.class_fact(one)
        if fact is None or name in class_members(fact):
            return project.member(one, name) or name
    return None


def awaits_itself(project: Project, value: Instance) -> bool:
    """Whether awaiting a row gives that row, as the library has it, and nothing of the project."""
    below = project.models.descendants(value.model)
    models = project.models.all().values() if value.model == ANY_MODEL else below
    return not any("__await__" in model.own for model in models)


def _is_of_library(project: Project, symbol: Class, name: str) -> bool:
    model = project.models.get(symbol)
    if model is None or not model.closed or _differs_below(project, model, name):
        return False
    return not any(name in names for names in (model.own, model.fields, model.relations))


def _names(model: Model) -> frozenset[str]:
    """All that a model, or a base of it in the project, defines."""
    return frozenset((*model.own, *model.fields, *model.relations))


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
    if value.name == DATA.name:
        return _DATA_METHOD
    return _METHOD if value.name in _SCALARS else UNKNOWN


def _of_foreign(value: Foreign, name: str) -> Type:
    owner, colon, path = value.kind.partition(":")
    if colon:
        return _listed(api.Owner(owner), f"{path}.{name}")
    if value.kind == "pathlib.Path":
        return value if name == "parent" else _PATH_METHODS.get(name, UNKNOWN)
    if gives_response(f"{value.kind}.{name}"):
        return Foreign(f"{value.kind}.{name}")
    if name in _MESSAGE_PARTS and is_message(value.kind):
        return Foreign(f"{value.kind}.{name}")
    return Plain("data method") if name == "json" else UNKNOWN


def _listed(owner: api.Owner, path: str) -> Type:
    """An attribute of models or rows that the library lists for them, or one of such a one."""
    entry = api.attribute(owner, path, None)
    if entry is None:
        return UNKNOWN
    if entry.returns is api.Returns.CONNECTION:
        return Client()
    return Foreign(f"{owner.value}:{path}") if entry.returns is api.Returns.OTHER else UNKNOWN


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
