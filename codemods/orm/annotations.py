"""What a type annotation says, as far as it is about the ORM."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.symbols import Class, External
from .api import canonical
from .foreign import makes_foreign
from .lookup import resolved_expression
from .plain_classes import is_plain_class, is_structural
from .types import (
    NONE,
    NOWHERE,
    UNKNOWN,
    Client,
    Foreign,
    Instance,
    ListOf,
    ModelClass,
    Object,
    Plain,
    Query,
    Type,
    join,
)

if TYPE_CHECKING:
    from ..project.index import Project

_PLAIN = frozenset({"int", "str", "float", "bool", "bytes", "complex"})
_LISTS = frozenset({"builtins.list", "typing.List"})
_ITERABLES = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("Sequence", "Iterable", "Collection", "MutableSequence", "Set", "FrozenSet")
)
_QUERYSETS = frozenset({"tortoise.queryset.QuerySet", "tortoise.QuerySet"})
_DICTS = frozenset(
    {"builtins.dict", "collections.defaultdict", "collections.OrderedDict"}
    | {f"typing.{name}" for name in ("Dict", "Mapping", "MutableMapping", "DefaultDict")}
    | {f"collections.abc.{name}" for name in ("Mapping", "MutableMapping")}
)
_CLASSES = frozenset({"builtins.type", "typing.Type"})


def annotated(project: Project, path: str, node: ast.expr | None) -> Type:
    """The type that an annotation of a file promises; ``UNKNOWN`` for all that is not clear."""
    if node is None:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        return _constant(project, path, node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return join(annotated(project, path, node.left), annotated(project, path, node.right))
    if isinstance(node, ast.Subscript):
        return _subscript(project, path, node)
    symbol = resolved_expression(project, path, node)
    if isinstance(symbol, Class) and project.models.get(symbol):
        return Instance(symbol)
    if isinstance(symbol, Class):
        other = is_plain_class(project, symbol) and not is_structural(project, symbol)
        return Object(symbol, exact=False) if other else UNKNOWN
    return _external(symbol.dotted) if isinstance(symbol, External) else UNKNOWN


def _external(dotted: str) -> Type:
    """A class that the project does not define."""
    if dotted in _DICTS:
        return Plain("dict")
    if dotted in _LISTS:
        return ListOf(UNKNOWN)
    if _is_client(dotted):
        return Client()
    if dotted.startswith("builtins."):
        name = dotted.removeprefix("builtins.")
        return Plain(name) if name in _PLAIN else UNKNOWN
    # The abstract classes of ``collections.abc`` and ``abc`` say nothing of who implements them.
    abstract = dotted.startswith(("collections.abc.", "abc.", "types.", "enum.", "dataclasses."))
    return Foreign(dotted) if makes_foreign(dotted) and not abstract else UNKNOWN


def _is_client(dotted: str) -> bool:
    """Whether a class is one of Tortoise's database clients, those of a transaction included."""
    name = canonical(dotted)
    return name.startswith("tortoise.backends.") and name.endswith(("Client", "TransactionWrapper"))


def _constant(project: Project, path: str, node: ast.Constant) -> Type:
    """``None``, or an annotation that is written as a string."""
    if node.value is None:
        return NONE
    if isinstance(node.value, str):
        try:
            return annotated(project, path, ast.parse(node.value, mode="eval").body)
        except (SyntaxError, ValueError):
            return UNKNOWN
    return UNKNOWN


def _subscript(project: Project, path: str, node: ast.Subscript) -> Type:
    symbol = resolved_expression(project, path, node.value)
    if not isinstance(symbol, External):
        return UNKNOWN
    if symbol.dotted == "typing.Optional":
        return join(annotated(project, path, node.slice), NONE)
    if symbol.dotted == "typing.Union" and isinstance(node.slice, ast.Tuple):
        return _union(project, path, node.slice.elts)
    if symbol.dotted in _DICTS:
        return Plain("dict")
    if symbol.dotted == "typing.Annotated" and isinstance(node.slice, ast.Tuple):
        return annotated(project, path, node.slice.elts[0])
    inner = annotated(project, path, node.slice)
    if symbol.dotted in _LISTS:
        return ListOf(inner)
    if symbol.dotted in _ITERABLES:
        return ListOf(inner, "iterable")
    if isinstance(inner, Instance) and not inner.optional:
        if symbol.dotted in _QUERYSETS:
            return Query(inner.model, "queryset", ListOf(inner), NOWHERE)
        if symbol.dotted in _CLASSES:
            return ModelClass(inner.model, exact=False)
    return UNKNOWN


def _union(project: Project, path: str, members: list[ast.expr]) -> Type:
    result = annotated(project, path, members[0])
    for member in members[1:]:
        result = join(result, annotated(project, path, member))
    return result
