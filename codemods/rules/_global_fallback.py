"""The small repair of a set-up that cannot become RegisterTortoise: one argument of its call."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..edits.arguments import PassKeyword
from ..orm.set_up import set_up
from ..orm.startup import CLOSE, CONTEXTS, INIT, REGISTERS, is_called
from ..project.function_uses import used_at
from ..project.namings import modules_with
from ._base import Finding, Safety

if TYPE_CHECKING:
    from ..orm.set_up import SetUp
    from ..project.index import Project
    from ..project.module import Module

_KEYWORD = "_enable_global_fallback"
_SINCE = "1.0"
_WORDS = (_KEYWORD, "register_tortoise", "RegisterTortoise", "TortoiseContext")
_RIVALS = REGISTERS | CONTEXTS | {"tortoise.context.TortoiseContext"}
_PROMISE = (
    "it gets _enable_global_fallback=True, which rests on this: nothing sets up the ORM a second"
    " time in one process before the connections are closed"
)


def with_fallback(module: Module, finding: Finding, call: ast.Call) -> Finding:
    """A manual finding with the unsafe repair that lets all tasks see the connections.

    The finding itself where the call takes no such argument, or where another call may pass it.

    Args:
        module: The file of the finding.
        finding: What is left for the user.
        call: What sets up the ORM, itself or through functions of the project.
    """
    found = set_up(module, call)
    if found is None or not _takes_keyword(found.module, found.call):
        return finding
    if _is_brief(found) or _has_rival(module.project):
        return finding
    edit = PassKeyword(found.module.path, found.module.span(found.call), _KEYWORD, "True")
    return replace(finding, safety=Safety.UNSAFE, edits=(edit,), advice=_PROMISE)


def _takes_keyword(home: Module, call: ast.Call) -> bool:
    versions = home.project.versions_of(home.path)
    given = {keyword.arg for keyword in call.keywords}
    return versions.at_least("tortoise-orm", _SINCE) is True and not given & {_KEYWORD, None}


def _is_brief(found: SetUp) -> bool:
    """Whether its function closes the connections, too, or its file sets them up elsewhere."""
    home = found.module
    inits = sum(is_called(home, call, INIT) for call in home.nodes(ast.Call))
    around = list(ast.walk(home.scope(found.call)))
    waits = any(isinstance(node, ast.Yield) for node in around)
    return inits > 1 or (not waits and any(set_up(home, node, CLOSE) for node in around))


def falling_back(project: Project, besides: ast.Call) -> str:
    """Where another call than one makes its connections known to all tasks, or nothing.

    As a test may: what is set up beside it in one process must not do so, too.
    """
    for module in modules_with(project, _KEYWORD):
        for call in module.nodes(ast.Call):
            if call is not besides and any(k.arg == _KEYWORD for k in call.keywords):
                return f"{module.path}:{call.lineno}"
    return ""


def _has_rival(project: Project) -> bool:
    """Whether something in the project may make its connections known to all tasks, too."""
    if with_fallback not in project.memo:
        modules = {module for word in _WORDS for module in modules_with(project, word)}
        project.memo[with_fallback] = any(map(_rivals, modules))
    return bool(project.memo[with_fallback])


def _rivals(module: Module) -> bool:
    """Whether a file does, but for functions that nothing uses."""
    if any(keyword.arg == _KEYWORD for keyword in module.nodes(ast.keyword)):
        return True
    for call in module.nodes(ast.Call):
        if is_called(module, call, _RIVALS):
            around = module.scope(call)
            if isinstance(around, ast.Module) or used_at(module, around):
                return True
    return False
