"""Reports "aerich.models" in a configuration that Tortoise's own migrations work with.

What it does
    Says which app lists "aerich.models" although the configuration names packages of migrations.

Why
    `tortoise makemigrations` takes it for a model like any other: it writes a migration that
    creates the table of aerich, and that imports `aerich` for as long as the migrations exist.
    Once aerich is not installed any more, every start fails with

        ConfigurationError: Module "aerich.models" not found

Before
    "apps": {
        "models": {
            "models": ["shop.models", "aerich.models"],
            "migrations": "shop.migrations",
        }
    }

Use instead
    "apps": {
        "models": {
            "models": ["shop.models"],
            "migrations": "shop.migrations",
        }
    }

When it is safe
    It is never applied: aerich needs the model for as long as it is run, and whether it still is,
    the source does not tell.

What it leaves alone
    Configurations without a `migrations` key, and those that are not wholly visible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_MODEL = "aerich.models"
_SINCE = "1.0.0"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        apps = one.config.apps or ()
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE) is False:
            continue
        if not any(app.has_migrations for app in apps):
            continue
        for app in apps:
            if app.models is not None and app.models.sure and _MODEL in app.models.names:
                module = app.models.place.module
                span = module.span(app.models.place.node)
                message = (
                    f'the app "{app.label}" lists "{_MODEL}" beside Tortoise\'s own migrations: '
                    "`tortoise makemigrations` makes a migration of aerich's table"
                )
                advice = f'take "{_MODEL}" out as soon as aerich is not run any more'
                yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR712",
    name="native-drop-aerich-models",
    summary='"aerich.models" is still listed beside Tortoise\'s own migrations',
    safety=Safety.MANUAL,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
