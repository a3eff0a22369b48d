"""The edits that let an ``AsyncExitStack`` of a lifespan close what functions below it set up."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._base import Edit, EditError, StatementEdit
from .register_around import documented
from .registration import WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

STACK_CLASS = "AsyncExitStack"
ENTER = "enter_async_context"


@dataclass(frozen=True, slots=True)
class EnterContext(Edit):
    """Makes of the call of ``Tortoise.init`` at ``span`` one that enters ``RegisterTortoise``.

    ``stack.enter_async_context(RegisterTortoise(...))`` is awaited as the call was.

    Attributes:
        stack: The name of the stack.
        arguments: The keywords that the positional arguments are passed by.
        indent: One level of indentation.
        width: The longest line that the call may take before it is broken.
    """

    stack: str
    arguments: tuple[str, ...]
    indent: str = "    "
    width: int = WIDTH

    @property
    def claims(self) -> tuple[str, ...]:
        return ("what it calls",)

    def change(self, node: cst.CSTNode) -> cst.CSTNode:
        from ._exit_stack import entered

        return entered(self, node)

    def mean(self, node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        if len(node.args) > len(self.arguments):
            raise EditError("the edit expects a call of Tortoise.init here")
        named = zip(self.arguments, node.args, strict=False)
        keywords = [*(ast.keyword(name, value) for name, value in named), *node.keywords]
        inner = ast.Call(ast.Name("RegisterTortoise", ast.Load()), [], keywords)
        stack = ast.Name(self.stack, ast.Load())
        return ast.Call(ast.Attribute(stack, ENTER, ast.Load()), [inner], [])


@dataclass(frozen=True, slots=True)
class TakeStack(StatementEdit):
    """Gives the function at ``span`` one more parameter, the last: ``stack: AsyncExitStack``.

    It must not have parameters with defaults, nor such that take any number of arguments.

    Attributes:
        name: The parameter.
    """

    name: str

    @property
    def claims(self) -> tuple[str, ...]:
        return ("last parameter",)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        from ._exit_stack import taking

        return [taking(self, node)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        note = ast.Name(STACK_CLASS, ast.Load())
        node.args.args.append(ast.arg(self.name, note))
        return [ast.fix_missing_locations(node)]


@dataclass(frozen=True, slots=True)
class HoldStack(StatementEdit):
    """Puts the end of the function at ``span`` into ``async with AsyncExitStack() as stack``.

    Attributes:
        name: The stack.
        first: The index of the first statement that comes to stand in it; no docstring.
    """

    name: str
    first: int

    @property
    def claims(self) -> tuple[str, ...]:
        return ("what holds its body",)

    def restate(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        from ._exit_stack import held_by

        return [held_by(self, node)]

    def mean_statements(self, node: ast.stmt) -> list[ast.stmt]:
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if self.first < documented(node):
            raise EditError("the edit expects a statement here")
        around = holding(self.name, node.body[self.first :])
        node.body = [*node.body[: self.first], around]
        return [ast.fix_missing_locations(node)]


def holding(name: str, body: list[ast.stmt]) -> ast.AsyncWith:
    """``async with AsyncExitStack() as name:`` around statements."""
    made = ast.Call(ast.Name(STACK_CLASS, ast.Load()), [], [])
    return ast.AsyncWith([ast.withitem(made, ast.Name(name, ast.Store()))], body)


def given(name: str, statement: ast.stmt) -> ast.stmt:
    """``await f(...)`` with the stack as one more argument of the call."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    call = value.value if isinstance(value, ast.Await) else None
    if not isinstance(call, ast.Call):
        raise EditError("the edit expects an awaited call here")
    call.args.append(ast.Name(name, ast.Load()))
    return statement
