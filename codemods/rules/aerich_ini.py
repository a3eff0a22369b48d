"""Reports an aerich.ini that aerich no longer reads.

What it does
    Says which configuration `aerich.ini` names, where the release of aerich that the project uses
    reads `pyproject.toml` alone, and nothing there takes its place.

Why
    Since 0.6.0 aerich keeps its settings in `pyproject.toml`. Every command stops with

        Error: You need to run `aerich init` first to create the config file.

    or, where there is a `pyproject.toml` without them, with

        Error: You need run `aerich init` again when upgrading to aerich 0.6.0+.

    or, from 0.9.2 on, with `Failed to load tortoise config from config_file(pyproject.toml)`.

Before
    # aerich.ini
    [aerich]
    tortoise_orm = shop.config.TORTOISE_ORM
    location = ./migrations

Use instead
    # pyproject.toml
    [tool.aerich]
    tortoise_orm = "shop.config.TORTOISE_ORM"
    location = "./migrations"
    src_folder = "./."

When it is safe
    It is never applied: the file that would have to change is not Python.

What it leaves alone
    Projects that may use aerich before 0.6.0, and those whose `pyproject.toml` says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.aerich import stale_targets
from ..project.evaluate import given_to
from ._base import Finding, Rule, Safety
from ._configurations import by_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_ERROR = "You need to run `aerich init` first to create the config file."


def _findings(project: Project) -> Iterator[Finding]:
    for located in stale_targets(project):
        place = given_to(project, located.variable)
        if place is not None:
            span, path = place.module.span(place.node), place.module.path
            manifest, name = located.target.manifest, located.target.dotted
            message = f'{manifest} is not read by aerich 0.6.0 and later: it stops with "{_ERROR}"'
            advice = f'put tortoise_orm = "{name}", location and src_folder into [tool.aerich]'
            advice += " of pyproject.toml"
            yield Finding(RULE.code, path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR701",
    name="aerich-ini",
    summary="the settings of aerich are in an aerich.ini, which it no longer reads",
    safety=Safety.MANUAL,
    find=_find,
    modules=_modules,
)
