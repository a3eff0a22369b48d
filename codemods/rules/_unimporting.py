"""The imports of models that only the queries in a loop have used."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..comments import is_marked
from ..edits.imports import DropImport, ForgetNames
from ..orm import scopes
from ..orm.control import loops_around, within
from ..project.facts import imports_of, inner_blocks
from ..project.reexports import is_taken_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module
    from ._n_plus_one_case import Case

_Importing = ast.Import | ast.ImportFrom


def unimporting(case: Case) -> Iterator[Edit]:
    """What lets the imports go that nothing else uses once the queries are gone."""
    module = case.module
    if module.path.endswith("__init__.py"):
        return
    for name in _roots(case):
        if name in scopes.bindings_in(module, case.scope):
            yield from _in_function(case, name)
        for one in module.facts.imports.get(name, ()):
            yield DropImport(module.path, "." * one.level + one.module, one.attr)


def weigh_imports(case: Case) -> None:
    """Imports that nothing would use any more, and that cannot go or that other files count on."""
    module = case.module
    for name in _roots(case) if not module.path.endswith("__init__.py") else ():
        local = name in scopes.bindings_in(module, case.scope)
        scope = case.scope if local else module.tree
        uses, imports = list(_uses(scope, name)), list(_importing(module, scope, name))
        if not imports or any(not loops_around(module, node) for node in uses):
            continue  # no rule takes a query away that is not run in a loop
        gone = not local or all(_is_gone(case, node) for node in uses)
        can_go = _can_go if local else _can_be_dropped
        if not gone or not all(can_go(module, one, name) for one in imports):
            case.verdict.against.append(f"nothing would use the import of {name} any more")
        elif not local and _is_passed_on(module, name):
            case.verdict.against.append(f"other files may take {name} from this one")


def _roots(case: Case) -> list[str]:
    return sorted({_root(site.node) for site in case.sites} - {""})


def _root(node: ast.AST) -> str:
    """The name that a chain of calls, or the ``await`` of one, begins with; empty for none."""
    while isinstance(node, ast.Await | ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _uses(scope: ast.AST, name: str) -> Iterator[ast.Name]:
    return (n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name)


def _is_gone(case: Case, node: ast.AST) -> bool:
    return any(within(case.module, node, site.node) for site in case.sites)


def _importing(module: Module, scope: ast.AST, name: str) -> Iterator[_Importing]:
    """The statements of a scope that import a name."""
    for node in scopes.nodes_in(module, scope):
        if isinstance(node, _Importing) and any(one.name == name for one in imports_of(node)):
            yield node


def _in_function(case: Case, name: str) -> Iterator[ForgetNames]:
    """What takes a name out of an import in the function itself."""
    if all(_is_gone(case, node) for node in _uses(case.scope, name)):
        for node in _importing(case.module, case.scope, name):
            if _can_go(case.module, node, name):
                yield ForgetNames(case.module.path, case.module.span(node), (name,))


def _can_go(module: Module, node: _Importing, name: str) -> bool:
    """Whether a name can be taken out of an import, and leaves no block without a statement."""
    plain = any(one.name == name and one.asname is None for one in node.names)
    if len(node.names) > 1 or not plain:
        return plain and isinstance(node, ast.ImportFrom)
    outer = module.parent(node)
    blocks = inner_blocks(outer) if isinstance(outer, ast.stmt) else ()
    return isinstance(node, ast.ImportFrom) and not any(block == [node] for block in blocks)


def _can_be_dropped(module: Module, node: _Importing, name: str) -> bool:
    """Whether a name can be taken out of an import at module level."""
    dotted = [one.name for one in node.names if one.asname is None and "." in one.name]
    return node in module.tree.body and not any(one.partition(".")[0] == name for one in dotted)


def _is_passed_on(module: Module, name: str) -> bool:
    """Whether another file may import a name from this one, or the file says that it is there."""
    for one in _importing(module, module.tree, name):
        lines = range(one.lineno, (one.end_lineno or one.lineno) + 1)
        if any(is_marked(module.source.line(line)) for line in lines):
            return True
    return is_taken_from(module.project, module.path, name)
