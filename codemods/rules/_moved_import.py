"""Names that a release took out of one module and put into another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.import_moves import MoveNames
from ..edits.imports import ForgetNames, ImportNames
from ..project.facts import imports_of
from ..project.symbols import External
from ._base import Finding, Safety
from ._migration import gate, is_shim, unknown_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..edits._base import Edit
    from ..project.module import Module


def moved(
    module: Module, code: str, since: str, homes: Mapping[str, str], why: str
) -> Iterator[Finding]:
    """Yield a finding for each import of names that are elsewhere now.

    Args:
        module: The file.
        code: The rule's code.
        since: The first release that has the names in their new module.
        homes: The full old names, each with the module to import it from.
        why: What is wrong with the old way, after the names.
    """
    safety = gate(module, since)
    if safety is None:
        return
    for node in module.nodes(ast.ImportFrom):
        for home, names in _by_home(module, node, homes).items():
            if not is_shim(module, node):
                advice = unknown_release(since) if safety is Safety.MANUAL else ""
                edits = () if advice else tuple(_edits(module, node, home, names))
                message = f"import {', '.join(names)} from {home}: {why}"
                yield Finding(code, module.path, module.span(node), message, safety, edits, advice)


def _by_home(
    module: Module, node: ast.ImportFrom, homes: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """The names of an import that are elsewhere, by the module that has them."""
    found: dict[str, tuple[str, ...]] = {}
    for one in imports_of(node) if node.level == 0 else ():
        symbol = module.project.resolve_import(module.path, one)
        home = homes.get(symbol.dotted, "") if isinstance(symbol, External) else ""
        if home:
            found[home] = (*found.get(home, ()), one.attr)
    return found


def _edits(
    module: Module, node: ast.ImportFrom, home: str, names: tuple[str, ...]
) -> Iterator[Edit]:
    """Join the names to an import from their module that stands near, or move them."""
    span, near = module.span(node), _near(module, node, home)
    if near is None:
        yield MoveNames(module.path, span, names, home)
        return
    present = {(have.name, have.asname or "") for have in near.names}
    wanted = [(have.name, have.asname or "") for have in node.names if have.name in names]
    missing = tuple(one for one in wanted if one not in present)
    if missing:
        yield ImportNames(module.path, module.span(near), missing)
    yield ForgetNames(module.path, span, names)


def _near(module: Module, node: ast.ImportFrom, home: str) -> ast.ImportFrom | None:
    """An import of names from a module with nothing but imports between it and another one."""
    body = module.tree.body
    if node not in body:
        return None
    at = body.index(node)
    for index, other in enumerate(body):
        if not isinstance(other, ast.ImportFrom) or other.module != home or other.level:
            continue
        between = body[min(at, index) : max(at, index)]
        plain = other.names[0].name != "*" and other.lineno != node.lineno
        if plain and all(isinstance(one, ast.Import | ast.ImportFrom) for one in between):
            return other
    return None
