"""The imports of models that only the queries in a loop have used."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.imports import DropImport, ForgetNames
from ..orm import scopes
from ..orm.control import within
from ..project.facts import inner_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ._n_plus_one_case import Case


def unimporting(case: Case) -> Iterator[Edit]:
    """What lets the imports go that nothing else uses once the queries are gone."""
    module = case.module
    if module.path.endswith("__init__.py"):
        return
    for name in sorted({_root(site.node) for site in case.sites} - {""}):
        yield from _in_function(case, name)
        for one in module.facts.imports.get(name, ()):
            yield DropImport(module.path, "." * one.level + one.module, one.attr)


def _root(node: ast.AST) -> str:
    """The name that a chain of calls, or the ``await`` of one, begins with; empty for none."""
    while isinstance(node, ast.Await | ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _in_function(case: Case, name: str) -> Iterator[ForgetNames]:
    """What takes a name out of an import in the function itself."""
    gone = [site.node for site in case.sites]
    named = (n for n in ast.walk(case.scope) if isinstance(n, ast.Name) and n.id == name)
    if not all(any(within(case.module, node, one) for one in gone) for node in named):
        return
    for node in scopes.nodes_in(case.module, case.scope):
        imports = isinstance(node, ast.ImportFrom) and _imports(node, name)
        if isinstance(node, ast.ImportFrom) and imports and not _is_alone(case, node):
            yield ForgetNames(case.module.path, case.module.span(node), (name,))


def _imports(node: ast.ImportFrom, name: str) -> bool:
    return any(one.name == name and one.asname is None for one in node.names)


def _is_alone(case: Case, node: ast.ImportFrom) -> bool:
    """Whether a block would be left without a statement."""
    if len(node.names) > 1:
        return False
    outer = case.module.parent(node)
    blocks = inner_blocks(outer) if isinstance(outer, ast.stmt) else ()
    return any(block == [node] for block in blocks)
