"""Where in a chain of calls a connection goes, and the edits that move it there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword, RemoveKeyword
from ..edits.chain import CallMethod
from ..edits.expressions import KeepInner
from ..orm import api
from ..orm.calls import tortoise_version
from ..orm.misplaced import NAME, Broken, Misplaced, Step
from ..orm.types import Manager, Query

if TYPE_CHECKING:
    from ..edits._base import Edit
    from ..project.module import Module

#: Reads for which the keyword is what people write; for the others it is the chain.
_BY_KEYWORD = frozenset({"get", "get_or_none", "first", "last", "exists"})


def moved(module: Module, chain: Broken) -> tuple[Edit, ...]:
    """The edits that move a misplaced connection; none where no place of the chain takes it."""
    removals = tuple(_removal(module, one) for one in chain.misplaced)
    connection = chain.misplaced[0].connection
    if passed_in(module, chain) or isinstance(connection, ast.Constant):
        return removals
    placed = _placed(module, chain, module.text(connection))
    return (*removals, *placed) if placed else ()


def passed_in(module: Module, chain: Broken) -> list[ast.expr] | None:
    """The connections that a chain gets in a way that works; None where that cannot be seen."""
    version = tortoise_version(module)
    wrong = {one.call for one in chain.misplaced if one.by_keyword}
    found: list[ast.expr] = []
    for step in chain.steps:
        positions = _positions(step, version)
        if positions and any(isinstance(argument, ast.Starred) for argument in step.call.args):
            return None
        found += (step.call.args[index] for index in positions if index < len(step.call.args))
        if step.call not in wrong:
            found += (k.value for k in step.call.keywords if k.arg in (NAME, "_db"))
    return found


def _positions(step: Step, version: api.Version | None) -> set[int]:
    """Where a call may take a connection by position; without a release, in any of them."""
    if version is not None:
        ways = set(api.connection_ways(step.entry, version))
    else:
        entries = api.methods(step.owner, step.entry.name)
        ways = {way for entry in entries for way in entry.connection}
    return {way.index for way in ways if isinstance(way, api.Position)}


def _removal(module: Module, one: Misplaced) -> Edit:
    span = module.span(one.call)
    if one.by_keyword:
        return RemoveKeyword(module.path, span, NAME)
    assert isinstance(one.call.func, ast.Attribute)
    return KeepInner(module.path, span, module.span(one.call.func.value))


def _placed(module: Module, chain: Broken, connection: str) -> tuple[Edit, ...]:
    """The edits that pass the connection as close as can be to where it was."""
    first = min(one.after if one.by_keyword else max(one.after - 1, 0) for one in chain.misplaced)
    for step in reversed(chain.steps[:first]):
        if _chains(module, step):
            return (_called(module, step.call, connection),)
    if isinstance(chain.start, Query) and api.methods(api.Owner(chain.start.owner), NAME):
        return (_called(module, chain.root, connection),)
    for step in chain.steps[first:]:
        edit = _passed_to(module, step, connection, len(chain.steps) == 1)
        if edit is not None:
            return (edit,)
    if isinstance(chain.start, Manager) and not chain.steps:
        rows = CallMethod(module.path, module.span(chain.root), "all")
        return (rows, _called(module, chain.root, connection))
    return ()


def _passed_to(module: Module, step: Step, connection: str, alone: bool) -> Edit | None:
    """The edit that passes the connection to one call, or sets it on the query that it gives."""
    ways = api.connection_ways(step.entry, tortoise_version(module))
    keyword = next((way for way in ways if isinstance(way, api.Keyword)), None)
    chained = _chains(module, step)
    if keyword is not None and (not chained or (alone and step.entry.name in _BY_KEYWORD)):
        return PassKeyword(module.path, module.span(step.call), keyword.name, connection)
    return _called(module, step.call, connection) if chained else None


def _chains(module: Module, step: Step) -> bool:
    """Whether the value of a call has ``using_db()``."""
    ways = api.connection_ways(step.entry, tortoise_version(module))
    return any(isinstance(way, api.Chain) for way in ways)


def _called(module: Module, node: ast.expr, connection: str) -> Edit:
    return CallMethod(module.path, module.span(node), NAME, connection)
