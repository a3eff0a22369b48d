"""Closes a `Command` of aerich with `aclose()`, as it is called since 0.9.2.

What it does
    `await command.close()`, where `command` is a `Command` of aerich, becomes `await
    command.aclose()`.

Why
    aerich 0.9.2 gave the method another name. The old one still works, with a
    `DeprecationWarning`.

Before
    command = Command(tortoise_config=TORTOISE_ORM)
    await command.init()
    await command.upgrade()
    await command.close()

After
    command = Command(tortoise_config=TORTOISE_ORM)
    await command.init()
    await command.upgrade()
    await command.aclose()

When it is safe
    The name is bound once, to a `Command` that is proven to be aerich's, and every release of
    aerich that the project allows is 0.9.2 or newer.

What it leaves alone
    Silently: projects that may use an older aerich, or do not name it; objects that are not proven;
    branches on a version, and `try` statements that count on a missing name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import RenameAttribute
from ._aerich_commands import is_command
from ._base import Finding, Rule
from ._migration import is_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.9.2"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each command that is closed under the old name."""
    if not module.project.versions_of(module.path).at_least("aerich", _SINCE):
        return
    for waited in module.nodes(ast.Await):
        func = waited.value.func if isinstance(waited.value, ast.Call) else None
        if not isinstance(func, ast.Attribute) or func.attr != "close" or is_shim(module, waited):
            continue
        if isinstance(func.value, ast.Name) and is_command(module, func.value):
            span = module.span(func)
            edits = (RenameAttribute(module.path, span, "aclose"),)
            message = f"close() of a Command is deprecated since aerich {_SINCE}: aclose()"
            yield Finding(RULE.code, module.path, span, message, edits=edits)


RULE = Rule(
    code="TOR707",
    name="aerich-command-close",
    summary="closes a `Command` of aerich with `aclose()`, as 0.9.2 calls it",
    find=find,
    triggers=(b"aerich",),
)
