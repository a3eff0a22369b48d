"""What reading data of an object gives: values that can be changed in place, or relations."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.definitions import definition
from ..orm.types import Instance, Manager, Plain
from ..project.module import Module
from ..project.symbols import Function

if TYPE_CHECKING:
    from ..orm.infer import Types
    from ..project.facts import FunctionNode
    from ..project.models import Model

#: Fields whose values nothing can change in place.
_LASTING = frozenset(
    """BigIntField BinaryField BooleanField CharEnumField CharField DateField DatetimeField
    DecimalField FloatField IntEnumField IntField SmallIntField TextField TimeDeltaField TimeField
    UUIDField""".split()  # noqa: SIM905
)
_LASTING_TYPES = frozenset({"str", "int", "float", "bool", "bytes", "complex", "None"})
#: Methods that change a list, a dictionary or a set in place.
_CHANGING = frozenset(
    """add append clear difference_update discard extend insert intersection_update pop popitem
    remove reverse setdefault sort update""".split()  # noqa: SIM905
)
#: Functions that keep nothing of what they are given, and give back something else.
_LOOKING = frozenset({"bool", "float", "int", "len", "print", "repr", "str"})


def is_looked_at(module: Module, types: Types, read: ast.Attribute) -> bool:
    """Whether plain data of an object is read so that nothing can change it in place."""
    owner, kind = types.of(read.value), types.of(read)
    if not isinstance(owner, Instance) or not isinstance(kind, Plain):
        return False
    model = module.project.models.get(owner.model)
    if kind.name in _LASTING_TYPES or (model and _lasts(model, read.attr)):
        return True
    node: ast.expr = read
    while (outer := _inner_value(module, node)) is not None:
        node = outer
    return _keeps_nothing(module, node)


def _lasts(model: Model, name: str) -> bool:
    """Whether values of a field are of a kind that is never changed, as numbers and strings are."""
    field = model.fields.get(name)
    if field is None:
        return name not in model.own  # a key: ``pk`` or ``author_id``
    return field.factory.rpartition(".")[2] in _LASTING


def _inner_value(module: Module, node: ast.expr) -> ast.expr | None:
    """What is taken out of a value: ``value[...]`` or ``value.get(...)``."""
    parent = module.parent(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return parent if isinstance(parent.ctx, ast.Load) else None
    if isinstance(parent, ast.Attribute) and parent.attr == "get":
        call = module.parent(parent)
        return call if isinstance(call, ast.Call) and call.func is parent else None
    return None


def _keeps_nothing(module: Module, node: ast.expr) -> bool:
    """Whether a value is only compared, tested, printed or calculated with."""
    parent = module.parent(node)
    if isinstance(parent, ast.If | ast.IfExp | ast.While):
        return parent.test is node
    if isinstance(parent, ast.BinOp):
        other = parent.right if parent.left is node else parent.left
        return isinstance(other, ast.Constant)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        return parent.func.id in _LOOKING
    return isinstance(parent, ast.Compare | ast.FormattedValue | ast.UnaryOp)


def changed_data(types: Types, node: ast.AST) -> ast.Attribute | None:
    """``row.data`` in what changes it in place, as ``row.data["key"] = 1`` does."""
    value: ast.expr | None = None
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        value = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        value = node.func.value if node.func.attr in _CHANGING else None
    while isinstance(value, ast.Subscript):
        value = value.value
    if not isinstance(value, ast.Attribute) or isinstance(types.of(value), Manager):
        return None
    return value


def may_read_relations(module: Module, types: Types, read: ast.Attribute) -> bool:
    """Whether reading an attribute of a row may read its relations, as a property does."""
    owner = types.of(read.value)
    model = module.project.models.get(owner.model) if isinstance(owner, Instance) else None
    if model is None or read.attr in model.fields or read.attr not in model.own:
        return False
    for base in model.lineage:
        member = module.project.member(base, read.attr)
        home = module.project.module(member.path) if isinstance(member, Function) else None
        if isinstance(member, Function) and isinstance(home, Module):
            body = definition(home, member)
            return body is None or _reaches(model, body)
    return True


def _reaches(model: Model, function: FunctionNode) -> bool:
    """Whether a method names a relation or a member of its class, or hands its object on."""
    arguments = function.args.args
    own = arguments[0].arg if arguments else ""
    read = [node for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    if any(node.attr in model.relations or node.attr in model.own for node in read):
        return True
    alone = {id(node.value) for node in read}
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    return any(name.id == own and id(name) not in alone for name in names)
