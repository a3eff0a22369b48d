"""Reports an app without a package of migrations beside others that have one.

What it does
    Names the apps of a configuration that have no `migrations`, where another app has it.

Why
    `tortoise makemigrations` and `tortoise migrate` do not look for the package in the same places
    without the key: `migrate` says "No migrations to apply", or, where the models are a file,
    stops with a ModuleNotFoundError.

Before
    "apps": {
        "books": {"models": ["shop.books.models"], "migrations": "shop.books.migrations"},
        "members": {"models": ["shop.members.models"]},
    }

Use instead
    "apps": {
        "books": {"models": ["shop.books.models"], "migrations": "shop.books.migrations"},
        "members": {
            "models": ["shop.members.models"],
            "migrations": "shop.members.migrations",
        },
    }

When it is safe
    It is never applied: where the migrations of an app are to be kept is the project's decision.
    It must not be the folder that aerich writes to: "Migration ... has no Migration class".

What it leaves alone
    Configurations of which no app has the key; apps of libraries; apps of aerich's model alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.config_values import AppConfig
    from ..project.index import Project

_SINCE = "1.0.0"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        apps = one.config.apps or ()
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE) is False:
            continue
        if any(app.has_migrations for app in apps):
            lacking = (app for app in apps if not app.migrations)
            yield from (_finding(app) for app in lacking if _is_own(project, one.path, app))


def _is_own(project: Project, path: str, app: AppConfig) -> bool:
    """Whether the app has a module of the project."""
    names = app.models.names if app.models else ()
    return any(name.endswith(".py") or project.modules.find(name, 0, path) for name in names)


def _finding(app: AppConfig) -> Finding:
    module, node = app.place.module, app.place.node
    message = (
        f'the app "{app.label}" has no "migrations": `tortoise migrate` says "No migrations to '
        'apply" for it'
    )
    advice = 'add "migrations" with a package of its own, which is not the folder of aerich'
    return Finding(RULE.code, module.path, module.span(node), message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR711",
    name="native-migrations-key",
    summary="an app has no package of migrations, and others of its configuration have one",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
