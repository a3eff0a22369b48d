"""The walk over the statements of a scope: what every local name is at each point.

Branches are joined, and loops are walked until nothing changes any more. What is recorded for an
expression holds on every path that reaches it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..project.symbols import External
from ..project.walk import walk
from . import api
from ._context import Types
from ._elements import element
from ._expressions import Expressions
from ._locals import Locals, Loop
from ._names import Names
from ._narrow import of_class
from ._parameters import parameters_of
from ._simple import Simple
from .calls import Calls
from .environment import Env, meet, merge
from .members import Members
from .origins import place
from .sharing import is_fresh
from .types import NONE, UNKNOWN, Client, Foreign, Plain, Reference, Type, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._context import Context

Step = Callable[[Env], Env | None]
_Repeated = ast.For | ast.AsyncFor | ast.While

TRANSACTION = "tortoise.transactions.in_transaction"
_ROUNDS = 6


class Flow:
    """The walk over one scope."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._types: dict[ast.AST, Type] = {}
        self._returned: Type | None = None
        self._local = Locals(context.module, context.scope, self._types)
        names = Names(context, self._local)
        calls = Calls(context)
        members = Members(context, names.of_symbol, calls)
        self._expressions = Expressions(self._types, self._local, names, members, calls)
        self._simple = Simple(context, self._local, names, self._expressions)
        self._visit = self._expressions.visit

    def run(self) -> Types:
        """Walk the scope from its first statement on."""
        scope = self._context.scope
        given = {} if isinstance(scope, ast.Module) else parameters_of(self._context, scope)
        if self._block(scope.body, self._local.entry(given)) is not None:
            self._result(NONE)
        returned = UNKNOWN if self._returned is None else self._returned
        return Types(self._types, returned, self._context.depths)

    def _block(self, body: Iterable[ast.stmt], env: Env | None) -> Env | None:
        """Walk statements from ``env`` on; the environment after them, None if they leave."""
        for statement in body:
            if env is None:
                return None
            handler = _HANDLERS.get(statement.__class__)
            if handler is None:
                env = self._simple.run(statement, env)
            else:
                env = handler(self, statement, env)
        return env

    # Leaving

    def _return(self, node: ast.Return, env: Env) -> None:
        self._result(self._visit(node.value, env) if node.value else NONE)

    def _result(self, value: Type) -> None:
        self._returned = value if self._returned is None else join(self._returned, value)

    def _raise(self, node: ast.Raise, env: Env) -> None:
        self._simple.run(node, env)

    def _break(self, _node: ast.Break, env: Env) -> None:
        for loop in self._local.loops[-1:]:  # outside of a loop the file does not compile
            loop.broken = merge(loop.broken, env)

    def _continue(self, _node: ast.Continue, env: Env) -> None:
        for loop in self._local.loops[-1:]:
            loop.continued = merge(loop.continued, env)

    # Branches

    def _if(self, node: ast.If, env: Env) -> Env | None:
        self._visit(node.test, env)
        yes = self._block(node.body, self._expressions.narrowed(node.test, dict(env), True))
        no = self._block(node.orelse, self._expressions.narrowed(node.test, env, False))
        return merge(yes, no)

    def _match(self, node: ast.Match, env: Env) -> Env | None:
        self._visit(node.subject, env)
        end: Env | None = None
        for case in node.cases:
            # What a pattern, or its guard, has bound stays bound where the case is left after all.
            for name in _captures(case.pattern):
                self._local.bind(env, name, UNKNOWN)
            inside = self._matched(node.subject, case.pattern, dict(env))
            if case.guard is not None:
                self._visit(case.guard, inside)
                meet(env, inside)
            end = merge(end, self._block(case.body, inside))
        return merge(end, env)

    def _matched(self, subject: ast.expr, pattern: ast.pattern, env: Env) -> Env:
        """``env`` where a pattern that names a class has matched; changed in place."""
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None and pattern.name:
            self._matched(ast.Name(pattern.name, ast.Load()), pattern.pattern, env)
            return self._matched(subject, pattern.pattern, env)
        if isinstance(pattern, ast.MatchClass):
            of_class(env, subject, self._visit(pattern.cls, env), self._local.shared)
        return env

    # Loops

    def _while(self, node: ast.While, env: Env) -> Env | None:
        def once(current: Env) -> Env | None:
            self._visit(node.test, current)
            return self._block(node.body, self._expressions.narrowed(node.test, current, True))

        def leave(current: Env) -> Env | None:
            if isinstance(node.test, ast.Constant) and bool(node.test.value):
                return None
            self._visit(node.test, current)
            return self._expressions.narrowed(node.test, current, False)

        return self._loop(node, env, once, leave)

    def _for(self, node: ast.For | ast.AsyncFor, env: Env) -> Env | None:
        iterated = self._visit(node.iter, env)
        each = element(node.iter, iterated, isinstance(node, ast.AsyncFor))

        def once(current: Env) -> Env | None:
            found = UNKNOWN if node in self._local.spoiled else each
            self._local.link([node.target], node.iter, found, current)
            self._expressions.assign(current, node.target, found)
            return self._block(node.body, current)

        return self._loop(node, env, once, lambda current: current)

    def _loop(self, node: _Repeated, env: Env, once: Step, leave: Step) -> Env | None:
        """Walk the body until the types at its head no longer change."""
        head, loops, spoilt = env, self._local.loops, self._local.spoiled
        for round_ in range(_ROUNDS + 1):
            if round_ == _ROUNDS:
                head = dict.fromkeys(head, UNKNOWN)
            loop, known = self._begun(node, env), len(spoilt)
            loops.append(loop)
            end = merge(once(dict(head)), loop.continued)
            loops.pop()
            widened = merge(head, end) or head
            if widened == head and len(spoilt) == known:
                break
            head = widened
        return merge(self._block(node.orelse, leave(dict(head))), loop.broken)

    def _begun(self, node: _Repeated, env: Env) -> Loop:
        """A loop at the beginning of a round, with the names whose lists it iterates over."""
        if isinstance(node, ast.While) or is_fresh(node.iter, self._types[node.iter]):
            return Loop()
        return Loop(node, frozenset(self._local.holders(node.iter, env)))

    # Blocks that may be left at any time

    def _with(self, node: ast.With | ast.AsyncWith, env: Env) -> Env | None:
        before, swallows = dict(env), False
        for item in node.items:
            value = self._visit(item.context_expr, env)
            transaction = self._is_transaction(item.context_expr)
            swallows = swallows or not transaction
            if item.optional_vars is not None:
                # What other libraries' context managers give is theirs as well.
                entered = value if isinstance(value, Foreign) else UNKNOWN
                client = Client(place(item.context_expr)) if transaction else entered
                self._expressions.assign(env, item.optional_vars, client)
        if not swallows:
            return self._block(node.body, env)
        # A context manager of unknown kind may end its block's exception: then anything the block
        # had bound until then is what the code behind it sees.
        meet(before, env)
        end = self._attempted(node.body, env, before)
        return merge(end, before)

    def _is_transaction(self, node: ast.expr) -> bool:
        """Whether an expression calls ``in_transaction``."""
        called = self._types.get(node.func) if isinstance(node, ast.Call) else None
        symbol = called.symbol if isinstance(called, Reference) else None
        return isinstance(symbol, External) and api.canonical(symbol.dotted) == TRANSACTION

    def _attempted(self, body: list[ast.stmt], env: Env, anywhere: Env) -> Env | None:
        """Walk a block; ``anywhere`` takes in all that its names have been."""
        self._local.attempts.append(anywhere)
        end = self._block(body, env)
        self._local.attempts.pop()
        return end

    def _try(self, node: ast.Try, env: Env) -> Env | None:
        anywhere = dict(env)
        self._local.attempts.append(anywhere)
        end = self._before_finally(node, env)
        self._local.attempts.pop()
        if not node.finalbody:
            return end
        final = self._block(node.finalbody, merge(anywhere, end))
        self._leave_through(node.finalbody, final)
        return None if end is None else final

    def _before_finally(self, node: ast.Try, env: Env) -> Env | None:
        """The parts of a ``try`` before its ``finally``."""
        attempt = dict(env)
        end = self._block(node.orelse, self._attempted(node.body, env, attempt))
        for handler in node.handlers:
            caught = dict(attempt)
            if handler.type is not None:
                self._visit(handler.type, caught)
            if handler.name:
                self._local.bind(caught, handler.name, Plain("exception"))
            end = merge(end, self._block(handler.body, caught))
        return end

    def _leave_through(self, body: list[ast.stmt], final: Env | None) -> None:
        """``break`` and ``continue`` run the ``finally`` that they leave."""
        names = {n.id for s in body for n in walk(s) if isinstance(n, ast.Name)}
        for loop in self._local.loops[-1:] if final else ():
            for env in filter(None, (loop.broken, loop.continued)):
                for name in names & env.keys():
                    env[name] = join(env[name], (final or {}).get(name, UNKNOWN))


def _captures(pattern: ast.pattern) -> Iterator[str]:
    """The names that a pattern binds."""
    for node in walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        if isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


_HANDLERS: Mapping[type[ast.AST], Callable[[Flow, Any, Env], Env | None]] = {
    ast.Return: Flow._return,
    ast.Raise: Flow._raise,
    ast.Break: Flow._break,
    ast.Continue: Flow._continue,
    ast.If: Flow._if,
    ast.Match: Flow._match,
    ast.While: Flow._while,
    ast.For: Flow._for,
    ast.AsyncFor: Flow._for,
    ast.With: Flow._with,
    ast.AsyncWith: Flow._with,
    ast.Try: Flow._try,
    getattr(ast, "TryStar", ast.Try): Flow._try,  # from Python 3.11 on
}
