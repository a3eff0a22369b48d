"""Takes the steps from aerich to Tortoise's own migrations that are changes of files.

What it does
    Makes the changes of files that the move needs, for each configuration that aerich reads: each
    app gets a package of migrations, "aerich.models" goes, and `pyproject.toml` gets the table
    that the `tortoise` command reads. After that it lists the commands to run, until there are
    migrations.

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
    2. `tortoise-fix apply --select TOR713 --unsafe` does these three:
       - it gives each app a new package: `"migrations": "shop.migrations"`;
       - it takes "aerich.models" out of the configuration;
       - it adds [tool.tortoise] to pyproject.toml.
    3. `tortoise init`, then `tortoise makemigrations`.
    4. On every database that exists: `tortoise migrate --fake`. On new ones: `tortoise migrate`.
    From then on `tortoise makemigrations` does what `aerich migrate` did, and `tortoise migrate`
    what `aerich upgrade` did. aerich's migrations, its table and [tool.aerich] can go.

When it is safe
    It is unsafe, and only told when it is selected: most of the steps happen on databases.

What it leaves alone
    Projects of a release before 1.0, and those that have migrations of Tortoise already.
    Left for you, as a list: configurations that are not written as plain mappings, apps that would
    share a package, an app for aerich alone, a `src_folder`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._aerich_place import MODEL
from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations
from ._native_migrations import has_native_migrations
from ._native_steps import all_edits, package_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.config_values import AppConfig
    from ..project.index import Project
    from ._configurations import Configuration

_SINCE = "1.0.0"
_RESTS = "it rests on `aerich upgrade` having been run everywhere, and on aerich being done with"
_COMMANDS = (
    "run `tortoise init` and `tortoise makemigrations`; then on every database that exists "
    "`tortoise migrate --fake`, and on new ones `tortoise migrate`; then uninstall aerich and drop "
    "its table"
)


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        apps = one.config.apps
        if one.target is None or not apps:
            continue
        if project.versions_of(one.path).at_least("tortoise-orm", _SINCE):
            if not any(app.migrations for app in apps):
                yield _first(project, one, apps)
            elif not has_native_migrations(project, one.target.folder):
                yield _second(one, apps)


def _first(project: Project, one: Configuration, apps: tuple[AppConfig, ...]) -> Finding:
    """The finding of a project that is on aerich alone."""
    own = [app for app in apps if not _is_for_aerich(app)] or [*apps]
    labels = ", ".join(f'"{app.label}"' for app in own)
    message = f"{one.name} can move to Tortoise's own migrations (apps: {labels})"
    edits = all_edits(project, one)
    if edits:
        return _finding(one, message, Safety.UNSAFE, edits, _RESTS)
    packages = [package_of(project, one.path, app) for app in own]
    named = [p if packages.count(p) == 1 and p else "a package of its own" for p in packages]
    given = "; ".join(f"{a.label}: {p}" for a, p in zip(own, named, strict=True))
    gone = ['"aerich.models"', *(f'the app "{app.label}"' for app in apps if app not in own)]
    advice = (
        f'run `aerich upgrade`; give each app "migrations" ({given}); take out {gone[-1]}; '
        f"add [tool.tortoise] to pyproject.toml; {_COMMANDS}"
    )
    return _finding(one, message, Safety.MANUAL, (), advice)


def _is_for_aerich(app: AppConfig) -> bool:
    """Whether an app lists the model of aerich and nothing else."""
    return app.models is not None and app.models.sure and {*app.models.names} == {MODEL}


def _second(one: Configuration, apps: tuple[AppConfig, ...]) -> Finding:
    """The finding of a project whose files are ready, and that has no migrations yet."""
    labels = ", ".join(f'"{app.label}"' for app in apps if app.has_migrations)
    message = f"the packages of migrations of {one.name} are empty (apps: {labels})"
    return _finding(one, message, Safety.MANUAL, (), _COMMANDS)


def _finding(
    one: Configuration, message: str, safety: Safety, edits: tuple[Edit, ...], advice: str
) -> Finding:
    module, node = one.config.assigned.module, one.config.assigned.node
    return Finding(RULE.code, module.path, module.span(node), message, safety, edits, advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR713",
    name="native-baseline",
    summary="prepares the move from aerich to Tortoise's own migrations, and lists the rest",
    safety=Safety.UNSAFE,
    default=False,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
