"""The call of ``RegisterTortoise`` that takes the place of what set up the ORM before."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ._base import EditError, expression

WIDTH = 88  #: the longest line that a call may take before it is broken


@dataclass(frozen=True, slots=True)
class Registration:
    """How the one call becomes the other.

    Attributes:
        app: The name of the application where it stands; empty where it is not passed.
        arguments: The keywords that the positional arguments of ``Tortoise.init`` are passed by.
        schemas: Whether it generates the schemas.
        lead: The indentation of the statement.
        indent: One level of indentation.
        width: The longest line that the call may take before it is broken.
        without: Keywords of ``register_tortoise`` that are not passed on.
    """

    app: str
    arguments: tuple[str, ...]
    schemas: bool = False
    lead: str = "    "
    indent: str = "    "
    width: int = WIDTH
    without: tuple[str, ...] = ()

    def meant(self, init: ast.stmt) -> ast.expr:
        """The call, for ``await Tortoise.init(...)`` or ``register_tortoise(app, ...)``.

        Raises EditError for other statements.
        """
        value = init.value if isinstance(init, ast.Expr) else None
        if isinstance(value, ast.Call) and value.args:
            name = ast.Name("RegisterTortoise", ast.Load())
            first = [ast.Name(self.app, ast.Load())] if self.app else []
            keywords = [keyword for keyword in value.keywords if keyword.arg not in self.without]
            return ast.Call(name, [*first, *value.args[1:]], keywords)
        call = value.value if isinstance(value, ast.Await) else None
        if not isinstance(call, ast.Call) or len(call.args) > len(self.arguments):
            raise EditError("the edit expects a call of Tortoise.init here")
        named = zip(self.arguments, call.args, strict=False)
        keywords = [ast.keyword(name, value) for name, value in named]
        keywords += call.keywords
        if self.schemas:
            keywords.append(ast.keyword("generate_schemas", expression("True")))
        args: list[ast.expr] = [ast.Name(self.app, ast.Load())] if self.app else []
        return ast.Call(ast.Name("RegisterTortoise", ast.Load()), args, keywords)
