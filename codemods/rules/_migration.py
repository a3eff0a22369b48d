"""What the rules that migrate code to another release have in common."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm import api, scopes
from ..project.apps import meaning
from ..project.facts import FunctionNode, imports_of
from ..project.field_kinds import aliased
from ..project.symbols import External
from ._card import Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from ..project.symbols import Symbol

_TORTOISE = "tortoise-orm"
_MISSING = frozenset(
    {"ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "Exception"}
)
_ASKING = frozenset(
    {"warns", "deprecated_call", "assertWarns", "assertWarnsRegex", "catch_warnings"}
    | {"raises", "assertRaises", "assertRaisesRegex"}
)
_UNKNOWN = (
    "the release of tortoise-orm is not known to be {since} or newer, which this needs: pin it, "
    "or say --target-version"
)


def gate(module: Module, since: str) -> Safety | None:
    """How safe code that needs a release is in a file: None where its release is older.

    Manual where the project may use an older release; ``unknown_release`` says so.
    """
    known = module.project.versions_of(module.path).at_least(_TORTOISE, since)
    if known is None:
        return Safety.MANUAL
    return Safety.SAFE if known else None


def is_older(module: Module, wanted: str) -> bool:
    """Whether a file is written for releases before one, and for them alone."""
    return module.project.versions_of(module.path).at_least(_TORTOISE, wanted) is False


TRIED = "a try around it may count on a missing name: change it by hand if that is not so"
STARS = "a star import may bring another {0}: change it by hand if that is not so"


def unknown_release(since: str) -> str:
    """What to tell the user where ``gate`` says manual."""
    return _UNKNOWN.format(since=since)


def symbol_of(module: Module, node: ast.expr) -> Symbol | None:
    """What a dotted expression means where it stands, other names of the thing followed."""
    return aliased(module.project, _meaning(module, node))


def canonical_of(module: Module, node: ast.expr) -> str:
    """The name in the API table of what a dotted expression means; empty where not certain."""
    symbol = symbol_of(module, node)
    return api.canonical(symbol.dotted) if isinstance(symbol, External) else ""


def _meaning(module: Module, node: ast.expr) -> Symbol | None:
    """The meaning of a dotted expression, unless the class body around it binds its first name."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    outer = next(iter(_scopes(module, node)), None)
    if isinstance(outer, ast.ClassDef) and root.id in _bound(outer):
        return None
    return meaning(module, node)


def _scopes(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode | ast.ClassDef | ast.Lambda):
            yield outer


def _bound(body: ast.ClassDef) -> set[str]:
    """The names that the statements of a class body bind, those of its methods left out."""
    found: set[str] = set()
    stack: list[ast.AST] = list(body.body)
    while stack:
        node = stack.pop()
        if isinstance(node, FunctionNode | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(one.name for one in imports_of(node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        stack.extend(ast.iter_child_nodes(node))
    return found


def is_imported_above(module: Module, node: ast.expr) -> bool:
    """Whether the import is one of the module, not one that a function makes for itself."""
    while isinstance(node, ast.Attribute):
        node = node.value
    imports = (one for one in module.tree.body if isinstance(one, ast.Import | ast.ImportFrom))
    bound = {found.name for one in imports for found in imports_of(one)}
    if not isinstance(node, ast.Name) or node.id not in bound:
        return False
    functions = (one for one in module.ancestors(node) if isinstance(one, FunctionNode))
    return all(node.id not in scopes.bindings_in(module, one) for one in functions)


def is_shim(module: Module, node: ast.AST) -> bool:
    """Whether code is there for the sake of several releases.

    That is a ``try`` whose handlers count on something that is missing, one of those handlers, a
    branch on a version or on what an object has, or a block that asks for the warning or error.
    """
    for outer in module.ancestors(node):
        if isinstance(outer, ast.Try) and any(map(_counts_on_missing, outer.handlers)):
            return True
        if isinstance(outer, ast.If | ast.IfExp) and _asks_version(outer.test):
            return True
        if isinstance(outer, ast.With | ast.AsyncWith) and is_asking(outer):
            return True
        if isinstance(outer, FunctionNode):
            return False
    return False


def is_tried(module: Module, node: ast.AST) -> bool:
    """Whether a ``try`` that may count on something missing is what makes code a shim.

    It may be there for other errors as well, such as those of a query.
    """
    for outer in module.ancestors(node):
        if isinstance(outer, ast.Try) and any(map(_counts_on_missing, outer.handlers)):
            return True
        if isinstance(outer, ast.If | ast.IfExp) and _asks_version(outer.test):
            return False
        if isinstance(outer, FunctionNode):
            return False
    return False


def is_asking(block: ast.With | ast.AsyncWith) -> bool:
    """Whether a ``with`` block asks for a warning or an error."""
    opened = (item.context_expr for item in block.items)
    names = (_last(one.func if isinstance(one, ast.Call) else one) for one in opened)
    return not _ASKING.isdisjoint(names)


def _counts_on_missing(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(_last(part) in _MISSING for part in ast.walk(handler.type))


def _asks_version(test: ast.expr) -> bool:
    for part in ast.walk(test):
        name = _last(part).lower()
        if "version" in name or name in ("hasattr", "find_spec", "signature"):
            return True
    return False


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
