"""Calls that set up or close the ORM, themselves or through a function of the project."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..project.apps import assigned, local_names, meaning
from ..project.facts import FunctionNode
from ..project.module import Module
from ..project.symbols import Class, Function, Symbol, Variable
from ..source import Fault
from .startup import CLOSE, INIT, REGISTERS, is_bare, is_called, is_schemas, runs

_DEPTH = 3
_INIT = "Tortoise.init"
_SPOKEN = frozenset({"print", "info", "debug", "warning", "success"})


@dataclass(frozen=True, slots=True)
class SetUp:
    """A call that sets up the ORM, or closes it.

    Attributes:
        call: The call of the ORM's own function.
        module: The file that holds it.
        through: The functions of the project on the way to it, the outermost first.
    """

    call: ast.Call
    module: Module
    through: tuple[tuple[Module, FunctionNode], ...] = ()

    @property
    def name(self) -> str:
        """The ORM's function, as users know it."""
        return "register_tortoise" if is_called(self.module, self.call, REGISTERS) else _INIT

    @property
    def where(self) -> str:
        """The innermost function and the place of the call, for a message."""
        name = self.through[-1][1].name if self.through else "the function"
        return f"{name} ({self.module.path}:{self.call.lineno})"


def set_up(module: Module, node: ast.AST, names: frozenset[str] = INIT) -> SetUp | None:
    """What a call does to the ORM: whether it is, or leads to, one of the ORM's functions."""
    return _followed(module, node, names, _DEPTH)


def _followed(module: Module, node: ast.AST, names: frozenset[str], depth: int) -> SetUp | None:
    if not isinstance(node, ast.Call):
        return None
    if is_called(module, node, names):
        return SetUp(node, module)
    found = function_of(module, node) if depth else None
    if found is None:
        return None
    home, function = found
    for inner in ast.walk(function):
        result = _followed(home, inner, names, depth - 1)
        if result is not None:
            return SetUp(result.call, result.module, (found, *result.through))
    return None


def function_of(module: Module, call: ast.Call) -> tuple[Module, FunctionNode] | None:
    """The function or method of the project that a call runs, where that is certain."""
    symbol = symbol_of(module, call.func)
    if not isinstance(symbol, Function):
        return None
    home = module.project.module(symbol.path)
    if isinstance(home, Fault):
        return None
    body: list[ast.stmt] = home.tree.body
    *classes, name = symbol.qualname.split(".")
    for part in classes:
        inner = [n for n in body if isinstance(n, ast.ClassDef) and n.name == part]
        if len(inner) != 1:
            return None
        body = inner[0].body
    found = [n for n in body if isinstance(n, FunctionNode) and n.name == name]
    return (home, found[0]) if len(found) == 1 else None


def symbol_of(module: Module, node: ast.expr) -> Symbol | None:
    """What a dotted expression means, the methods of an object whose class is seen included."""
    symbol = meaning(module, node)
    if symbol is not None or not isinstance(node, ast.Attribute):
        return symbol
    home, made = _made(module, node.value)
    cls = meaning(home, made.func) if isinstance(made, ast.Call) else None
    return module.project.member(cls, node.attr) if isinstance(cls, Class) else None


def _made(module: Module, owner: ast.expr) -> tuple[Module, ast.expr | None]:
    """The file and the expression that make an object: the only value of its variable."""
    symbol = meaning(module, owner)
    if isinstance(symbol, Variable):
        home = module.project.module(symbol.path)
        if isinstance(home, Module):
            values = [v for name, v in map(assigned, home.tree.body) if name == symbol.name]
            return home, values[0] if len(values) == 1 else None
    if not isinstance(owner, ast.Name):
        return module, owner
    scope = module.scope(owner)
    named = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == owner.id]
    values = [v for name, v in map(assigned, ast.walk(scope)) if name == owner.id]
    once = sum(not isinstance(n.ctx, ast.Load) for n in named) == 1 == len(values)
    local = isinstance(scope, FunctionNode) and owner.id in local_names(scope)
    taken = isinstance(scope, FunctionNode) and owner.id in {
        a.arg for a in ast.walk(scope.args) if isinstance(a, ast.arg)
    }
    return module, values[0] if once and local and not taken else None


@dataclass(frozen=True, slots=True)
class Helper:
    """A function of the project that does nothing but set up or close the ORM, and say so.

    Attributes:
        module: Its file.
        function: The function.
        at: The index in its body of the statement that does it.
        schemas: Whether the statement after it generates the schemas.
    """

    module: Module
    function: FunctionNode
    at: int
    schemas: bool = False

    @property
    def statement(self) -> ast.stmt:
        """The statement that does it."""
        return self.function.body[self.at]

    @property
    def others(self) -> list[ast.stmt]:
        """What the body holds besides."""
        skipped = {self.at, self.at + 1 if self.schemas else self.at}
        return [s for i, s in enumerate(self.function.body) if i not in skipped]


def helper_of(module: Module, statement: ast.stmt, names: frozenset[str]) -> Helper | str | None:
    """The helper that ``await f()`` runs, or why it is none.

    None where the statement does not lead to one of the ORM's functions.
    """
    for node in ast.walk(statement):
        found = set_up(module, node, names)
        if found is not None and found.through:
            break
    else:
        return None
    reason = _not_plain(statement, node, found)
    home, function = found.through[0]
    at = next((i for i, s in enumerate(function.body) if runs(home, s, names)), -1)
    if reason or at < 0:
        what = "the connections are closed" if names is CLOSE else f"{found.name} is called"
        return f"{what} in {found.where}{reason or ', inside another statement'}"
    schemas = names is not CLOSE and any(
        is_schemas(home, s) for s in function.body[at + 1 : at + 2]
    )
    helper = Helper(home, function, at, schemas)
    if names is CLOSE and not is_bare(helper.statement):
        return f"{function.name} closes the connections in a way of its own"
    if not all(_is_minor(s, s is function.body[0]) for s in helper.others):
        return f"{function.name} ({home.path}:{function.lineno}) does more than set up the ORM"
    return helper


def _not_plain(statement: ast.stmt, node: ast.AST, found: SetUp) -> str:
    """Why the call of a helper cannot be replaced by its body; empty if it can."""
    home, function = found.through[0]
    value = statement.value if isinstance(statement, ast.Expr) else None
    awaited = isinstance(value, ast.Await)
    if not isinstance(node, ast.Call) or (value.value if awaited else value) is not node:  # type: ignore[union-attr]
        return ", whose call is not a statement of its own"
    if len(found.through) > 1:
        return ", two functions away"
    if home.parent(function) is not home.tree:
        return ", a method"
    if isinstance(function, ast.AsyncFunctionDef) != awaited or function.decorator_list:
        return ", which is not a plain function"
    return _mistaken(node, function, found)


def _mistaken(call: ast.Call, function: FunctionNode, found: SetUp) -> str:
    """Why what a helper is passed cannot be replaced; empty where it is nothing, or the app."""
    given = function.args
    names = [*given.posonlyargs, *given.args]
    others = [*given.kwonlyargs, *call.keywords, *(a for a in (given.vararg, given.kwarg) if a)]
    if not names and not call.args and not others:
        return ""
    if others or len(names) != 1 or len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
        return ", which takes arguments"
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == names[0].arg]
    return "" if uses == found.call.args[:1] else ", which takes arguments"


def _is_minor(statement: ast.stmt, first: bool) -> bool:
    """Whether a statement is a docstring, or only says something."""
    if isinstance(statement, ast.Pass):
        return True
    value = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(value, ast.Constant):
        return first
    if not isinstance(value, ast.Call):
        return False
    name = value.func.attr if isinstance(value.func, ast.Attribute) else ""
    name = value.func.id if isinstance(value.func, ast.Name) else name
    inside = [n for a in ast.walk(value) for n in [a] if isinstance(a, ast.Await | ast.NamedExpr)]
    return name in _SPOKEN and not inside
