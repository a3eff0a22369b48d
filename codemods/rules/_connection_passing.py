"""The edits that pass a connection to what a transaction's body awaits."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword
from ..edits.chain import CallMethod
from ..orm import api
from ..orm.calls import tortoise_version
from ..orm.chains import Chain, Link, chain_of, passes_connection
from ..orm.connection_parameters import connection_taken_by
from ..orm.types import Instance, Manager, ModelClass

if TYPE_CHECKING:
    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..project.module import Module

#: Reads for which the keyword is what people write; for the others it is the chain.
_BY_KEYWORD = frozenset({"get", "get_or_none", "first", "last", "exists"})


def edits_in(
    module: Module, types: Types, node: ast.expr, handle: str, alone: bool
) -> tuple[Edit, ...]:
    """What passes the connection in one awaited expression; nothing where that is not certain."""
    version = tortoise_version(module)
    if version is not None and version < api.version_key(api.OLDEST):
        return ()
    taken = connection_taken_by(module, types, node)
    if taken is not None:
        # Whatever else a function does would share the client with what runs beside it.
        passing = PassKeyword(module.path, module.span(node), taken.parameter, handle)
        return (passing,) if alone else ()
    if isinstance(types.of(node), Manager):
        span = module.span(node)
        return (
            CallMethod(module.path, span, "all"),
            CallMethod(module.path, span, "using_db", handle),
        )
    chain = chain_of(types, node)
    if not isinstance(chain.start, ModelClass | Instance | Manager) or passes(module, types, node):
        return ()
    for link in chain.links:
        edit = _edit(module, link, chain, handle)
        if edit is not None:
            return (edit,)
    return ()


def passes(module: Module, types: Types, node: ast.expr) -> bool:
    """Whether a chain is given a connection, be it in a way that does not work."""
    version = tortoise_version(module)
    return any(
        passes_connection(link, version) or any(k.arg == "using_db" for k in link.call.keywords)
        for link in chain_of(types, node).links
    )


def _edit(module: Module, link: Link, chain: Chain, handle: str) -> Edit | None:
    """The edit that passes the connection at one call of a chain, if it can take one there."""
    owner, version = api.Owner(link.method.owner), tortoise_version(module)
    named = link.method.name
    entry = api.method(owner, named, version) if version else api.loosely(owner, named)
    if entry is None:
        return None
    ways = api.connection_ways(entry, version)
    keyword = next((way for way in ways if isinstance(way, api.Keyword)), None)
    chained = any(isinstance(way, api.Chain) for way in ways)
    alone = len(chain.links) == 1 and named in _BY_KEYWORD
    span = module.span(link.call)
    if keyword is not None and (alone or not chained):
        return PassKeyword(module.path, span, keyword.name, handle)
    return CallMethod(module.path, span, "using_db", handle) if chained else None


def unpacks_unknown(types: Types, node: ast.expr, edits: tuple[Edit, ...]) -> bool:
    """Whether ``**mapping`` could bring a connection of its own to a call that gets one."""
    if not any(isinstance(edit, PassKeyword) for edit in edits):
        return False
    calls = [link.call for link in chain_of(types, node).links]
    return any(k.arg is None and not _harmless(k.value) for call in calls for k in call.keywords)


def _harmless(node: ast.expr) -> bool:
    """A dict display, or the dump of a schema: neither can hold a key named ``using_db``."""
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return None not in keys and "using_db" not in keys
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("model_dump", "dict")
    )


def name_of(module: Module, types: Types, node: ast.expr) -> str:
    """How the message names an awaited expression."""
    chain = chain_of(types, node)
    if not chain.links:
        called = node.func if isinstance(node, ast.Call) else None
        return module.text(node) if called is None else f"{module.text(called)}()"
    first = chain.links[0].call.func
    last = chain.links[-1].method
    head = module.text(first) if isinstance(first, ast.Attribute) else last.name
    head = head if "\n" not in head else last.name
    return f"{head}()" if len(chain.links) == 1 else f"{head}(...).{last.name}()"
