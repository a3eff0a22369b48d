"""Queries that call ``prefetch_related`` more than once, in one chain or step by step."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits.arguments import AddArguments
from ..edits.chain import DropCall
from ..orm import api, scopes
from ..orm.calls import subject
from ..orm.chains import Chain, Link, chain_of
from ..orm.infer import types_of
from ..orm.query_steps import dominating_steps
from ..source import Span
from ._fetch_paths import (
    covers,
    goes_beyond,
    hops,
    literal,
    loaded,
    prefetch_object,
    quoted,
)
from ._verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.infer import Types
    from ..project.module import Module
    from ..project.symbols import Class

NAME = "prefetch_related"


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A call that drops names.

    Attributes:
        model: The model of the query.
        first: The call that named them; the first of the chain.
        later: The calls after it in the same chain; none where the last is a step of its own.
        last: The call that drops them.
        dropped: The names, as they are written.
    """

    model: Class
    first: Link
    later: tuple[Link, ...]
    last: Link
    dropped: tuple[str, ...]


def overwritten(module: Module) -> Iterator[Overwritten]:
    """Every query of a file whose last ``prefetch_related`` drops names of an earlier one."""
    for call in module.nodes(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != NAME or not call.args:
            continue
        types = types_of(module, module.scope(call))
        chain = chain_of(types, call)
        if not chain.links or _is_followed(module, types, call):
            continue
        case = _case(module, types, chain)
        if case is not None:
            yield case


def _is_followed(module: Module, types: Types, call: ast.Call) -> bool:
    """Whether the chain goes on to another call of the method, which is then the last."""
    node: ast.AST = call
    while isinstance(link := module.parent(node), ast.Attribute):
        outer = module.parent(link)
        if not isinstance(outer, ast.Call) or outer.func is not link:
            return False
        if link.attr == NAME:
            return True
        node = outer
    return False


def _case(module: Module, types: Types, chain: Chain) -> Overwritten | None:
    links = [link for link in chain.links if link.method.name == NAME]
    last, model = links[-1], subject(links[-1].method.receiver)
    if model is None:
        return None
    if not all(link.call.args for link in links):
        return None
    if len(links) > 1:
        first, later = links[0], tuple(links[1:])
        dropped = _dropped(module, links[:-1], last)
        return Overwritten(model, first, later, last, dropped) if dropped else None
    for step in dominating_steps(module, types, module.scope(last.call), chain):
        before = [link for link in step.links if link.method.name == NAME]
        if before:
            dropped = _dropped(module, before[-1:], last)
            return Overwritten(model, before[-1], (), last, dropped) if dropped else None
    return None


def _dropped(module: Module, before: list[Link], last: Link) -> tuple[str, ...]:
    """The names of the earlier calls that are lost; none where that cannot be read."""
    named = [argument for link in before for argument in link.call.args]
    kept = {prefetch_object(module, one) for one in (*named, *last.call.args)}
    told = {literal(one) for one in last.call.args}
    for argument in (*named, *last.call.args):
        if not literal(argument) and not prefetch_object(module, argument):
            return ()
    names = dict.fromkeys(literal(one) for one in named if literal(one))
    return tuple(name for name in names if not covers(kept | told, name))


def weigh(module: Module, case: Overwritten) -> Verdict:
    """What stands against fetching the dropped relations after all."""
    verdict = Verdict()
    for link in case.later:
        if _has_comment(module, link):
            verdict.against.append(f"a comment stands in the call (line {link.call.lineno})")
        if any(_waits(argument) for argument in link.call.args):
            verdict.against.append("an argument awaits something")
    for path in case.dropped:
        known = hops(module, case.model, path)
        if not known:
            verdict.doubts.append(f"{path} is not a relation that is known")
        for hop in known:
            if hop.nullable and not hop.to_many:
                verdict.doubts.append(f"{hop.name} can be None, which code that awaits it fails on")
            elif not hop.to_many and hop.name in _awaited(module):
                verdict.doubts.append(f"awaiting {hop.name} gives what was fetched")
            elif not hop.to_many and hop.name in _refined(module):
                verdict.doubts.append(f"{hop.name} is no query any more, which code here refines")
            elif hop.to_many and hop.name in _iterated(module):
                verdict.doubts.append(f"async for over {hop.name} no longer sees later changes")
    for path in _joined(module, case):
        if goes_beyond(path, loaded(case.dropped)):
            verdict.against.append(f"{path} is joined, and would be lost")
    return verdict


def edits_of(module: Module, case: Overwritten) -> tuple[Edit, ...]:
    """All names in one call, or those of the earlier step in the later one."""
    if not case.later:
        sources = tuple(quoted(module, name) for name in case.dropped)
        return (AddArguments(module.path, module.span(case.last.call), sources),)
    have = {literal(argument) for argument in case.first.call.args}
    moved: dict[str, None] = {}
    for link in case.later:
        for argument in link.call.args:
            if literal(argument) not in have or not literal(argument):
                moved[module.text(argument)] = None
    return (
        AddArguments(module.path, module.span(case.first.call), tuple(moved)),
        *(_without(module, link) for link in case.later),
    )


def _without(module: Module, link: Link) -> DropCall:
    """The chain without a call of it."""
    assert isinstance(link.call.func, ast.Attribute)
    return DropCall(module.path, module.span(link.call), module.span(link.call.func.value))


def _joined(module: Module, case: Overwritten) -> Iterator[str]:
    """The paths that queries of the function join; any of them may be this one."""
    for node in scopes.nodes_in(module, module.scope(case.last.call)):
        called = node.func if isinstance(node, ast.Call) else None
        joins = isinstance(called, ast.Attribute) and called.attr == "select_related"
        if isinstance(node, ast.Call) and joins:
            yield from filter(None, map(literal, node.args))


def _has_comment(module: Module, link: Link) -> bool:
    """Whether a comment stands in the part of the chain that is the call."""
    assert isinstance(link.call.func, ast.Attribute)
    before, whole = module.span(link.call.func.value), module.span(link.call)
    return "#" in module.source.slice(Span(*before[2:], *whole[2:]))


def _waits(node: ast.expr) -> bool:
    kinds = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    return any(isinstance(inner, kinds) for inner in ast.walk(node))


def _refined(module: Module) -> frozenset[str]:
    """The attributes on which the file calls a method of queries: ``book.author.filter(...)``."""
    called = (one.func for one in module.nodes(ast.Call) if isinstance(one.func, ast.Attribute))
    return frozenset(
        method.value.attr
        for method in called
        if isinstance(method.value, ast.Attribute) and api.methods(api.Owner.QUERYSET, method.attr)
    )


def _awaited(module: Module) -> frozenset[str]:
    """The attributes that the file awaits: ``await book.author``."""
    values = (node.value for node in module.nodes(ast.Await))
    return frozenset(value.attr for value in values if isinstance(value, ast.Attribute))


def _iterated(module: Module) -> frozenset[str]:
    """The attributes that the file iterates with ``async for``."""
    loops = [loop.iter for loop in module.nodes(ast.AsyncFor)]
    loops += [one.iter for one in module.nodes(ast.comprehension) if one.is_async]
    return frozenset(node.attr for node in loops if isinstance(node, ast.Attribute))
