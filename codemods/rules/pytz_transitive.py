"""Reports imports of pytz that work only because the ORM installed it, up to 0.25.

What it does
    Where no requirement of the project names pytz, points at the first import of it in each file.

Why
    tortoise-orm required pytz up to 0.25. Since 1.0 it takes time zones from `zoneinfo`, and a new
    installation has no pytz: `ModuleNotFoundError: No module named 'pytz'`.

Before
    import pytz

    now = datetime.now(pytz.timezone("Europe/Berlin"))

Use instead
    from zoneinfo import ZoneInfo

    now = datetime.now(ZoneInfo("Europe/Berlin"))

    Or require pytz. `pytz.utc` is `datetime.timezone.utc`. `zone.localize(moment)` is
    `moment.replace(tzinfo=zone)`, but for a time that comes twice or never in a night.

When it is safe
    It is never applied: whether another package still brings pytz is not known here, and the zones
    of the two are not used in the same way.

What it leaves alone
    Projects with a release below 1.0 or one that is not known, those without requirements, and
    those that name pytz in any of them; `try` statements that count on its absence; imports for
    type checkers; stubs of its own.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..project.module import Module
from ._base import Finding, Rule, Safety
from ._migration import gate, is_shim
from ._requirements import first_of_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_SINCE = "1.0.0"
_NAME = "pytz"
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t][^\n]*\bpytz\b", re.MULTILINE)
_REQUIRED = re.compile(rb"(?<![\w.-])pytz(?![\w-])", re.IGNORECASE)
#: Written by tools, from what the release before needed.
_LOCKS = (".lock", "pylock.toml", "Pipfile.lock")
_DECIDE = "use zoneinfo, or require pytz, unless another package of yours does that"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each file of a project that imports pytz, from one of its files."""
    project = module.project
    if gate(module, _SINCE) is not Safety.SAFE or project.modules.knows(_NAME):
        return
    home = project.versions_of(module.path).directory
    for path in project.files:
        data = project.read(path)
        if not isinstance(data, bytes) or not _IMPORT.search(data):
            continue
        if project.versions_of(path).directory == home and not _is_required(project, home):
            other = project.module(path)
            yield from _of_file(other) if isinstance(other, Module) else ()


def _of_file(module: Module) -> Iterator[Finding]:
    """The finding for the first import that a file cannot do without."""
    found: list[ast.Import | ast.ImportFrom] = [*module.nodes(ast.Import)]
    found += module.nodes(ast.ImportFrom)
    ours = [node for node in found if _imports(node) and not _is_optional(module, node)]
    for node in sorted(ours, key=lambda one: one.lineno)[:1]:
        message = f"tortoise-orm brings no pytz since {_SINCE}, and no requirement names it"
        span = module.span(node)
        yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _DECIDE)


def _imports(node: ast.Import | ast.ImportFrom) -> bool:
    names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module]
    plain = isinstance(node, ast.Import) or not node.level
    return plain and any(name and name.partition(".")[0] == _NAME for name in names)


def _is_optional(module: Module, node: ast.stmt) -> bool:
    """Whether an import may fail, or is not made when the program runs."""
    blocks = (outer for outer in module.ancestors(node) if isinstance(outer, ast.If))
    return is_shim(module, node) or any("TYPE_CHECKING" in ast.unparse(o.test) for o in blocks)


def _is_required(project: Project, home: str) -> bool:
    """Whether some requirement names pytz, or there is none at all that names the ORM."""
    if not any(one.declared for one in project.versions.mentions(home)):
        return True
    if _is_required not in project.memo:
        for one in project.files:
            project.versions_of(one)  # reads the manifests beside it
        manifests = (name for name in project.versions.files() if not name.endswith(_LOCKS))
        found = (project.read(name) for name in manifests)
        project.memo[_is_required] = any(
            isinstance(data, bytes) and _REQUIRED.search(data) for data in found
        )
    known: bool = project.memo[_is_required]
    return known


RULE = Rule(
    code="TOR020",
    name="pytz-transitive",
    summary="reports imports of pytz, which the ORM brings no more, where nothing requires it",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=find,
    modules=first_of_each,
)
