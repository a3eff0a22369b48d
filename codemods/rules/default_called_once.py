"""Gives a field the function that makes its default, where it was given one value for all rows.

What it does
    `default=uuid4()` and `default=timezone.now()` in the call of a field class become
    `default=uuid4` and `default=timezone.now`, likewise for the functions of `datetime`, `uuid`,
    `time`, `random` and `secrets` that are called without arguments.

Why
    The call runs once, when the models are imported: every row gets the same value until the
    program is started again. Given the function, Tortoise calls it for each row.

Before
    class Order(Model):
        token = fields.UUIDField(default=uuid4())

After
    class Order(Model):
        token = fields.UUIDField(default=uuid4)

When it is safe
    The class is proven to be a field of Tortoise and the function to be one whose values differ
    from call to call. The column loses a default in the database that was that of the last start.
    Unsafe for methods such as `datetime.now` where the project may use 1.0 or newer: Tortoise's
    own `makemigrations` cannot write them into a migration. aerich can. Unsafe also where the
    project makes pydantic classes of models and may use 0.20 or newer: the field is required in
    them then, since only a value becomes their default.

What it leaves alone
    Reported, for a hand: calls with arguments, such as `datetime.now(timezone.utc)`, which need a
    function of their own.
    Silently: functions of the project; parts of larger expressions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import KeepInner
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._field_calls import field_calls, keyword_of
from ._migration import is_older, symbol_of
from ._pydantic import doubt_of_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_METHODS = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)
_FUNCTIONS = frozenset(
    {
        "uuid.uuid1",
        "uuid.uuid4",
        "time.time",
        "random.random",
        "secrets.token_bytes",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "tortoise.timezone.now",
    }
)
_NATIVE = (
    "it rests on the project not using Tortoise's own migrations, since makemigrations cannot "
    "write {name} into one"
)
_OWN = "the call has arguments: write a function that makes it, and pass that"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each default that is computed once for all rows."""
    for call, _ in field_calls(module, "default"):
        given = keyword_of(call, "default")
        if given is not None and isinstance(given.value, ast.Call):
            name = _known(module, given.value.func)
            if name:
                yield _finding(module, given.value, name)


def _known(module: Module, node: ast.expr) -> str:
    """The full name of a function whose values differ from call to call; empty for any other."""
    symbol = symbol_of(module, node)
    name = symbol.dotted if isinstance(symbol, External) else ""
    return name if name in _METHODS or name in _FUNCTIONS else ""


def _finding(module: Module, made: ast.Call, name: str) -> Finding:
    span = module.span(made)
    message = f"default={module.text(made)} is computed once, when the models are imported"
    if made.args or made.keywords:
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _OWN)
    edits = (KeepInner(module.path, span, module.span(made.func)),)
    doubt = doubt_of_function(module)
    if name in _METHODS and not is_older(module, "1.0.0"):
        native = _NATIVE.format(name=module.text(made.func))
        doubt = f"{native}; {doubt}" if doubt else native
    safety = Safety.UNSAFE if doubt else Safety.SAFE
    return Finding(RULE.code, module.path, span, message, safety, edits, doubt)


RULE = Rule(
    code="TOR123",
    name="default-called-once",
    summary="gives a field the function that makes its default, not one value for all rows",
    find=find,
    pattern=rb"\bdefault\s*=\s*[\w.]+\s*\(",
)
