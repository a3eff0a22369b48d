"""Reads the key of a related object from the row instead of querying the object.

What it does
    `(await book.author).id` becomes `book.author_id`, and so does `(await book.author).pk`.

Why
    The row holds the key of the object that it leads to. To read it from the object costs a query,
    in a loop one for every row.

Before
    owners = [(await book.author).id for book in books]

After
    owners = [book.author_id for book in books]

When it is safe
    The relation is a foreign key or one-to-one field that cannot be null, with a constraint, of a
    row that a query in the same function gave and whose relation nothing in it assigns to.
    Unsafe, applied with --unsafe only: a relation that can be null or has no constraint, where the
    code raises AttributeError if there is no object, and gets the key or None afterwards; a row of
    unknown origin, whose object may have been assigned before it had a key.

What it leaves alone
    Silently: fields with `to_field`, which hold another column than the key; relations from the
    other side; reads inside an f-string, or with a comment in them; a generator expression, or a
    comprehension around another one, that would cease to be asynchronous.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..orm import scopes
from ..orm.types import Forward, Instance
from ._async_comprehensions import stays_needed
from ._base import Finding, Rule
from ._queries import types_at
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.models import Relation
    from ..project.module import Module

_KINDS = frozenset({"fk", "o2o"})


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each object that is queried for its key alone."""
    for node in module.nodes(ast.Attribute):
        read = node.value.value if isinstance(node.value, ast.Await) else None
        if not isinstance(read, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        kind = types_at(module, read).of(read)
        known = isinstance(kind, Forward) and _is_key(module, read, kind.relation, node.attr)
        if isinstance(kind, Forward) and known and _can_be_replaced(module, node):
            yield _finding(module, node, read, kind)


def _is_key(module: Module, read: ast.Attribute, relation: Relation, name: str) -> bool:
    """Whether an attribute of the related object is the key that the row holds."""
    owner = types_at(module, read).of(read.value)
    model = module.project.models.get(owner.model) if isinstance(owner, Instance) else None
    target = module.project.models.get(relation.target) if relation.target else None
    field = model.fields.get(relation.name) if model else None
    if relation.kind not in _KINDS or target is None or field is None or not field.complete:
        return False
    plain = target.closed and "to_field" not in field.keywords and name not in target.relations
    return plain and name in {"pk", target.primary_key} - {""}


def _can_be_replaced(module: Module, node: ast.Attribute) -> bool:
    """Whether the text can go without a loss, and nothing needs the ``await``."""
    if any(isinstance(outer, ast.JoinedStr) for outer in module.ancestors(node)):
        return False
    return "#" not in module.text(node) and not stays_needed(module, node.value, {node.value})


def _finding(module: Module, node: ast.Attribute, read: ast.Attribute, kind: Forward) -> Finding:
    verdict = Verdict()
    name, line = kind.relation.name, node.lineno
    if kind.relation.nullable or not _is_constrained(module, read, name):
        verdict.doubts.append(f"where there is no {name}, the code raises AttributeError")
    if not kind.stored or _is_assigned(module, read):
        verdict.doubts.append(f"{name} may have been assigned before it had a key (line {line})")
    bare = isinstance(read.value, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    owner = module.text(read.value) if bare else f"({module.text(read.value)})"
    source = f"{owner}.{name}_id"
    message = f"{module.text(read)} is queried for its key alone, which {source} holds"
    span, path = module.span(node), module.path
    edits = (ReplaceExpression(path, span, source),)
    return Finding(RULE.code, path, span, message, verdict.safety, edits, verdict.advice)


def _is_constrained(module: Module, read: ast.Attribute, name: str) -> bool:
    """Whether the database makes sure that the object exists."""
    owner = types_at(module, read).of(read.value)
    model = module.project.models.get(owner.model) if isinstance(owner, Instance) else None
    return model is not None and model.fields[name].keywords.get("db_constraint", True) is True


def _is_assigned(module: Module, read: ast.Attribute) -> bool:
    """Whether the function assigns to such a relation of some object."""
    nodes = scopes.nodes_in(module, module.scope(read))
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in (read.attr, f"{read.attr}_id")
        and not isinstance(node.ctx, ast.Load)
        for node in nodes
    )


RULE = Rule(
    code="TOR233",
    name="fk-pk-access",
    summary="reads the key of a related object from the row: `book.author_id`",
    find=find,
    triggers=(b"(await",),
)
