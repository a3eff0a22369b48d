"""Names that a file uses in nothing but annotations of models, and what makes these text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.symbols import Class

if TYPE_CHECKING:
    from ..project.module import Module

#: Decorators that do not look at the annotations of what they get.
_PLAIN = frozenset({"property", "classmethod", "staticmethod"})
_UNQUOTABLE = "\"'\\\n#"


def annotations_with(module: Module, names: set[str]) -> list[ast.expr] | None:
    """The annotations of models and of their methods that use some names.

    None where one of the names is used in another way, or in what cannot be put in quotes.
    """
    found: list[ast.expr] = []
    for node in module.nodes(ast.Name):
        if node.id in names:
            around = _annotation(module, node)
            if around is None or not _can_be_text(module, around):
                return None
            found.append(around)
    return list(dict.fromkeys(found))


def are_evaluated(module: Module) -> bool:
    """Whether the annotations of a file are evaluated when it is imported."""
    imports = module.facts.imports.get("annotations", ())
    return not any(one.module == "__future__" for one in imports)


def _annotation(module: Module, node: ast.Name) -> ast.expr | None:
    """The annotation that a name stands in, if it is one of a model."""
    inner: ast.expr = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.AnnAssign | ast.arg) and inner is outer.annotation:
            break
        if isinstance(outer, FunctionNode) and inner is outer.returns:
            break
        if not isinstance(outer, ast.expr):
            return None
        inner = outer
    return inner if _is_of_model(module, inner) else None


def _is_of_model(module: Module, annotation: ast.expr) -> bool:
    """Whether an annotation is one of the body of a model, or of a method that stands there."""
    around = [*module.ancestors(annotation)]
    functions = [one for one in around if isinstance(one, FunctionNode)]
    owner = next((one for one in around if isinstance(one, ast.ClassDef)), None)
    if owner is None or len(functions) > 1 or not all(map(_is_plain, functions)):
        return False
    return module.project.models.get(Class(module.path, owner.name)) is not None


def _is_plain(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = {getattr(decorator, "id", "") for decorator in function.decorator_list}
    return names <= _PLAIN


def _can_be_text(module: Module, annotation: ast.expr) -> bool:
    text = module.text(annotation)
    return not are_evaluated(module) or not any(sign in text for sign in _UNQUOTABLE)
