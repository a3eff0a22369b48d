"""Closes the connections of an application with Tortoise.close_connections.

What it does
    `await connections.close_all()` that a shutdown hook or a lifespan of an application runs,
    itself or through functions of the project, becomes `await Tortoise.close_connections()`.

Why
    From tortoise-orm 1.0 on, `connections` stands for those of the current context and is
    deprecated. `close_all` closes them and leaves the context set up: an application that is
    started again in the same process, as tests do, then fails with `ConfigurationError: Global
    context fallback is already enabled`. And it raises where the startup has set up nothing.

Before
    from tortoise import Tortoise, connections

    @app.on_event("shutdown")
    async def disconnect():
        await connections.close_all()

After
    from tortoise import Tortoise

    @app.on_event("shutdown")
    async def disconnect():
        await Tortoise.close_connections()

When it is safe
    The project requires tortoise-orm 1.0 or newer, the call is passed nothing, and nothing is
    awaited after it, in its function, in those on the way to it or in a later shutdown hook.

What it leaves alone
    Calls in scripts and tests, calls with `discard=`, and hooks that become a lifespan with
    RegisterTortoise, which closes the connections itself (TOR802, TOR404).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport, DropImport
from ..orm.scopes import own_nodes
from ..orm.set_up import set_up
from ..orm.startup import root_of
from ..project.apps import apps, inner_apps, local_names, scopes_around
from ..project.lifespans import lifespans, served_by
from ._base import Finding, Rule
from ._lifespan_names import imported, is_free, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.set_up import SetUp
    from ..project.facts import FunctionNode
    from ..project.module import Module

_CLOSE_ALL = frozenset({"tortoise.connection.connections.close_all"})
_WAITING = ast.Await | ast.Yield | ast.AsyncFor | ast.AsyncWith
_MESSAGE = "connections.close_all() leaves the ORM set up: Tortoise.close_connections() does not"


def find(module: Module) -> Iterator[Finding]:
    """One finding for each call that a lifespan or shutdown hook leads to."""
    if module.project.versions_of(module.path).at_least("tortoise-orm", "1.0") is not True:
        return
    seen: set[ast.Call] = set()
    for function in _closing(module):
        for node in own_nodes(function):
            found = set_up(module, node, _CLOSE_ALL)
            if not isinstance(node, ast.Call) or found is None or found.call in seen:
                continue
            if not _is_last(module, function, node, found):
                continue
            seen.add(found.call)
            edits = tuple(_edits(found))
            if edits:
                span = module.span(node)
                yield Finding(RULE.code, module.path, span, _MESSAGE, edits=edits)


def _closing(module: Module) -> Iterator[FunctionNode]:
    """The lifespans of applications, and the last of their shutdown hooks."""
    for function in lifespans(module):
        if served_by(module, function):
            yield function
    for app in (*apps(module), *inner_apps(module)):
        last = [hook for hook in app.hooks if hook.event == "shutdown"][-1:]
        yield from (hook.function for hook in last if not hook.foreign)


def _is_last(module: Module, function: FunctionNode, call: ast.Call, found: SetUp) -> bool:
    """Whether no function on the way to the call awaits or yields something after it."""
    if found.call.args or found.call.keywords:
        return False
    for home, inner in found.through:
        if not _ends(function, call):
            return False
        calls = (n for n in ast.walk(inner) if isinstance(n, ast.Call))
        module, function = home, inner
        call = next(n for n in calls if set_up(module, n, _CLOSE_ALL))
    return _ends(function, call)


def _ends(function: FunctionNode, call: ast.Call) -> bool:
    """Whether a function awaits a call, and nothing after it."""
    waited = [n for n in ast.walk(function) if isinstance(n, _WAITING)]
    mine = [n for n in waited if isinstance(n, ast.Await) and n.value is call]
    return bool(mine) and all(n is mine[0] or n.lineno < mine[0].lineno for n in waited)


def _edits(found: SetUp) -> Iterator[Edit]:
    """The edits of the file that holds the call; none where a name means something else there."""
    home, call = found.module, found.call
    root, path = root_of(call), home.path
    local = frozenset[str]().union(*(local_names(s) for s in scopes_around(home, call)))
    if {root, "Tortoise"} & local or not is_free(home, "tortoise.Tortoise"):
        return
    yield ReplaceExpression(path, home.span(call.func), "Tortoise.close_connections")
    yield AddImport(path, "tortoise", "Tortoise")
    if taken(home, [root]) is None and not path.endswith("__init__.py"):
        for _, one in imported(home):
            if one.name == root:
                yield DropImport(path, one.module, one.attr)


RULE = Rule(
    code="TOR811",
    name="close-in-shutdown",
    summary="closes the connections of an application with `Tortoise.close_connections`",
    find=find,
    since="1.0.0",
    triggers=(b"on_event", b"add_event_handler", b"on_shutdown", b"asynccontextmanager"),
    beyond=True,
)
