"""Takes "aerich.models" out of a configuration that Tortoise's own migrations work with.

What it does
    Removes "aerich.models" from the models of an app, where the configuration names packages of
    migrations.

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

After
    "apps": {
        "models": {
            "models": ["shop.models"],
            "migrations": "shop.migrations",
        }
    }

When it is safe
    It is unsafe: aerich needs the model for as long as it is run, and whether it still is, the
    source does not tell.

What it leaves alone
    Configurations without a `migrations` key, and those that are not wholly visible.
    Left for you: an app of which it is the only model, and lists that are used elsewhere too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.uses import uses_of
from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.config_values import AppConfig, ModelList
    from ..project.index import Project
    from ._configurations import Configuration

_MODEL = "aerich.models"
_SINCE = "1.0.0"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        apps = one.config.apps or ()
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE) is False:
            continue
        if any(app.has_migrations for app in apps):
            for app in apps:
                if app.models and app.models.sure and _MODEL in app.models.names:
                    yield _finding(project, one, app, app.models)


def _finding(project: Project, one: Configuration, app: AppConfig, models: ModelList) -> Finding:
    module, span = models.place.module, models.place.module.span(models.place.node)
    message = (
        f'the app "{app.label}" lists "{_MODEL}" beside Tortoise\'s own migrations: '
        "`tortoise makemigrations` makes a migration of aerich's table"
    )
    edit = None if _is_shared(project, one, models) else without(models.place, _MODEL)
    if edit is not None:
        advice = "it rests on aerich not being run any more"
        return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, (edit,), advice)
    advice = f'take "{_MODEL}" out as soon as aerich is not run any more'
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _is_shared(project: Project, one: Configuration, models: ModelList) -> bool:
    """Whether something else uses the list of models, too."""
    via = models.place.via[len(one.config.place.via) :]
    return any(uses_of(project, held).count != 1 for held in via)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR712",
    name="native-drop-aerich-models",
    summary='"aerich.models" is still listed beside Tortoise\'s own migrations',
    safety=Safety.UNSAFE,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
