"""Gives a datetime field a clock with a time zone, where its default is one without.

What it does
    `default=datetime.now`, `default=datetime.utcnow` and `default=datetime.today` of a
    `DatetimeField` become `default=timezone.now`, the clock of Tortoise.

Why
    `datetime.now` tells the time of the place where the program runs, and not which place that is.
    Tortoise takes it for the time of the configured zone, UTC by default: in Tokyo every row is
    nine hours late. `datetime.utcnow` is right for UTC alone. The object that was created has no
    zone, and the same one read from the database has: comparing them raises TypeError. Since 1.0
    each row also warns:

        RuntimeWarning: DateTimeField created received a naive datetime while time zone support is
        active.

Before
    created = fields.DatetimeField(default=datetime.utcnow)

After
    created = fields.DatetimeField(default=timezone.now)

When it is safe
    Never: objects that were just created have a time zone then, so that whatever compares them
    with `datetime.now()` has to follow, and rows that are hours off stay so. It is proven that the
    field is a `DatetimeField` and the function one of `datetime`.

What it leaves alone
    Reported, for a hand: files in which `timezone` and `now` mean something else.
    Silently: projects on releases before 0.16.18, which have no such clock; those with
    `use_tz=False`, which may want datetimes without a zone; calls, see default-called-once; other
    fields; `lambda` and functions of the project; field classes with a constructor of their own.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport, DropImport
from ..project.configs import documents_of
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._bound_names import bound_names
from ._field_calls import field_calls, keyword_of
from ._migration import gate, is_older, is_shim, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.index import Project
    from ..project.module import Module

_SINCE = "0.16.18"  #: the first release with ``tortoise.timezone``
_FIELD = "tortoise.fields.DatetimeField"
_CLOCKS = frozenset(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today"))
_CLOCK = "tortoise.timezone.now"
#: The ways in which the clock can be written: the import and the expression.
_WAYS = (("tortoise", "timezone", "timezone.now"), ("tortoise.timezone", "now", "now"))
_OFF = re.compile(rb"\bUSE_TZ\b[^\n,]{0,20}?\b(?:False|0)\b", re.IGNORECASE)
_RESTS = "it rests on nothing comparing new objects with datetimes that have no time zone"
_TAKEN = "timezone and now mean something else in this file: import tortoise.timezone as another"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each default that is a clock without a time zone."""
    if is_older(module, _SINCE) or _is_off(module.project):
        return
    for call, name in field_calls(module, "default"):
        given = keyword_of(call, "default")
        if name != _FIELD or given is None or is_shim(module, call):
            continue
        symbol = symbol_of(module, given.value)
        if isinstance(symbol, External) and symbol.dotted in _CLOCKS:
            yield _finding(module, given.value)


def _is_off(project: Project) -> bool:
    """Whether the project turns time zones off somewhere; searched once."""
    if _is_off not in project.memo:
        contents = map(project.read, (*project.relevant, *documents_of(project)))
        found = (isinstance(data, bytes) and _OFF.search(data) for data in contents)
        project.memo[_is_off] = any(found)
    return bool(project.memo[_is_off])


def _finding(module: Module, clock: ast.expr) -> Finding:
    span, edits = module.span(clock), tuple(_edits(module, clock))
    message = f"default={module.text(clock)} has no time zone, and is taken for the configured one"
    safety, advice = (Safety.UNSAFE, _RESTS) if edits else (Safety.MANUAL, _TAKEN)
    if edits and gate(module, _SINCE) is not Safety.SAFE:
        advice += f", and on a release since {_SINCE}"
    return Finding(RULE.code, module.path, span, message, safety, edits, advice)


def _edits(module: Module, clock: ast.expr) -> Iterator[Edit]:
    """What puts the clock of Tortoise in the place of another; nothing where no name is free."""
    for home, name, written in _WAYS:
        symbol = module.project.resolve(module.path, written)
        known = symbol == External(_CLOCK) and name in module.facts.imports
        if known if name in bound_names(module) else not module.facts.stars:
            yield ReplaceExpression(module.path, module.span(clock), written)
            yield AddImport(module.path, home, name)
            yield from _drops(module, clock)
            return


def _drops(module: Module, clock: ast.expr) -> Iterator[DropImport]:
    """What lets the import of the old clock go, if nothing else uses it."""
    root = clock
    while isinstance(root, ast.Attribute):
        root = root.value
    for one in module.facts.imports.get(root.id, ()) if isinstance(root, ast.Name) else ():
        yield DropImport(module.path, "." * one.level + one.module, one.attr)


RULE = Rule(
    code="TOR124",
    name="naive-default-factory",
    summary="gives a datetime field a clock with a time zone, where its default has none",
    safety=Safety.UNSAFE,
    since="0.16.18",
    find=find,
    pattern=rb"\bdefault\s*=\s*[\w.]+",
)
