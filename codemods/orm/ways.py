"""The way from a hook or a lifespan to the one call that sets up the ORM, and who else takes it."""

from __future__ import annotations

import ast
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from ..project.apps import meaning
from ..project.facts import FunctionNode
from ..project.function_uses import names_event, uses
from ..project.model_targets import is_test
from ..project.namings import mentions, modules_with
from ..project.symbols import Class, External, Function, Variable
from .scopes import COMPREHENSIONS, own_nodes
from .set_up import function_of, set_up, symbol_of
from .startup import CLOSE, INIT, is_called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_REPEATING = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSIONS)
#: What may hold the name of a function for ``getattr``, or pass it to ``patch`` by a keyword.
_LISTING = (ast.List, ast.Tuple, ast.Set, ast.keyword)
_BRANCHING = (ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.ExceptHandler)
_LEAVING = (ast.Return, ast.Break, ast.Continue)
_GETTERS = frozenset({"methodcaller", "attrgetter"})
_NESTING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Step(NamedTuple):
    """A call on the way, and the function whose body holds it."""

    module: Module
    function: FunctionNode
    call: ast.Call

    @property
    def place(self) -> str:
        """Where the call is."""
        return f"{self.module.path}:{self.call.func.lineno}"


def way_from(module: Module, function: FunctionNode) -> tuple[Step, ...] | str:
    """The steps from a function to ``Tortoise.init``, or why they cannot be told, as a clause.

    Each but the last calls a function of the project; all are awaited, once at the most.
    """
    steps: list[Step] = []
    while True:
        calls = [n for n in ast.walk(function) if isinstance(n, ast.Call) and set_up(module, n)]
        if len(calls) != 1:
            return "the ORM is set up more than once"
        step = Step(module, function, calls[0])
        reason = _odd(step) or ("" if not steps else _closes(step))
        if reason:
            return reason
        steps.append(step)
        inner = None if is_called(module, calls[0], INIT) else function_of(module, calls[0])
        if inner is None:
            return tuple(steps)
        module, function = inner


def _odd(step: Step) -> str:
    """Why a call may run more than once, in another task, or give more than is seen."""
    module, call = step.module, step.call
    where = f"({step.place})"
    outer = module.parent(call)
    last = is_called(module, call, INIT)
    if not isinstance(outer, ast.Await) or (
        last and not isinstance(module.parent(outer), ast.Expr)
    ):
        return f"what sets up the ORM {where} is not awaited in a statement of its own"
    for around in module.ancestors(call):
        if around is step.function:
            break
        if isinstance(around, _REPEATING):
            return f"the ORM is set up in a loop {where}"
        if isinstance(around, _NESTING):
            return f"the ORM is set up in a nested function {where}"
    return ""


def _closes(step: Step) -> str:
    """Whether a function on the way closes the connections, too, or is no plain coroutine."""
    name, nodes = step.function.name, list(ast.walk(step.function))
    if any(set_up(step.module, node, CLOSE) for node in nodes):
        return f"{name} also closes connections"
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        return f"{name} is a generator"
    return ""


def may_be_missed(way: tuple[Step, ...]) -> bool:
    """Whether functions on a way may end without an error before they set up the ORM."""
    return any(_is_branch(step) for step in way)


def _is_branch(step: Step) -> bool:
    """Whether a call stands under a condition, or after a statement that may leave the function."""
    module, call = step.module, step.call
    around = list(takewhile(lambda one: one is not step.function, module.ancestors(call)))
    orelse = {id(one) for node in around if isinstance(node, ast.Try) for one in node.orelse}
    leaving = (n for n in own_nodes(step.function) if isinstance(n, _LEAVING))
    return any(isinstance(node, _BRANCHING) or id(node) in orelse for node in around) or any(
        node.lineno < call.lineno for node in leaving
    )


def other_uses(step: Step, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """The places, as ``path:line``, that may use the function of a step besides the known ones.

    Imports that pass it on are none; what uses it through them is.
    """
    module, function = step.module, step.function
    owner = module.parent(function)
    if isinstance(owner, ast.ClassDef):
        if module.parent(owner) is not module.tree:
            yield f"{module.path}:{function.lineno}"
        symbol = Function(module.path, f"{owner.name}.{function.name}")
        yield from (p for p in _method_uses(module, symbol, function.name) if p not in known)
        return
    named = set[str]()
    if owner is module.tree:
        found = mentions(module.project, Function(module.path, function.name))
        named = {f"{other.path}:{node.lineno}" for other, node in found}
    imports = _imports(module, function.name)
    places = (place for place in uses(module, function) if place not in imports)
    yield from sorted({*named, *places, *_spelled(module, function.name)} - known)


def _imports(module: Module, name: str) -> frozenset[str]:
    """The lines of imports that name a function."""
    return frozenset(
        f"{other.path}:{node.lineno}"
        for other in modules_with(module.project, name)
        for node in other.nodes(ast.ImportFrom)
        if any(alias.name == name for alias in node.names)
    )


def _method_uses(module: Module, symbol: Function, name: str) -> Iterator[str]:
    """The places that may use a method: of objects that are not known, and in strings as well."""
    for other in modules_with(module.project, name):
        for node in other.nodes(ast.Attribute):
            if node.attr == name and symbol_of(other, node) in (symbol, None):
                yield f"{other.path}:{node.lineno}"
        if is_test(other.path):
            yield from (f"{other.path}:{fake.lineno}" for fake in _fakes(other, name))
    yield from _spelled(module, name)


def _fakes(module: Module, name: str) -> Iterator[FunctionNode]:
    """The methods of a name in a file of tests, whose objects may stand for others."""
    for cls in module.nodes(ast.ClassDef):
        for node in cls.body:
            if isinstance(node, FunctionNode) and node.name == name:
                yield node


def _spelled(module: Module, name: str) -> Iterator[str]:
    """The strings that may name a function, as ``patch`` and ``setattr`` take them."""
    for other in modules_with(module.project, name):
        for node in other.nodes(ast.Constant):
            text = node.value if isinstance(node.value, str) else ""
            if text == name and not names_event(other, node):
                outer = other.parent(node)
                if isinstance(outer, _LISTING) or _takes_names(outer):
                    yield f"{other.path}:{node.lineno}"
            elif text.endswith((f".{name}", f":{name}")):
                yield f"{other.path}:{node.lineno}"
        for call in other.nodes(ast.Call):  # as patch.multiple(module, name=...)
            known = call.args and isinstance(meaning(other, call.func), External)
            if known and any(keyword.arg == name for keyword in call.keywords):
                yield f"{other.path}:{call.lineno}"


def _takes_names(node: ast.AST | None) -> bool:
    """Whether a node is a call that may look up what a string among its arguments names."""
    func = node.func if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or len(node.args) > 1:
        return isinstance(node, ast.Call)
    return getattr(func, "attr", getattr(func, "id", "")) in _GETTERS


def is_exchanged(step: Step) -> str:
    """The object whose method a step calls, where another may take its place; else nothing."""
    func = step.call.func
    owner = func.value if isinstance(func, ast.Attribute) else None
    symbol = symbol_of(step.module, owner) if owner is not None else None
    if not isinstance(symbol, Variable):
        return ""
    facts = step.module.project.facts(symbol.path)
    alone = facts and facts.bindings.get(symbol.name) == 1 and symbol.name not in facts.rebound
    return "" if alone else symbol.name


def overridden(step: Step) -> str:
    """The class of the project whose method that of a step stands for; empty if there is none."""
    module, owner = step.module, step.module.parent(step.function)
    for base in owner.bases if isinstance(owner, ast.ClassDef) else ():
        symbol = meaning(module, base)
        if isinstance(symbol, Class) and module.project.member(symbol, step.function.name):
            return symbol.name
    return ""
