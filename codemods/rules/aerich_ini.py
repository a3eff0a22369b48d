"""Takes the settings over from an aerich.ini, which aerich no longer reads.

What it does
    Adds `[tool.aerich]` to `pyproject.toml` with what `aerich.ini` says, where the release of
    aerich that the project uses reads `pyproject.toml` alone, and nothing there takes its place.

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

After
    # pyproject.toml
    [tool.aerich]
    tortoise_orm = "shop.config.TORTOISE_ORM"
    location = "./migrations"
    src_folder = "./."

When it is safe
    Every command stops as it is. The settings are taken over as they are written, and nothing else
    in `pyproject.toml` changes. `aerich.ini` stays: nothing reads it any more.

What it leaves alone
    Projects that may use aerich before 0.6.0, and those whose `pyproject.toml` says the same.
    Left for you: projects without a `pyproject.toml` beside the file, or with settings of aerich
    in another folder.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..edits.documents import AddTable
from ..project.aerich import aerich_targets, stale_targets
from ..project.evaluate import given_to
from ..project.texts import Texts
from ._base import Finding, Rule, Safety
from ._configurations import by_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.aerich import Target
    from ..project.index import Project

_ERROR = "You need to run `aerich init` first to create the config file."


def _findings(project: Project) -> Iterator[Finding]:
    for located in stale_targets(project):
        place = given_to(project, located.variable)
        if place is not None:
            span, path = place.module.span(place.node), place.module.path
            manifest, name = located.target.manifest, located.target.dotted
            message = f'{manifest} is not read by aerich 0.6.0 and later: it stops with "{_ERROR}"'
            edit = None if aerich_targets(project) else _table(project, located.target)
            if edit is not None:
                yield Finding(RULE.code, path, span, message, Safety.SAFE, (edit,))
                continue
            advice = f'put tortoise_orm = "{name}", location and src_folder into [tool.aerich]'
            advice += " of pyproject.toml"
            yield Finding(RULE.code, path, span, message, Safety.MANUAL, (), advice)


def _table(project: Project, target: Target) -> Edit | None:
    """What says the same in the pyproject.toml beside the ini file; None where there is none."""
    manifest = posixpath.join(target.folder, "pyproject.toml")
    texts = Texts(project.root, project.read)
    if not texts.exists(manifest) or texts.toml(manifest) is None or not target.location:
        return None
    source = posixpath.relpath(target.source_folder or ".", target.folder or ".")
    settings = ("tortoise_orm", target.dotted), ("location", target.location)
    return AddTable(manifest, ("tool", "aerich"), (*settings, ("src_folder", f"./{source}")))


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR701",
    name="aerich-ini",
    summary="the settings of aerich are in an aerich.ini, which it no longer reads",
    find=_find,
    modules=_modules,
)
