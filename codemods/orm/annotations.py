"""What a type annotation says, as far as it is about the ORM."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.field_kinds import aliased
from ..project.module import Module
from ..project.symbols import Class, External, Variable
from .api import canonical
from .environment import join_all
from .foreign import makes_foreign
from .lookup import resolved_expression
from .plain_classes import is_plain_class, is_structural
from .types import (
    ANY_MODEL,
    NONE,
    NOWHERE,
    UNKNOWN,
    ClassObject,
    Client,
    Foreign,
    Instance,
    ListOf,
    ModelClass,
    Object,
    OneOf,
    Plain,
    Query,
    TupleOf,
    Type,
    join,
)

if TYPE_CHECKING:
    from ..project.index import Project

Given = dict[Variable, "Type"]  #: what is written for the type variables of a class
_PLAIN = frozenset({"int", "str", "float", "bool", "bytes", "complex"})
_LISTS = frozenset({"builtins.list", "typing.List"})
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
_ITERABLES = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("Sequence", "Iterable", "Collection", "MutableSequence", "Set", "FrozenSet")
)
_QUERYSETS = frozenset({"tortoise.queryset.QuerySet"})
_MODEL = "tortoise.models.Model"
_VARIABLES = (External("typing.TypeVar"), External("typing_extensions.TypeVar"))
_DICTS = frozenset(
    {"builtins.dict", "collections.defaultdict", "collections.OrderedDict"}
    | {f"typing.{name}" for name in ("Dict", "Mapping", "MutableMapping", "DefaultDict")}
    | {f"collections.abc.{name}" for name in ("Mapping", "MutableMapping")}
)
_CLASSES = frozenset({"builtins.type", "typing.Type"})


def annotated(
    project: Project, path: str, node: ast.expr | None, given: Given | None = None
) -> Type:
    """The type that an annotation of a file promises; ``UNKNOWN`` for all that is not clear.

    Args:
        project: The project.
        path: The file.
        node: The annotation.
        given: What stands for type variables; for others their bound does.
    """
    if node is None:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        return _constant(project, path, node, given)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        members = (annotated(project, path, one, given) for one in (node.left, node.right))
        return join_all(members)
    if isinstance(node, ast.Subscript):
        return _subscript(project, path, node, given)
    symbol = aliased(project, resolved_expression(project, path, node))
    if isinstance(symbol, Variable):
        return _of_variable(project, symbol, given)
    if isinstance(symbol, Class) and project.models.get(symbol):
        return Instance(symbol)
    if isinstance(symbol, Class):
        other = is_plain_class(project, symbol) and not is_structural(project, symbol)
        return Object(symbol, exact=False) if other else UNKNOWN
    return _external(symbol.dotted) if isinstance(symbol, External) else UNKNOWN


def type_variable(project: Project, symbol: Variable) -> Type | None:
    """What a type variable of a module can stand for; None where a name is none."""
    key = (type_variable, symbol)
    if key not in project.memo:
        project.memo[key] = None  # one whose bound names itself has none
        project.memo[key] = _bound(project, symbol)
    found: Type | None = project.memo[key]
    return found


def _of_variable(project: Project, symbol: Variable, given: Given | None) -> Type:
    if given and symbol in given:
        return given[symbol]
    return type_variable(project, symbol) or UNKNOWN


def _bound(project: Project, symbol: Variable) -> Type | None:
    module = project.module(symbol.path)
    for node in module.tree.body if isinstance(module, Module) else ():
        call = node.value if isinstance(node, ast.Assign) else None
        names = [getattr(t, "id", "") for t in node.targets] if isinstance(node, ast.Assign) else []
        if names == [symbol.name] and isinstance(call, ast.Call):
            if resolved_expression(project, symbol.path, call.func) not in _VARIABLES:
                return None
            bounds = [k.value for k in call.keywords if k.arg == "bound"] or call.args[1:]
            return join_all(annotated(project, symbol.path, bound) for bound in bounds)
    return None


def _external(dotted: str) -> Type:
    """A class that the project does not define."""
    if dotted in _DICTS:
        return Plain("dict")
    if dotted in _LISTS:
        return ListOf(UNKNOWN)
    if _is_client(dotted):
        return Client()
    if canonical(dotted) == _MODEL:
        return Instance(ANY_MODEL)
    if canonical(dotted) in _QUERYSETS:
        return _queryset(Instance(ANY_MODEL))
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


def _queryset(row: Instance) -> Type:
    return Query(row.model, "queryset", ListOf(row), NOWHERE)


def _constant(project: Project, path: str, node: ast.Constant, given: Given | None) -> Type:
    """``None``, or an annotation that is written as a string."""
    if node.value is None:
        return NONE
    if isinstance(node.value, str):
        try:
            return annotated(project, path, ast.parse(node.value, mode="eval").body, given)
        except (SyntaxError, ValueError):
            return UNKNOWN
    return UNKNOWN


def _subscript(project: Project, path: str, node: ast.Subscript, given: Given | None) -> Type:
    symbol = resolved_expression(project, path, node.value)
    if not isinstance(symbol, External):
        return UNKNOWN
    if symbol.dotted == "typing.Optional":
        return join(annotated(project, path, node.slice, given), NONE)
    if symbol.dotted == "typing.Union" and isinstance(node.slice, ast.Tuple):
        return join_all(annotated(project, path, member, given) for member in node.slice.elts)
    if symbol.dotted in _DICTS:
        return Plain("dict")
    if symbol.dotted == "typing.Annotated" and isinstance(node.slice, ast.Tuple):
        return annotated(project, path, node.slice.elts[0], given)
    if symbol.dotted in _TUPLES and isinstance(node.slice, ast.Tuple):
        return _tuple(project, path, node.slice.elts, given)
    inner = annotated(project, path, node.slice, given)
    if symbol.dotted in _LISTS:
        return ListOf(inner)
    if symbol.dotted in _ITERABLES:
        return ListOf(inner, "iterable")
    if isinstance(inner, Instance) and canonical(symbol.dotted) in _QUERYSETS:
        return UNKNOWN if inner.optional else _queryset(inner)
    return _class_of(inner) if symbol.dotted in _CLASSES else _external(symbol.dotted)


def _tuple(project: Project, path: str, written: list[ast.expr], given: Given | None) -> Type:
    """``tuple[int, list[Book]]``; of ``tuple[Book, ...]`` nobody knows the length."""
    unclear = (isinstance(one, ast.Starred) or _is_ellipsis(one) for one in written)
    if any(unclear):
        return UNKNOWN
    return TupleOf(tuple(annotated(project, path, one, given) for one in written))


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _class_of(value: Type) -> Type:
    """The class of which a value is an object."""
    if isinstance(value, OneOf):
        return join_all(map(_class_of, value.members))
    if isinstance(value, Object):
        return ClassObject(value.symbol)
    if isinstance(value, Instance) and not value.optional:
        return ModelClass(value.model, exact=False)
    return UNKNOWN
