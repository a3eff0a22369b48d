"""Reports that the `tortoise` command does not find the configuration that aerich finds.

What it does
    Says so where a configuration names packages for Tortoise's own migrations, but only
    `[tool.aerich]` leads to it.

Why
    The `tortoise` command reads `[tool.tortoise]` alone and stops with

        You must specify TORTOISE_ORM in option or env, or pyproject.toml [tool.tortoise]

Before
    [tool.aerich]
    tortoise_orm = "shop.config.TORTOISE_ORM"

Use instead
    [tool.tortoise]
    tortoise_orm = "shop.config.TORTOISE_ORM"

When it is safe
    It is never applied: the file that would have to change is not Python. aerich from 0.9.3 on
    reads the new table as well; keep `location` and `src_folder` in it while aerich is run.

What it leaves alone
    Projects that have both tables, and those without packages of migrations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.texts import Texts
from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_SINCE = "1.0.0"
_ERROR = "You must specify TORTOISE_ORM in option or env, or pyproject.toml [tool.tortoise]"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        if one.target is None or not any(app.has_migrations for app in one.config.apps or ()):
            continue
        manifest = one.target.manifest
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE) is False:
            continue
        if manifest.endswith(".toml") and not _has_own_table(project, manifest):
            module, node = one.config.assigned.module, one.config.assigned.node
            message = f'the `tortoise` command does not find {one.name}: "{_ERROR}"'
            advice = f"rename [tool.aerich] of {manifest} to [tool.tortoise]"
            span = module.span(node)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _has_own_table(project: Project, manifest: str) -> bool:
    tool = (Texts(project.root).toml(manifest) or {}).get("tool")
    return isinstance(tool, dict) and "tortoise" in tool


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR702",
    name="aerich-tool-section",
    summary="only [tool.aerich] leads to a configuration that the `tortoise` command should find",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
