"""Which names a file uses, also in strings that are annotations."""

from __future__ import annotations

import ast
import re

#: A string that may be an annotation, a forward reference or an entry of ``__all__``.
_REFERENCE = re.compile(r"[\w.\[\], |'\"]+")
_WORD = re.compile(r"[^\W\d]\w*")


def used_names(tree: ast.AST) -> frozenset[str]:
    """The names that are read anywhere in a tree, whatever their scope."""
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and _REFERENCE.fullmatch(str(node.value)):
            used.update(_WORD.findall(str(node.value)))
    return frozenset(used)
