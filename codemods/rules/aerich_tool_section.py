"""Leads the `tortoise` command to the configuration that only aerich finds.

What it does
    Where a configuration names packages for Tortoise's own migrations, but only `[tool.aerich]` of
    `pyproject.toml` leads to it, `[tool.tortoise]` is added with the same `tortoise_orm`.

Why
    The `tortoise` command reads `[tool.tortoise]` alone and stops with

        You must specify TORTOISE_ORM in option or env, or pyproject.toml [tool.tortoise]

Before
    [tool.aerich]
    tortoise_orm = "shop.config.TORTOISE_ORM"

After
    [tool.aerich]
    tortoise_orm = "shop.config.TORTOISE_ORM"

    [tool.tortoise]
    tortoise_orm = "shop.config.TORTOISE_ORM"

When it is safe
    Nothing but the `tortoise` command reads the new table while there is a `[tool.aerich]`. The
    rest of the file stays as it is.

What it leaves alone
    Projects that have both tables, and those without packages of migrations.
    Left for you: a `src_folder` other than the folder of the file, which the `tortoise` command
    does not know; an aerich.ini that says something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations
from ._native_steps import has_own_table, table_edit

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
        if manifest.endswith(".toml") and not has_own_table(project, manifest):
            module, node = one.config.assigned.module, one.config.assigned.node
            message = f'the `tortoise` command does not find {one.name}: "{_ERROR}"'
            span, edit = module.span(node), table_edit(project, one.target)
            if edit is not None:
                yield Finding(RULE.code, module.path, span, message, Safety.SAFE, (edit,))
                continue
            advice = f"add [tool.tortoise] to {manifest}, with what [tool.aerich] says"
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR702",
    name="aerich-tool-section",
    summary="only [tool.aerich] leads to a configuration that the `tortoise` command should find",
    since="1.0.0",
    find=_find,
    modules=_modules,
)
