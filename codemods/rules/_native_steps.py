"""The steps from aerich to Tortoise's own migrations, as far as they are changes of files."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.documents import AddTable
from ..edits.elements import AddEntry
from ..project.texts import Texts
from ._aerich_place import MODEL
from ._configurations import without
from ._fetch_paths import quoted

if TYPE_CHECKING:
    from ..edits._base import Edit
    from ..project.aerich import Target
    from ..project.config_values import AppConfig
    from ..project.index import Project
    from ._configurations import Configuration

_KEY = "migrations"
_TABLE = ("tool", "tortoise")


def has_own_table(project: Project, manifest: str) -> bool:
    """Whether a manifest has the table that the ``tortoise`` command reads."""
    tool = (Texts(project.root, project.read).toml(manifest) or {}).get("tool")
    return isinstance(tool, dict) and "tortoise" in tool


def table_edit(project: Project, target: Target) -> Edit | None:
    """What leads the ``tortoise`` command to a configuration that aerich reads.

    None where there is something already, or where the command would look in another folder.
    """
    is_toml = target.manifest.endswith(".toml")
    if not is_toml or target.source_folder != target.folder or target.rival:
        return None
    if has_own_table(project, target.manifest):
        return None
    return AddTable(target.manifest, _TABLE, (("tortoise_orm", target.dotted),))


def package_of(project: Project, path: str, app: AppConfig) -> str:
    """The package that Tortoise itself takes for the migrations of an app.

    Empty where it is not certain, or where something has its place already.
    """
    names = app.models.names if app.models and app.models.sure else ()
    first = next((name for name in names if name != MODEL), "")
    base = first.removesuffix(".models") if "." in first else ""
    base = base if base != first else first.rpartition(".")[0]
    place = project.modules.find(base, 0, path) if base and not first.endswith(".py") else None
    if place is None or project.modules.find(first, 0, path) is None:
        return ""
    folder = place.removesuffix("/__init__.py")
    taken = folder.endswith(".py") or (project.root / folder / _KEY).exists()
    return "" if taken else f"{base}.{_KEY}"


def key_edit(project: Project, one: Configuration, app: AppConfig) -> Edit | None:
    """What gives an app a package of migrations; None where that is not certain."""
    package, place = package_of(project, one.path, app), app.place
    plain = isinstance(place.node, ast.Dict) and place.inside is None
    if not package or not plain or place.via[len(one.config.place.via) :]:
        return None
    module = place.module
    key, value = quoted(module, _KEY), quoted(module, package)
    return AddEntry(module.path, module.span(place.node), key, value)


def all_edits(project: Project, one: Configuration) -> tuple[Edit, ...]:
    """Every change of a file on the way to own migrations; nothing where one is not certain."""
    apps = one.config.apps or ()
    packages = [package_of(project, one.path, app) for app in apps]
    if one.target is None or len({*packages}) != len(packages):
        return ()
    found = [table_edit(project, one.target)]
    for app in apps:
        found.append(key_edit(project, one, app))
        if app.models and MODEL in app.models.names:
            found.append(without(app.models.place, MODEL))
    edits = tuple(edit for edit in found if edit is not None)
    return edits if len(edits) == len(found) else ()
