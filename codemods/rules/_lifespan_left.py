"""Why something is left as it is: the versions, and what ``Tortoise.init`` is passed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from ..orm.startup import REGISTER, REGISTERS, is_called, positional, registered_since
from ..project.namings import is_found
from ..project.versions import Pin
from ._global_fallback import falling_back

if TYPE_CHECKING:
    from ..project.module import Module

#: Where something else is put in the place of what RegisterTortoise calls, as tests do. A string
#: that names it counts in a file that speaks of patches or mocks.
_REPLACED = re.compile(
    rb"\bTortoise\s*,\s*[\"'](?:init|close_connections)[\"']"
    rb"|\bTortoise\.(?:init|close_connections)\s*=(?!=)"
    rb"|\bmultiple\s*\([^)]*\bTortoise\b[^)]*\b(?:init|close_connections)\s*="
    rb"|\A(?=[\s\S]*(?:\b(?:patch|monkeypatch|spy|stub)\b|[Mm]ock))"
    rb"[\s\S]*\bTortoise\.(?:init|close_connections)[\"']"
)
_BY_HAND = "write the lifespan by hand: `async with RegisterTortoise(app, ...): yield`"


class Left(NamedTuple):
    """Why an application is left as it is: a clause, and what to do."""

    reason: str
    advice: str = _BY_HAND


def neither(moved: Left, stacked: Left) -> Left:
    """Why neither of two ways is open: that the call moves, or that it is passed a stack."""
    both_old = _BY_HAND not in (moved.advice, stacked.advice)
    if both_old or stacked.reason in moved.reason:
        return moved
    return Left(f"{moved.reason}, and {stacked.reason}", moved.advice)


def too_old(module: Module, since: str) -> Left | None:
    """Why ``RegisterTortoise``, which exists since a version, cannot be relied on."""
    versions = module.project.versions_of(module.path)
    if versions.at_least("tortoise-orm", since) is True:
        return None
    pin = versions.get("tortoise-orm") or Pin("tortoise-orm")
    advice = f"require tortoise-orm>={since}, or pass --target-version"
    return Left(f"RegisterTortoise needs tortoise-orm {since}; found {pin}", advice)


def refused(module: Module, call: ast.Call, register: str = REGISTER) -> Left | None:
    """What ``Tortoise.init`` is passed that ``RegisterTortoise`` cannot take."""
    if is_found(module, _REPLACED):
        return Left("a file puts something else in the place of what sets up the ORM")
    if is_called(module, call, REGISTERS):
        return None
    place = falling_back(module.project, call)
    if place:
        return Left(f"the ORM is set up for all tasks at {place}, too")
    names = [*positional(), *[""] * len(call.args)][: len(call.args)]
    given = [*names, *(keyword.arg or "" for keyword in call.keywords)]
    if "" in given or any(isinstance(argument, ast.Starred) for argument in call.args):
        return Left("what Tortoise.init is passed cannot be seen")
    if len(set(given)) != len(given):
        return Left("Tortoise.init is passed an argument twice")
    versions = module.project.versions_of(module.path)
    for name in given:
        since = registered_since(name, register)
        if since is None:
            return Left(f"RegisterTortoise takes no {name}, which Tortoise.init is passed")
        if versions.at_least("tortoise-orm", since) is not True:
            reason = f"RegisterTortoise takes {name} only from tortoise-orm {since} on"
            return Left(reason, f"require tortoise-orm>={since}, or pass --target-version")
    return None
