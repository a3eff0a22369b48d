"""Why something is left as it is: the versions, and what ``Tortoise.init`` is passed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ..orm.startup import REGISTER, REGISTERS, is_called, positional, registered_since
from ..project.versions import Pin

if TYPE_CHECKING:
    from ..project.module import Module

_BY_HAND = "write the lifespan by hand: `async with RegisterTortoise(app, ...): yield`"


class Left(NamedTuple):
    """Why an application is left as it is: a clause, and what to do."""

    reason: str
    advice: str = _BY_HAND


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
    if is_called(module, call, REGISTERS):
        return None
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
