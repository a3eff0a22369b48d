"""Gives an app a package of migrations, where others of its configuration have one.

What it does
    Adds `migrations` to the apps of a configuration that lack it, where another app has it.

Why
    `tortoise makemigrations` and `tortoise migrate` do not look for the package in the same places
    without the key: `migrate` says "No migrations to apply", or, where the models are a file,
    stops with a ModuleNotFoundError.

Before
    "apps": {
        "books": {"models": ["shop.books.models"], "migrations": "shop.books.migrations"},
        "members": {"models": ["shop.members.models"]},
    }

After
    "apps": {
        "books": {"models": ["shop.books.models"], "migrations": "shop.books.migrations"},
        "members": {
            "models": ["shop.members.models"],
            "migrations": "shop.members.migrations",
        },
    }

When it is safe
    It is unsafe: where the migrations of an app are to be kept is the project's decision. It gets
    the package `migrations` beside its models, as Tortoise itself has it, if there is nothing of
    that name: a folder that aerich writes to must not be taken ("Migration ... has no Migration
    class").

What it leaves alone
    Configurations of which no app has the key; apps of libraries; apps of aerich's model alone.
    Left for you: apps whose package would be that of another app, and those that are not written
    as a plain mapping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations
from ._native_steps import key_edit, package_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.config_values import AppConfig
    from ..project.index import Project
    from ._configurations import Configuration

_SINCE = "1.0.0"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        apps = one.config.apps or ()
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE) is False:
            continue
        if any(app.has_migrations for app in apps):
            lacking = (app for app in apps if not app.migrations)
            own = [app for app in lacking if _is_own(project, one.path, app)]
            yield from (_finding(project, one, app) for app in own)


def _is_own(project: Project, path: str, app: AppConfig) -> bool:
    """Whether the app has a module of the project."""
    names = app.models.names if app.models else ()
    return any(name.endswith(".py") or project.modules.find(name, 0, path) for name in names)


def _finding(project: Project, one: Configuration, app: AppConfig) -> Finding:
    module, node = app.place.module, app.place.node
    message = (
        f'the app "{app.label}" has no "migrations": `tortoise migrate` says "No migrations to '
        'apply" for it'
    )
    span, edit = module.span(node), key_edit(project, one, app)
    others = {app.migrations_package for app in one.config.apps or ()}
    package = package_of(project, one.path, app)
    if edit is not None and package not in others:
        advice = f"it rests on {package} being where they are to be kept"
        return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, (edit,), advice)
    advice = 'add "migrations" with a package of its own, which is not the folder of aerich'
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR711",
    name="native-migrations-key",
    summary="an app has no package of migrations, and others of its configuration have one",
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
