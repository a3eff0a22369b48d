"""Imports from `pypika_tortoise`, the package that Tortoise has built its SQL with since 0.24.

What it does
    `from pypika.terms import Function`, in a file that also imports from Tortoise, becomes `from
    pypika_tortoise.terms import Function`.

Why
    Up to 0.23 the package came with the library under the name `pypika`. Since 0.24 it is called
    `pypika_tortoise`: `ModuleNotFoundError: No module named 'pypika'`. Objects of the PyPika that
    can be installed by itself do not work in Tortoise's queries.

Before
    from pypika.terms import Function

After
    from pypika_tortoise.terms import Function

When it is safe
    It is unsafe: with `--unsafe` it is applied in files that import from Tortoise, where every
    release that the project allows is 0.24.0 or newer. It rests on the project not using PyPika
    itself.

What it leaves alone
    Reported, for a hand: `import pypika`.
    Silently: files without Tortoise; modules of PyPika that the other package does not have;
    imports in a `try` statement that counts on a missing name, and in branches on a version.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.import_moves import MoveNames
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.24.0"
_OLD, _NEW = "pypika", "pypika_tortoise"
_MODULES = ("", ".analytics", ".enums", ".functions", ".queries", ".terms", ".utils")
_RESTS = "it rests on the project not using the package PyPika itself"
_BY_HAND = f"import {_NEW} instead, unless the project uses the package PyPika itself"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import of the package under its old name."""
    if gate(module, _SINCE) is not Safety.SAFE or not _imports_tortoise(module):
        return
    message = f"{_OLD} is called {_NEW} since {_SINCE}, so that the import fails"
    for node in module.nodes(ast.ImportFrom):
        path = node.module or ""
        if node.level == 0 and path in {f"{_OLD}{one}" for one in _MODULES}:
            names = tuple(have.name for have in node.names)
            if names != ("*",) and not is_shim(module, node):
                home, span = path.replace(_OLD, _NEW, 1), module.span(node)
                edits = (MoveNames(module.path, span, names, home),)
                yield Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)
    for plain in module.nodes(ast.Import):
        known = any(have.name.partition(".")[0] == _OLD for have in plain.names)
        if known and not is_shim(module, plain):
            span = module.span(plain)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BY_HAND)


def _imports_tortoise(module: Module) -> bool:
    found = (one for several in module.facts.imports.values() for one in several)
    return any(one.level == 0 and one.module.partition(".")[0] == "tortoise" for one in found)


RULE = Rule(
    code="TOR012",
    name="pypika-package",
    summary="imports from `pypika_tortoise`, as the package is called since 0.24",
    safety=Safety.UNSAFE,
    since="0.24.0",
    find=find,
    triggers=(b"pypika",),
)
