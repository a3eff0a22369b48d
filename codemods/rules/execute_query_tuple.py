"""Takes rows from `execute_query_dict`: `execute_query` gives a count and the rows.

What it does
    `rows = await connection.execute_query(sql)`, where the result is then gone through as rows,
    becomes `rows = await connection.execute_query_dict(sql)`.

Why
    Since 0.15.7 `execute_query` gives a tuple of the number of rows and the rows. A loop over it
    sees a number first: `TypeError: 'int' object is not subscriptable`.

Before
    for row in await connection.execute_query("select name from orders"):
        print(row["name"])

After
    for row in await connection.execute_query_dict("select name from orders"):
        print(row["name"])

When it is safe
    It is unsafe: the rows are dictionaries afterwards, so that it rests on columns being read by
    name. With `--unsafe` it is applied where the connection is proven to be Tortoise's, the call
    stands in the head of a loop, and the loop reads its variable by name only.

What it leaves alone
    Silently: results that are unpacked, indexed or have a name; connections that are not proven.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import RenameAttribute
from ..orm.types import Client
from ._base import Finding, Rule, Safety
from ._migration import gate
from ._queries import type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.15.7"
_RESTS = "it rests on the columns being read by name: the rows are dictionaries"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each loop over a count and rows."""
    if gate(module, _SINCE) is not Safety.SAFE:
        return
    loops: list[ast.For | ast.comprehension] = [*module.nodes(ast.For)]
    loops += [one for one in module.nodes(ast.comprehension) if not one.is_async]
    for loop in loops:
        call = loop.iter.value if isinstance(loop.iter, ast.Await) else None
        func = call.func if isinstance(call, ast.Call) else None
        if not isinstance(func, ast.Attribute) or func.attr != "execute_query":
            continue
        if isinstance(type_of(module, func.value), Client) and _reads_names(module, loop):
            span = module.span(func)
            edits = (RenameAttribute(module.path, span, "execute_query_dict"),)
            message = "execute_query() gives a count and the rows, not the rows alone"
            yield Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


def _reads_names(module: Module, loop: ast.For | ast.comprehension) -> bool:
    """Whether a loop uses its variable, and each time by the name of a column."""
    holder = loop if isinstance(loop, ast.For) else module.parent(loop)
    if not isinstance(loop.target, ast.Name) or holder is None:
        return False
    name = loop.target.id
    uses = [n for n in ast.walk(holder) if isinstance(n, ast.Name) and n.id == name]
    read = [use for use in uses if isinstance(use.ctx, ast.Load)]
    return bool(read) and all(_by_name(module.parent(use)) for use in read)


def _by_name(outer: ast.AST | None) -> bool:
    if not isinstance(outer, ast.Subscript) or not isinstance(outer.slice, ast.Constant):
        return False
    return isinstance(outer.slice.value, str)


RULE = Rule(
    code="TOR205",
    name="execute-query-tuple",
    summary="takes rows from `execute_query_dict`: `execute_query` gives a count as well",
    safety=Safety.UNSAFE,
    since="0.15.7",
    find=find,
    triggers=(b"execute_query(",),
)
