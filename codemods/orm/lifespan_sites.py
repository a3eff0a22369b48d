"""Where a lifespan sets up the ORM, yields and closes the connections."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .scopes import own_nodes
from .set_up import Helper, helper_of, set_up
from .startup import CLOSE, CONTEXTS, INIT, OPENS, is_bare, is_schemas, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..project.facts import FunctionNode
    from ..project.module import Module

Owner = ast.FunctionDef | ast.AsyncFunctionDef | ast.Try | ast.With | ast.AsyncWith


class UnclearError(Exception):
    """A lifespan whose parts are not where they can be moved; the text says why."""


@dataclass(frozen=True, slots=True)
class Located:
    """The statements of the ORM in a lifespan.

    Attributes:
        owners: The function, and the ``try`` and ``with`` statements down to the block that sets
            up the ORM.
        init: The index in that block of the statement that does.
        schemas: Whether the statement after it generates the schemas, and no more.
        pause: The index of the statement that is the ``yield`` or holds it.
        opener: The function that the statement calls to set it up; None for the ORM's own.
        close: The statement that closes the connections, or None.
        closer: The function that it calls; None for the ORM's own.
        finally_of: The ``try`` whose ``finally`` ends with it, or None.
    """

    owners: tuple[Owner, ...]
    init: int
    schemas: bool
    pause: int
    opener: Helper | None = None
    close: ast.stmt | None = None
    closer: Helper | None = None
    finally_of: ast.Try | None = None

    @property
    def block(self) -> list[ast.stmt]:
        """The block that sets up the ORM."""
        return self.owners[-1].body

    @property
    def dropped(self) -> list[ast.stmt]:
        """The statements whose work ``RegisterTortoise`` takes over."""
        opened = self.block[self.init : self.init + (2 if self.schemas else 1)]
        return [*opened, *([self.close] if self.close else [])]


def locate(module: Module, function: ast.AsyncFunctionDef) -> Located:
    """The parts of a lifespan that sets up the ORM. Raises UnclearError.

    Where it does so in a statement of its own body, it does not matter what follows: what closes
    the connections there can stay, since they may be closed twice.
    """
    try:
        return _located(module, function)
    except UnclearError:
        found = _before_the_rest(module, function)
        if found is None:
            raise
        return found


def _before_the_rest(module: Module, function: ast.AsyncFunctionDef) -> Located | None:
    """The parts that count where everything after the call of ``Tortoise.init`` may stay."""
    body, names = function.body, OPENS | CONTEXTS
    nodes = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    calls = [node for node in nodes if set_up(module, node, names)]
    init = next((i for i, s in enumerate(body) if runs(module, s, INIT)), -1)
    yields = [n for n in own_nodes(function) if isinstance(n, ast.Yield)]
    if init < 0 or len(calls) != 1 or not yields or max(n.lineno for n in yields) < calls[0].lineno:
        return None
    last = body[-1] if runs(module, body[-1], CLOSE) and is_bare(body[-1]) else None
    schemas = is_schemas(module, body[init + 1])
    return Located((function,), init, schemas, init + 1, close=last)


def _located(module: Module, function: ast.AsyncFunctionDef) -> Located:
    calls = [node for node in own_nodes(function) if set_up(module, node, OPENS)]
    others = (node for node in own_nodes(function) if set_up(module, node, CONTEXTS))
    if len(calls) != 1 or any(others):
        raise UnclearError("the ORM is set up more than once, or in a nested function")
    owners = _owners(module, function, calls[0])
    block = owners[-1].body
    init = next(i for i, s in enumerate(block) if calls[0] in ast.walk(s))
    opener = _direct(module, block[init], OPENS, "what sets up the ORM")
    pause = _pause(function, block, init)
    for handler in (h for owner in owners if isinstance(owner, ast.Try) for h in owner.handlers):
        if any(isinstance(node, ast.Await) for node in ast.walk(handler)):
            raise UnclearError("an except clause would run after the connections are closed")
    schemas = not (opener and opener.schemas) and is_schemas(module, block[init + 1])
    if schemas and opener and opener.others:
        schemas = False
    return _closed(module, function, Located(owners, init, schemas, pause, opener))


def _owners(module: Module, function: FunctionNode, call: ast.AST) -> tuple[Owner, ...]:
    """The compound statements around a call, the function first."""
    found: list[Owner] = []
    inner = call
    for outer in module.ancestors(call):
        if not isinstance(outer, ast.stmt | ast.excepthandler | ast.match_case):
            continue
        if isinstance(inner, ast.stmt):
            if not isinstance(outer, Owner) or inner not in outer.body:
                raise UnclearError("the ORM is set up under a condition")
            found.append(outer)
        if outer is function:
            return tuple(reversed(found))
        inner = outer
    raise UnclearError("the ORM is set up in a nested function")


def _direct(module: Module, statement: ast.stmt, names: frozenset[str], what: str) -> Helper | None:
    """The helper that a statement runs; None for a call of the ORM's own. Raises UnclearError."""
    if runs(module, statement, names):
        return None
    helper = helper_of(module, statement, names)
    if isinstance(helper, Helper):
        return helper
    line = f"{what} (line {statement.lineno}) is not a statement of its own in the lifespan"
    raise UnclearError(helper or line)


def _pause(function: FunctionNode, block: Sequence[ast.stmt], init: int) -> int:
    """The index of the statement that yields, which must come after the call."""
    nodes = list(own_nodes(function))
    yields = [n for n in nodes if isinstance(n, ast.Yield)]
    if len(yields) != 1 or any(isinstance(n, ast.YieldFrom) for n in nodes):
        raise UnclearError("the lifespan does not yield exactly once")
    if any(isinstance(node, ast.Return) for node in nodes):
        raise UnclearError("the lifespan returns")
    for index, statement in enumerate(block[init + 1 :], init + 1):
        if yields[0] in ast.walk(statement):
            if not _holds(statement, yields[0]):
                raise UnclearError("the lifespan yields under a condition")
            return index
    raise UnclearError("the ORM is set up in a try or with that ends before the yield")


def _holds(statement: ast.stmt, found: ast.Yield) -> bool:
    """Whether a statement is the ``yield``, or runs it always and once in its body."""
    if isinstance(statement, ast.Expr) and statement.value is found:
        return True
    if isinstance(statement, ast.Try | ast.With | ast.AsyncWith):
        return any(_holds(inner, found) for inner in statement.body)
    return False


# Closing


def _closed(module: Module, function: FunctionNode, found: Located) -> Located:
    """The parts with the statement that closes the connections, if there is one."""
    calls = [node for node in own_nodes(function) if set_up(module, node, CLOSE)]
    if not calls:
        return found
    if len(calls) > 1:
        raise UnclearError("the connections are closed more than once")
    statements = [s for s in ast.walk(function) if isinstance(s, ast.stmt)]
    close = next((s for s in statements if _runs(s, calls[0])), None)
    if close is None:
        raise UnclearError("what closes the connections is not a statement of its own")
    closer = _direct(module, close, CLOSE, "what closes the connections")
    if closer is None and not is_bare(close):
        raise UnclearError("the connections are closed in a way of their own")
    return replace(found, close=close, closer=closer, finally_of=_finally_of(found, close))


def _runs(statement: ast.stmt, call: ast.AST) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Await) and value.value is call


def _finally_of(found: Located, close: ast.stmt) -> ast.Try | None:
    """The ``try`` whose ``finally`` closes the connections; None where the block does."""
    block, outer = found.block, found.owners[-1]
    if close in block[found.pause + 1 :]:
        return None
    inner = block[found.pause]
    if isinstance(inner, ast.Try) and inner.finalbody[-1:] == [close]:
        return inner
    if isinstance(outer, ast.Try) and outer.finalbody == [close]:
        return outer
    if isinstance(outer, ast.Try) and close in outer.finalbody:
        raise UnclearError("the finally that closes the connections does more")
    raise UnclearError(f"the connections are closed at a place of their own (line {close.lineno})")
