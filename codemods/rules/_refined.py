"""The query that fetches, for all rows at once, what a relation of each row is asked for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import scopes
from ..orm.query_steps import precedes
from ..orm.types import NONE, ApiMethod, Instance, Plain
from ..project.facts import FunctionNode, imports_of
from ..project.symbols import Class, External
from ._fetch_paths import PREFETCHES, literal
from ._model_names import name_at_run_time
from ._moments import is_moment, late

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..orm.chains import Link
    from ..orm.infer import Types
    from ..project.models import Relation
    from ..project.module import Module, Scope
    from ._asked import Asked

PREFETCH = "Prefetch"
PREFETCH_HOME = "tortoise.query_utils"
_CHOOSING = frozenset({"filter", "exclude"})
_NAMING = frozenset({"order_by", "select_related", "prefetch_related"})
#: The first release in which a many-to-many relation is prefetched in the order asked for.
_ORDERED_MANY = "1.1.9"
_MAKING = (ast.Call, ast.BinOp)
_ENUMERATIONS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum"})
_PLAIN = frozenset({"str", "int", "float", "bool", "bytes"})


def imported_prefetch(module: Module) -> str:
    """What ``Prefetch`` is called in the file; empty where it is not imported."""
    statements = (one for one in module.tree.body if isinstance(one, ast.ImportFrom))
    for name in (bound.name for one in statements for bound in imports_of(one)):
        found = module.project.resolve(module.path, name)
        if isinstance(found, External) and found.dotted in PREFETCHES:
            return name
    return ""


def can_prefetch(module: Module, scope: ast.AST) -> bool:
    """Whether ``Prefetch`` is what its name means in a function, or can be made to."""
    name = imported_prefetch(module) or PREFETCH
    taken = scopes.bindings_in(module, scope)[name] if isinstance(scope, FunctionNode) else 0
    return not taken and (name != PREFETCH or _is_free(module))


def _is_free(module: Module) -> bool:
    """Whether nothing else than the ORM's is called ``Prefetch`` at the top level of a file."""
    found = module.project.resolve(module.path, PREFETCH)
    known = isinstance(found, External) and found.dotted in PREFETCHES
    return known or not scopes.bindings_in(module, module.tree)[PREFETCH]


def refined(module: Module, types: Types, query: ast.expr, asked: Asked) -> str | None:
    """The source of a query of all rows' related objects at once.

    Empty where a row's query gives all that its relation leads to; None where the query is another
    one for each row, or gives only some of them by their number.

    Args:
        module: The file.
        types: The types of the function.
        query: The query of the rows, where the other one is to be built as well.
        asked: The query of one row.
    """
    parts = []
    target = module.project.models.get(asked.relation.target) if asked.relation.target else None
    for index, link in enumerate(asked.links):
        given = _given(link, asked.key if index == 0 else "")
        known = target is not None and _is_fixed_link(module, types, query, asked, link, given)
        if not known:
            return None
        texts = [module.text(one) for one in given]
        if any("#" in text for text in texts):
            return None
        if texts or link.method.name not in _CHOOSING:
            parts.append(f"{link.method.name}({', '.join(texts)})")
    if not parts or target is None:
        return ""
    name = name_at_run_time(module, module.scope(query), target.symbol)
    begun = parts[0].startswith(("filter(", "exclude("))
    return ".".join([name, *([] if begun else ["all()"]), *parts]) if name else None


def _given(link: Link, key: str) -> list[ast.expr | ast.keyword]:
    """The arguments of a call but the one that names the row."""
    keywords = (keyword for keyword in link.call.keywords if not key or keyword.arg != key)
    return [*link.call.args, *keywords]


def _is_fixed_link(
    module: Module,
    types: Types,
    query: ast.expr,
    asked: Asked,
    link: Link,
    given: Iterable[ast.expr | ast.keyword],
) -> bool:
    """Whether a call means the same for the objects of every row, and of all of them at once."""
    if link.method.name in _NAMING:
        return _is_heeded(module, asked.relation) and all(
            isinstance(one, ast.expr) and bool(literal(one)) for one in given
        )
    return link.method.name in _CHOOSING and all(
        isinstance(one, ast.keyword)
        and _leads_to_one(module, asked.relation.target, one.arg or "*")
        and is_fixed(module, types, query, one.value)
        for one in given
    )


def _is_heeded(module: Module, relation: Relation) -> bool:
    """Whether a prefetch of the relation keeps an order: older releases ignore it for some."""
    versions = module.project.versions_of(module.path)
    return relation.kind != "m2m" or versions.at_least("tortoise-orm", _ORDERED_MANY) is True


def _leads_to_one(module: Module, target: Class | None, path: str) -> bool:
    """Whether a filter leads through relations to one object only, which multiply no rows."""
    for name in path.split("__"):
        model = module.project.models.get(target) if target else None
        relation = model.relations.get(name) if model else None
        if relation is None:
            return model is not None and path != "*"
        if relation.to_many or relation.kind == "unclear":
            return False
        target = relation.target
    return True


def is_fixed(module: Module, types: Types, query: ast.expr, node: ast.expr) -> bool:
    """Whether an expression gives in the loop what it gives where the query of the rows stands."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return is_fixed(module, types, query, node.operand)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(is_fixed(module, types, query, one) for one in node.elts)
    if isinstance(node, ast.Attribute):
        return _is_member(module, node) and _is_global(module, query, node)
    return isinstance(node, ast.Name) and _is_kept(module, types, query, node)


def _is_member(module: Module, node: ast.Attribute) -> bool:
    """Whether an attribute is a member of an enumeration of the project."""
    symbol = module.resolve(node.value)
    fact = module.project.class_fact(symbol) if isinstance(symbol, Class) else None
    if fact is None or not isinstance(symbol, Class) or node.attr not in fact.names:
        return False
    bases = (module.project.resolve(symbol.path, base) for base in fact.bases if base)
    return any(isinstance(one, External) and one.dotted in _ENUMERATIONS for one in bases)


def _is_global(module: Module, query: ast.expr, node: ast.expr) -> bool:
    """Whether a dotted name begins outside of the function, in which nothing binds it."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names.isdisjoint(scopes.bindings_in(module, module.scope(query)))


def _is_kept(module: Module, types: Types, query: ast.expr, node: ast.Name) -> bool:
    """Whether a variable holds one unchanging value from before the query on."""
    kind, scope = types.of(node), module.scope(query)
    unchanging = isinstance(kind, Instance) or kind == NONE
    unchanging = unchanging or (isinstance(kind, Plain) and kind.name in _PLAIN)
    unchanging = unchanging or _is_only_compared(module, types, scope, node.id)
    unchanging = unchanging or is_moment(module, scope, node)
    if not unchanging or node.id in scopes.elsewhere_bound(module):
        return False
    bound = [
        one
        for one in scopes.own_nodes(scope)
        if isinstance(one, ast.Name) and one.id == node.id and not isinstance(one.ctx, ast.Load)
    ]
    if scopes.bindings_in(module, scope)[node.id] != 1 or len(bound) > 1:
        return False
    statement = _statement(module, bound[0]) if bound else None
    around = (query, *module.ancestors(query))
    if statement is None or any(precedes(module, statement, one) for one in around):
        return True
    return late(module, query, node.id) is not None


def _is_only_compared(module: Module, types: Types, scope: Scope, name: str) -> bool:
    """Whether what a call or an operator has made is used in conditions of queries alone."""
    for node in ast.walk(scope):
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        outer = module.parent(node)
        if not isinstance(node.ctx, ast.Load):
            if not isinstance(outer, ast.Assign) or not isinstance(outer.value, _MAKING):
                return False
        else:
            call = module.parent(outer) if isinstance(outer, ast.keyword) else None
            called = types.of(call.func) if isinstance(call, ast.Call) else None
            if not isinstance(called, ApiMethod) or called.name not in _CHOOSING:
                return False
    return name not in {one.arg for one in ast.walk(scope) if isinstance(one, ast.arg)}


def _statement(module: Module, node: ast.AST) -> ast.stmt | None:
    return next((one for one in module.ancestors(node) if isinstance(one, ast.stmt)), None)
