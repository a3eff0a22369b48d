"""Where the N+1 rule can have anything to say: which files, and which functions in them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..orm.rows import Loop, is_async
from ..source import Fault
from ._together import gathered_with

if TYPE_CHECKING:
    from ..project.index import Project
    from ..project.module import Module

#: An attribute of a name that is awaited, or iterated with ``async for``, but not called.
_QUERIED = re.compile(
    rb"(?:await|async\s+for\b[^:\n]*\bin)(?:[\s(\\]|#[^\n]*\n)+\w+\s*\.\s*(\w+)\b(?!\s*\()"
)

_ATTRIBUTE = re.compile(rb"\.\s*(\w+)\b")


def modules_that_query(project: Project) -> frozenset[str]:
    """The files in which an attribute that has the name of a relation is queried."""
    key = modules_that_query
    if key not in project.memo:
        models = project.models.all().values()
        names = frozenset(name.encode() for model in models for name in model.relations)
        project.memo[key] = frozenset(
            path for path in project.relevant if _queries(project.read(path), names)
        )
    found: frozenset[str] = project.memo[key]
    return found


def scopes_that_query(module: Module) -> list[ast.AsyncFunctionDef]:
    """The functions that query an attribute, or ``attribute.all()``; no others are inferred."""
    awaited = [node.value for node in module.nodes(ast.Await)]
    loops = (*module.nodes(ast.AsyncFor), *module.nodes(ast.comprehension))
    elements = [one.elt for one in module.nodes(ast.ListComp)]
    elements += [one.elt for one in module.nodes(ast.GeneratorExp)]
    together = (one for one in elements if gathered_with(module, one) is not None)
    asked = (
        *awaited,
        *together,
        *(loop.iter for loop in loops if isinstance(loop, Loop) and is_async(loop)),
    )
    scopes = {module.scope(node): None for node in asked if _asks_attribute(node)}
    return [scope for scope in scopes if isinstance(scope, ast.AsyncFunctionDef)]


def _asks_attribute(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "all" and isinstance(node.func.value, ast.Attribute)
    return isinstance(node, ast.Attribute)


def _queries(data: bytes | Fault, names: frozenset[bytes]) -> bool:
    if isinstance(data, Fault) or (b"await" not in data and b"async for" not in data):
        return False
    if b"gather" in data and any(match[1] in names for match in _ATTRIBUTE.finditer(data)):
        return True
    return any(match[1] in names for match in _QUERIED.finditer(data))
