"""Reports register_tortoise for a Starlette that no longer has what it needs.

What it does
    Reports calls of `register_tortoise` of `tortoise.contrib.starlette` in projects that use
    starlette 1.0 or newer with a tortoise-orm before 1.1.9.

Why
    Before 1.1.9, it registers hooks with `app.on_event`, which Starlette 1.0 has taken away: it
    raises AttributeError when the application is built.

Before
    register_tortoise(app, config=TORTOISE_ORM)

After
    @asynccontextmanager
    async def lifespan(app: Starlette):
        await Tortoise.init(config=TORTOISE_ORM)
        yield
        await Tortoise.close_connections()

When it is safe
    Never applied: the better way is to require tortoise-orm 1.1.9, where the call works again.

What it leaves alone
    Projects for which one of the two versions is not certain.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.startup import is_called
from ._base import Finding, Rule, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_REGISTER = frozenset({"tortoise.contrib.starlette.register_tortoise"})
_SINCE = "1.1.9"
_MESSAGE = f"register_tortoise of tortoise-orm before {_SINCE} needs hooks that Starlette 1.0 lacks"
_ADVICE = f"require tortoise-orm>={_SINCE}"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each call."""
    versions = module.project.versions_of(module.path)
    if versions.at_least("tortoise-orm", _SINCE) is not False:
        return
    if versions.at_least("starlette", "1.0") is not True:
        return
    for call in module.nodes(ast.Call):
        if is_called(module, call, _REGISTER):
            span = module.span(call)
            yield Finding(RULE.code, module.path, span, _MESSAGE, Safety.MANUAL, advice=_ADVICE)


RULE = Rule(
    code="TOR808",
    name="contrib-starlette-old",
    summary="reports register_tortoise for a Starlette that lacks what it needs",
    find=find,
    safety=Safety.MANUAL,
    triggers=(b"register_tortoise",),
)
