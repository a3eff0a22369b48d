"""Moves a connection from where Tortoise takes none to where it takes one.

What it does
    `Order.create(...).using_db(conn)` raises, and so does every other call that puts the connection
    where the method has no place for it. The connection moves: into the call as `using_db=conn`
    where the method has that parameter, else to a `.using_db(conn)` on the query before the call
    that ends the chain.

Why
    These calls look right, are found in many answers and generated programs, and fail the first
    time they run:
    - `AttributeError: 'coroutine' object has no attribute 'using_db'`: `create(...)`, `save()`,
      `delete()` of an object, `get_or_create(...)`, `tags.add(...)` and the like give a coroutine.
    - `AttributeError: 'UpdateQuery' object has no attribute 'using_db'`, likewise `DeleteQuery`,
      `ValuesQuery`, `ValuesListQuery`, `CountQuery`, `ExistsQuery`, `RawSQLQuery`,
      `BulkCreateQuery`, `BulkUpdateQuery`: the call before it ended the chain.
    - `AttributeError: type object 'Order' has no attribute 'using_db'`, `'Order' object has no
      attribute 'using_db'`, `'ReverseRelation' object has no attribute 'using_db'`: only queries
      have it.
    - `FieldError: Unknown filter param 'using_db'. Allowed base values are ...`: `filter`,
      `exclude`, `get` and `get_or_none` of a query take it for a field; `FieldError: Unknown
      keyword argument using_db for model ...`: so does `update`.
    - `TypeError: QuerySet.first() got an unexpected keyword argument 'using_db'`, likewise for
      `delete`, `count`, `exists`, `all`, `order_by` and so on.

Before
    async with in_transaction() as conn:
        order = await Order.create(customer=customer).using_db(conn)
        await Stock.filter(id=item.id).update(reserved=True).using_db(conn)
        paid = await Order.filter(paid=True, using_db=conn)

After
    async with in_transaction() as conn:
        order = await Order.create(customer=customer, using_db=conn)
        await Stock.filter(id=item.id).using_db(conn).update(reserved=True)
        paid = await Order.filter(paid=True).using_db(conn)

When it is safe
    The code that is changed raises each time it runs: the receiver is proven to be a model, an
    object, a query or a relation, and in the release that the project pins the method takes no
    connection in this way. Where no release is pinned, that has to hold in every release since
    0.17.8, and so has the form that is written instead. The connection is a name or an attribute,
    so that it may be evaluated earlier or later than it was.

What it leaves alone
    Reported, for a hand: a connection that a call makes, where other arguments are computed as
    well; two different connections in one chain; a string, or another thing that is no connection;
    chains that are not awaited or used; objects that were awaited already, `(await
    Order.get(id=1)).using_db(conn)`; models with a manager of their own; calls under an `except`
    clause that names the error; what no place in the chain could take in this release.
    Silently: receivers whose type is not proven; chains that go on with something that would fail
    all the same; models that have a field or method `using_db`, or
    that override the method; annotations and aliases of that name; queries from elsewhere that are
    filtered by `using_db`, unless it is certainly a connection; a connection that is passed by
    position; `with pytest.raises(...)` and the like; f-strings. Projects of a release before
    0.17.8.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import api
from ..orm.infer import Types, types_of
from ..orm.misplaced import NAME, Broken, Misplaced, Step, broken
from ..orm.types import (
    NONE,
    UNKNOWN,
    Client,
    Instance,
    Manager,
    ModelClass,
    Query,
    Type,
    members_of,
)
from ..project.near_models import near_models
from ._base import Finding, Rule, Safety
from ._connection_place import moved, passed_in
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_FIELD_ERRORS = frozenset({"filter", "exclude", "get", "get_or_none", "update"})
_ERRORS = frozenset({"AttributeError", "FieldError", "TypeError"})
_QUERIES = (api.Owner.QUERYSET, api.Owner.SINGLE, api.Owner.SINGLE_OPTIONAL)
_FORMATTED = tuple(
    kind for name in ("JoinedStr", "TemplateStr") if (kind := getattr(ast, name, None))
)
_BY_POSITION = "using_db() takes the connection by position: this raises TypeError"
_USE = "pass the connection as the method's using_db=, or call .using_db() on the query before"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each chain that raises because of where its connection stands."""
    seen: set[ast.Call] = set()
    for call in module.nodes(ast.Call):
        if not _mentions(call):
            continue
        end = _end(module, call)
        if end not in seen and not isinstance(module.parent(end), ast.Attribute):
            seen.add(end)
            chain = broken(module, types_of(module, module.scope(end)), end)
            if chain is not None and not _is_out_of_reach(module, end):
                yield _finding(module, end, chain)


def _mentions(call: ast.Call) -> bool:
    """Whether a call is ``x.using_db(...)`` or ``x.f(using_db=...)``."""
    if not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr == NAME or any(keyword.arg == NAME for keyword in call.keywords)


def _end(module: Module, call: ast.Call) -> ast.Call:
    """The last call of the chain that a call is part of."""
    while True:
        link = module.parent(call)
        outer = module.parent(link) if isinstance(link, ast.Attribute) else None
        if not isinstance(outer, ast.Call) or outer.func is not link:
            return call
        call = outer


def _is_out_of_reach(module: Module, node: ast.expr) -> bool:
    """Whether a chain is in an f-string, or where its error is asked for."""
    inside = any(isinstance(outer, _FORMATTED) for outer in module.ancestors(node))
    return inside or is_expected(module, node)


def _finding(module: Module, end: ast.Call, chain: Broken) -> Finding:
    types = types_of(module, module.scope(end))
    why_not = _obstacle(module, types, end, chain)
    edits = () if why_not else moved(module, chain)
    return Finding(
        RULE.code,
        module.path,
        module.span(end),
        _message(chain.misplaced[0]),
        Safety.SAFE if edits else Safety.MANUAL,
        edits,
        "" if edits else f"{why_not}: {_USE}" if why_not else _USE,
    )


def _message(one: Misplaced) -> str:
    """What raises, and how."""
    if one.by_keyword:
        assert isinstance(one.call.func, ast.Attribute)
        name = one.call.func.attr
        plain = "AttributeError" if name in ("annotate", "values") else "TypeError"
        on_class = name == "exists" and one.after == 0 and isinstance(one.receiver, ModelClass)
        error = "FieldError" if on_class or name in _FIELD_ERRORS else plain
        return f"{name}() takes no using_db here: this raises {error}"
    if isinstance(one.receiver, Step):
        entry = one.receiver.entry
        if entry.value in _QUERIES:
            return _BY_POSITION
        given = "a coroutine" if entry.coroutine else "a query"
        given = "an object" if entry.value is api.Owner.INSTANCE else given
        return f"{entry.name}() gives {given}, which has no using_db(): this raises AttributeError"
    if isinstance(one.receiver, Query) and api.Owner(one.receiver.owner) in _QUERIES:
        return _BY_POSITION
    return f"{_described(one.receiver)} has no using_db(): this raises AttributeError"


def _described(receiver: Type) -> str:
    """What a type is, in words."""
    if isinstance(receiver, ModelClass):
        return f"the model class {receiver.model.name}"
    if isinstance(receiver, Instance):
        return f"a {receiver.model.name} object"
    if isinstance(receiver, Manager):
        return f"the relation {receiver.relation.name}"
    return "this query"


def _obstacle(module: Module, types: Types, end: ast.Call, chain: Broken) -> str:
    """Why a chain is not repaired; empty where it can be, as far as this tells."""
    if isinstance(chain.start, Instance) and not chain.steps:
        return "objects keep no connection"
    connections = [one.connection for one in chain.misplaced]
    passed = passed_in(module, chain)
    if passed is None or len({ast.dump(node) for node in (*connections, *passed)}) > 1:
        return "it may get two connections"
    if any(types.of(node) != NONE and not _may_be_client(types.of(node)) for node in connections):
        return "what it gets is not a connection"
    if not _is_movable(types, end, chain):
        return "the connection would be computed at another point"
    if isinstance(module.parent(end), ast.Expr):
        return "nothing awaits it"
    if is_handled(module, end, _ERRORS):
        return "an except clause names the error"
    return _obstacle_of_model(module, chain)


def _obstacle_of_model(module: Module, chain: Broken) -> str:
    model = module.project.models.get(chain.model)
    if model is None or ("manager" in model.meta and not _is_by_coroutine(chain)):
        return "the model has a manager of its own"
    emptied = any(
        one.by_keyword and step.entry.name == "update" and len(step.call.keywords) == 1
        for one in chain.misplaced
        for step in chain.steps
        if step.call is one.call
    )
    return "without it, nothing is updated" if emptied else ""


def _is_by_coroutine(chain: Broken) -> bool:
    """Whether a chain makes no query that a manager would have to provide."""
    return bool(chain.steps) and all(
        step.entry.coroutine or step.entry.value is api.Owner.INSTANCE for step in chain.steps
    )


def _may_be_client(found: Type) -> bool:
    return found == UNKNOWN or any(isinstance(one, Client) for one in members_of(found))


def _is_movable(types: Types, end: ast.Call, chain: Broken) -> bool:
    """Whether evaluating the connection earlier or later in the chain makes no difference."""
    nodes = list(ast.walk(end))
    bound = {node.target.id for node in nodes if isinstance(node, ast.NamedExpr)}
    for one in chain.misplaced:
        names = {node.id for node in ast.walk(one.connection) if isinstance(node, ast.Name)}
        if names & bound:
            return False
        if not _is_plain(one.connection) and not _is_fixed(types, one.connection, chain):
            return False
    return True


def _is_plain(node: ast.expr) -> bool:
    """A name, an attribute of one, or None."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and node.value is None)


def _is_fixed(types: Types, node: ast.expr, chain: Broken) -> bool:
    """Whether a call looks up a connection, and nothing else in the chain is computed."""
    if not isinstance(node, ast.Call) or not isinstance(types.of(node), Client):
        return False
    if not all(
        isinstance(a, ast.Constant) for a in (*node.args, *(k.value for k in node.keywords))
    ):
        return False
    arguments = [
        inner
        for step in chain.steps
        for argument in (*step.call.args, *(k.value for k in step.call.keywords))
        if argument not in [one.connection for one in chain.misplaced]
        for inner in ast.walk(argument)
    ]
    return len(chain.misplaced) == 1 and not any(
        isinstance(n, ast.Call | ast.Await | ast.Yield | ast.NamedExpr) for n in arguments
    )


RULE = Rule(
    code="TOR312",
    name="using-db-after-terminal",
    summary="moves a connection from where it raises to where the call takes one",
    find=find,
    triggers=(b"using_db",),
    modules=near_models,
)
