"""Chains of calls of the query API: ``Book.filter(...).order_by(...).first()``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import api
from .types import ApiMethod, Type

if TYPE_CHECKING:
    from .infer import Types


@dataclass(frozen=True, slots=True)
class Link:
    """One call of a chain."""

    call: ast.Call
    method: ApiMethod


@dataclass(frozen=True, slots=True)
class Chain:
    """Calls of the query API, each on the value of the one before.

    Attributes:
        root: What the first method is called on.
        start: Its type.
        links: The calls, innermost first; none where the expression is no call of the API.
    """

    root: ast.expr
    start: Type
    links: tuple[Link, ...]

    def names(self) -> tuple[str, ...]:
        """The names of the methods, in the order of the calls."""
        return tuple(link.method.name for link in self.links)


def chain_of(types: Types, node: ast.expr) -> Chain:
    """The chain that an expression is the end of."""
    links: list[Link] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        called = types.of(node.func)
        if not isinstance(called, ApiMethod):
            break
        links.append(Link(node, called))
        node = node.func.value
    return Chain(node, types.of(node), tuple(reversed(links)))


def passes_connection(link: Link, version: api.Version | None) -> bool:
    """Whether a call is given a connection, or may be: by keyword, by position, or unpacked."""
    if link.method.name == "using_db":
        return True
    keywords = {keyword.arg for keyword in link.call.keywords}
    starred = any(isinstance(argument, ast.Starred) for argument in link.call.args)
    ways = {
        way
        for entry in api.methods(api.Owner(link.method.owner), link.method.name)
        for way in (api.connection_ways(entry, version) if version else entry.connection)
    }
    for way in ways:
        if isinstance(way, api.Keyword) and way.name in keywords:
            return True
        if isinstance(way, api.Position) and (starred or len(link.call.args) > way.index):
            return True
    return False
