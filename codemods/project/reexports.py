"""The imports of a file that other files take from it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from .namings import modules_matching
from .symbols import Package

if TYPE_CHECKING:
    from .index import Project
    from .module import Module


def is_taken_from(project: Project, path: str, name: str) -> bool:
    """Whether another file imports a name from this one, or may read it as an attribute of it."""
    word = re.escape(name)
    pattern = re.compile(rf"\b{word}\b|\bimport\s*\*".encode())
    others = (one for one in modules_matching(project, pattern) if one.path != path)
    return any(_imports(one, path, name) or _reads(one, path, name) for one in others)


def _imports(module: Module, path: str, name: str) -> bool:
    for node in module.nodes(ast.ImportFrom):
        if any(have.name in (name, "*") for have in node.names):
            found = module.project.modules.find(node.module or "", node.level, module.path)
            if found == path:
                return True
    return False


def _reads(module: Module, path: str, name: str) -> bool:
    attributes = (node for node in module.nodes(ast.Attribute) if node.attr == name)
    return any(module.resolve(node.value) == Package(path) for node in attributes)
