"""Whether a value at run time is what its static type says."""

from __future__ import annotations

import importlib
import inspect
import types
from typing import TYPE_CHECKING, Any

from tortoise import queryset
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.fields.relational import ManyToManyRelation, ReverseRelation, _NoneAwaitable
from tortoise.models import Model
from tortoise_fix.codemods.orm.types import (
    ANY_MODEL,
    ApiMethod,
    BoundMethod,
    ClassObject,
    Client,
    Coroutine,
    Foreign,
    Forward,
    Instance,
    ListOf,
    Manager,
    ModelClass,
    Object,
    OneOf,
    Plain,
    Query,
    Reference,
    Super,
    TupleOf,
    Type,
    Unknown,
)
from tortoise_fix.codemods.project.symbols import Class, External, Function, Package, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_QUERIES = (queryset.AwaitableQuery, queryset.UnionQuery)
_FAMILIES: dict[str, tuple[type, ...]] = {
    "queryset": (queryset.QuerySet,),
    "single": (queryset.QuerySet,),
    "single_optional": (queryset.QuerySet,),
    "values": (queryset.ValuesQuery, queryset.ValuesListQuery),
    "count": (queryset.CountQuery, queryset.UnionCountQuery),
    "exists": (queryset.ExistsQuery,),
    "update": (queryset.UpdateQuery,),
    "delete": (queryset.DeleteQuery,),
    "raw": (queryset.RawSQLQuery,),
    "bulk": (queryset.BulkUpdateQuery, queryset.BulkCreateQuery),
    "union": (queryset.UnionQuery,),
}
_CONTAINERS: dict[str, Callable[[Any], bool]] = {
    "list": lambda value: isinstance(value, list),
    "set": lambda value: isinstance(value, set | frozenset),
    "iterator": lambda value: hasattr(value, "__next__"),
    "generator": lambda value: inspect.isgenerator(value) or inspect.isasyncgen(value),
    "iterable": lambda value: hasattr(value, "__iter__"),
}
_SCALARS: dict[str, type] = {
    "int": int, "str": str, "float": float, "bool": bool, "bytes": bytes, "complex": complex,
    "None": type(None), "dict": dict, "range": range, "exception": BaseException,
}  # fmt: skip


class Comparison:
    """Compares values with the static types of one program.

    Args:
        module_name: Gives the name under which a file of the program is imported.
        tagged: Whether an object is known to come from one of some places of a file, or None
            where nothing was recorded about it.
    """

    def __init__(
        self,
        module_name: Callable[[str], str],
        tagged: Callable[[object, str, Iterable[object]], bool],
    ) -> None:
        self._module_name = module_name
        self._tagged = tagged

    def holds(self, value: Any, said: Type, path: str) -> bool:
        """Whether the value may be of the type that was inferred in the file ``path``."""
        check = getattr(self, f"_is_{type(said).__name__}")
        return bool(check(value, said, path))

    def _is_Unknown(self, value: Any, said: Unknown, path: str) -> bool:  # noqa: N802
        return True

    def _is_Plain(self, value: Any, said: Plain, path: str) -> bool:  # noqa: N802
        if said.name in _SCALARS:
            return isinstance(value, _SCALARS[said.name])
        return not is_of_the_orm(value)

    def _is_Object(self, value: Any, said: Object, path: str) -> bool:  # noqa: N802
        return isinstance(value, self.resolve(said.symbol))

    def _is_Foreign(self, value: Any, said: Foreign, path: str) -> bool:  # noqa: N802
        return not is_of_the_orm(value)

    def _is_OneOf(self, value: Any, said: OneOf, path: str) -> bool:  # noqa: N802
        return any(self.holds(value, member, path) for member in said.members)

    def _is_ClassObject(self, value: Any, said: ClassObject, path: str) -> bool:  # noqa: N802
        return isinstance(value, type) and issubclass(value, self.resolve(said.symbol))

    def _is_Super(self, value: Any, said: Super, path: str) -> bool:  # noqa: N802
        found = getattr(value, "__thisclass__", None)
        return isinstance(value, super) and found is self.resolve(said.symbol)

    def _is_ModelClass(self, value: Any, said: ModelClass, path: str) -> bool:  # noqa: N802
        model = self.resolve(said.model)
        if said.exact:
            return bool(value is model)
        return isinstance(value, type) and bool(issubclass(value, model))

    def _is_Instance(self, value: Any, said: Instance, path: str) -> bool:  # noqa: N802
        if value is None:
            return said.optional
        if not isinstance(value, self.resolve(said.model)):
            return False
        return not said.origins or self._tagged(value, path, said.origins)

    def _is_ListOf(self, value: Any, said: ListOf, path: str) -> bool:  # noqa: N802
        if not _CONTAINERS[said.container](value):
            return False
        if isinstance(value, list | tuple | set | frozenset):
            return all(self.holds(element, said.element, path) for element in value)
        return True

    def _is_TupleOf(self, value: Any, said: TupleOf, path: str) -> bool:  # noqa: N802
        # ``asyncio.gather`` gives a list, which is unpacked and indexed as a tuple is.
        if not isinstance(value, tuple | list) or len(value) != len(said.elements):
            return False
        return all(self.holds(v, e, path) for v, e in zip(value, said.elements, strict=True))

    def _is_Query(self, value: Any, said: Query, path: str) -> bool:  # noqa: N802
        if not isinstance(value, _FAMILIES[said.owner]):
            return False
        if said.owner in ("queryset", "single", "single_optional"):
            raises = getattr(value, "_raise_does_not_exist", False)
            one = "single" if raises else "single_optional"
            family = one if getattr(value, "_single", False) else "queryset"
            if family != said.owner:
                return False
        model = getattr(value, "model", None)
        return model is None or issubclass(model, self.resolve(said.model))

    def _is_Coroutine(self, value: Any, said: Coroutine, path: str) -> bool:  # noqa: N802
        return inspect.isawaitable(value) and not isinstance(value, (*_QUERIES, Model))

    def _is_Manager(self, value: Any, said: Manager, path: str) -> bool:  # noqa: N802
        many = isinstance(value, ManyToManyRelation)
        if not isinstance(value, ReverseRelation) or many != (said.relation.kind == "m2m"):
            return False
        target = said.relation.target
        return target is None or issubclass(value.remote_model, self.resolve(target))

    def _is_Forward(self, value: Any, said: Forward, path: str) -> bool:  # noqa: N802
        if value is None or isinstance(value, _NoneAwaitable):
            return said.relation.nullable
        target = said.relation.target
        wanted = Model if target is None else self.resolve(target)
        if isinstance(value, queryset.QuerySet):
            return bool(value._single and issubclass(value.model, wanted))
        return isinstance(value, wanted)

    def _is_Client(self, value: Any, said: Client, path: str) -> bool:  # noqa: N802
        if not isinstance(value, BaseDBAsyncClient):
            return False
        return said.block is None or self._tagged(value, path, [said.block])

    def _is_Reference(self, value: Any, said: Reference, path: str) -> bool:  # noqa: N802
        if isinstance(said.symbol, Function):
            # A decorator may have put something else in the place of the function.
            return self._is_function(value, said.symbol) or value is self.resolve(said.symbol)
        found = self.resolve(said.symbol)
        return bool(value is found or value == found)

    def _is_BoundMethod(self, value: Any, said: BoundMethod, path: str) -> bool:  # noqa: N802
        return self._is_function(value, said.function)

    def _is_ApiMethod(self, value: Any, said: ApiMethod, path: str) -> bool:  # noqa: N802
        if not callable(value) or getattr(value, "__name__", "") != said.name:
            return False
        receiver = getattr(value, "__self__", None)
        if not (inspect.getmodule(value.__func__) or types).__name__.startswith("tortoise."):
            return False
        # A class method that is called on an instance has the class as its receiver.
        class_method = isinstance(said.receiver, Instance) and isinstance(receiver, type)
        if class_method and isinstance(said.receiver, Instance):
            return self.holds(receiver, ModelClass(said.receiver.model, False), path)
        return self.holds(receiver, said.receiver, path)

    def _is_function(self, value: Any, symbol: Function) -> bool:
        bare = getattr(value, "__func__", value)
        found = (getattr(bare, "__module__", ""), getattr(bare, "__qualname__", ""))
        return callable(value) and found == (self._module_name(symbol.path), symbol.qualname)

    def resolve(self, symbol: Symbol) -> Any:
        """The object that a symbol stands for."""
        if isinstance(symbol, External):
            return _imported(symbol.dotted)
        if isinstance(symbol, Package):
            return importlib.import_module(self._module_name(symbol.path))
        if symbol == ANY_MODEL:
            return Model
        found: Any = importlib.import_module(self._module_name(symbol.path))
        name = symbol.qualname if isinstance(symbol, Class | Function) else symbol.name
        for part in name.split("."):
            found = inspect.getattr_static(found, part)
        return found


def is_of_the_orm(value: Any) -> bool:
    """Whether a value is a model, a row, a query, a manager or a client, or a list of such."""
    if isinstance(value, type):
        return issubclass(value, Model)
    if isinstance(value, list | tuple | set):
        return any(map(is_of_the_orm, value))
    kinds = (Model, *_QUERIES, ReverseRelation, BaseDBAsyncClient, _NoneAwaitable)
    return isinstance(value, kinds) or inspect.iscoroutine(value)


def _imported(dotted: str) -> Any:
    """The object of a full dotted name outside the program."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise LookupError(dotted)
