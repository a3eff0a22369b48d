"""Lists the steps from aerich to Tortoise's own migrations, for a project that may take them.

What it does
    Says, for each configuration that aerich reads, what to do in which order.

Why
    Tortoise ORM has migrations of its own since 1.0. Run on a database that aerich has made, their
    first migration fails with

        OperationalError: table "..." already exists

    unless it is recorded as applied without being run.

Before
    aerich migrate
    aerich upgrade

Use instead
    1. Apply all migrations of aerich everywhere: `aerich upgrade`.
    2. Give each app a new package: `"migrations": "shop.migrations"`.
    3. Take "aerich.models" out of the configuration.
    4. Rename [tool.aerich] to [tool.tortoise].
    5. `tortoise init`, then `tortoise makemigrations`.
    6. On every database that exists: `tortoise migrate --fake`. On new ones: `tortoise migrate`.
    From then on `tortoise makemigrations` does what `aerich migrate` did, and `tortoise migrate`
    what `aerich upgrade` did.

When it is safe
    It is never applied, and only listed when it is selected: most of the steps happen on databases.

What it leaves alone
    Projects of a release before 1.0, and those that name packages of migrations already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_SINCE = "1.0.0"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        apps = one.config.apps
        if one.target is None or not apps or any(app.migrations for app in apps):
            continue
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE):
            module, node = one.config.assigned.module, one.config.assigned.node
            labels = ", ".join(f'"{app.label}"' for app in apps)
            message = f"{one.name} can move to Tortoise's own migrations (apps: {labels})"
            advice = (
                'run `aerich upgrade`; give each app "migrations"; take out "aerich.models"; rename'
                " [tool.aerich] to [tool.tortoise]; run `tortoise init` and `tortoise "
                "makemigrations`; on existing databases `tortoise migrate --fake`"
            )
            span = module.span(node)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR713",
    name="native-baseline",
    summary="lists the steps from aerich to Tortoise's own migrations",
    safety=Safety.MANUAL,
    default=False,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
