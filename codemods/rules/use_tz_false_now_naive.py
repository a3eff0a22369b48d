"""Reports `use_tz=False`, which means something else since 1.0.

What it does
    Reports `use_tz=False` in `Tortoise.init`, `register_tortoise` and `RegisterTortoise`, in a run
    with `--target-version` 1.0 or newer.

Why
    Up to 0.25 datetimes from the database carried a time zone also with `use_tz=False`. Since 1.0
    they carry none, as the name says, and comparing them with one that does raises `TypeError:
    can't compare offset-naive and offset-aware datetimes`. `timezone.now()` is without one as well.

Before
    await Tortoise.init(db_url=DB_URL, modules={"models": ["app.models"]}, use_tz=False)

Use instead
    `use_tz=True`, with the same `timezone`, to get from 1.0 on what 0.25 gave; or leave it, and
    look at every place that compares or subtracts datetimes.

What it leaves alone
    Runs without `--target-version`, since a project on 1.0 may want it so; values that are not
    literal; configurations that are dictionaries.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._migration import canonical_of, gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "1.0.0"
_NAMES = ("init", "register_tortoise", "RegisterTortoise")
_DECIDE = "use_tz=True keeps what 0.25 gave; with False, look at all that compares datetimes"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each setup that turns time zones off."""
    if not module.project.target or gate(module, _SINCE) is not Safety.SAFE:
        return
    for call in module.nodes(ast.Call):
        given = next((one for one in call.keywords if one.arg == "use_tz"), None)
        if given is None or not isinstance(given.value, ast.Constant) or given.value.value:
            continue
        name = canonical_of(module, call.func)
        if name.startswith("tortoise.") and name.rpartition(".")[2] in _NAMES:
            message = f"use_tz=False gives datetimes without a time zone since {_SINCE}"
            span = module.span(given.value)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _DECIDE)


RULE = Rule(
    code="TOR414",
    name="use-tz-false-now-naive",
    summary="`use_tz=False` gives datetimes without a time zone since 1.0",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    triggers=(b"use_tz",),
)
