"""Which variable aerich reads its configuration from, as the project's manifests say."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .evaluate import class_of
from .modules import LIBRARIES
from .symbols import Class, Package, Variable
from .texts import Texts
from .uses import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source import Fault
    from .index import Project
    from .symbols import Symbol
    from .uses import Held

#: The keys of ``[tool.tortoise]`` that only aerich reads; without them the table is Tortoise's own.
_OWN_KEYS = ("location", "src_folder")
_INI = "aerich.ini"


@dataclass(frozen=True, slots=True)
class Target:
    """What one manifest names as the configuration for aerich.

    Attributes:
        manifest: POSIX path relative to the project root.
        dotted: The module and the name in it, as written.
        source_folder: The folder that aerich imports from, relative to the project root.
        location: The folder of the migrations, as written; empty if it is not.
        rival: Another manifest of the same folder that names something else; empty if none does.
    """

    manifest: str
    dotted: str
    source_folder: str
    location: str = ""
    rival: str = ""

    @property
    def folder(self) -> str:
        """The folder that aerich is run in, relative to the project root; empty for the root."""
        return self.manifest.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class LocatedTarget:
    """A target that is proven: exactly one statement of the project gives it its value.

    Attributes:
        target: What the manifest says.
        variable: What it means: a variable, or an attribute of a class or of an object.
    """

    target: Target
    variable: Held


def aerich_targets(project: Project) -> tuple[Target, ...]:
    """The configurations that the manifests name, in order of their folders."""
    return _read(project)[0]


def target_faults(project: Project) -> tuple[Fault, ...]:
    """The manifests that could not be read or understood while looking for targets."""
    return _read(project)[1]


def _read(project: Project) -> tuple[tuple[Target, ...], tuple[Fault, ...]]:
    key = aerich_targets
    if key not in project.memo:
        texts = Texts(project.root, project.read)
        folders = _folders(project.files)
        targets = [t for folder in folders for t in _of_folder(project, texts, folder)]
        project.memo[key] = tuple(targets), tuple(texts.faults)
    found: tuple[tuple[Target, ...], tuple[Fault, ...]] = project.memo[key]
    return found


def located_targets(project: Project) -> tuple[LocatedTarget, ...]:
    """The targets that lead to a variable of the project, the nearest manifest for each module.

    A target is left out where its module or its variable is not certain.
    """
    key = located_targets
    if key not in project.memo:
        targets = aerich_targets(project)
        folders = {target.folder for target in targets}
        found = ((target, _variable(project, target)) for target in targets)
        project.memo[key] = tuple(
            LocatedTarget(target, variable)
            for target, variable in found
            if variable and _nearest(folders, variable.path) in (None, target.folder)
        )
    located: tuple[LocatedTarget, ...] = project.memo[key]
    return located


@dataclass(frozen=True, slots=True)
class Contested:
    """A target whose name several statements of its module bind.

    Attributes:
        target: What the manifest says.
        variable: The name.
    """

    target: Target
    variable: Variable


def contested_targets(project: Project) -> tuple[Contested, ...]:
    """The targets that lead to a name which is not certain, for its module binds it repeatedly."""
    key = contested_targets
    if key not in project.memo:
        found = (_contested(project, target) for target in aerich_targets(project))
        project.memo[key] = tuple(one for one in found if one)
    contested: tuple[Contested, ...] = project.memo[key]
    return contested


def _contested(project: Project, target: Target) -> Contested | None:
    module, _, name = target.dotted.rpartition(".")
    path = _module(project, target, module)
    facts = project.facts(path) if path and path.endswith(".py") else None
    if path is None or facts is None or facts.bindings.get(name, 0) < 2 or name in facts.imports:
        return None
    return Contested(target, Variable(path, name))


def target_modules(project: Project) -> tuple[str, ...]:
    """The files that define a configuration for aerich; they need not name the framework."""
    found = {one.variable.path for one in (*located_targets(project), *stale_targets(project))}
    return tuple(sorted(found | {one.variable.path for one in contested_targets(project)}))


def _folders(files: tuple[str, ...]) -> list[str]:
    """Every folder at or above a file, sorted; the root is empty."""
    folders = {""}
    for path in files:
        folder = posixpath.dirname(path)
        while folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    return sorted(folders)


def _of_folder(project: Project, texts: Texts, folder: str) -> Iterator[Target]:
    found = [*_from_toml(texts, posixpath.join(folder, "pyproject.toml"))]
    found += _from_ini(texts, posixpath.join(folder, _INI))
    for target in found:
        if target.manifest.endswith(_INI) and _ignores_ini(project, folder):
            continue
        rivals = (other.manifest for other in found if other.dotted != target.dotted)
        yield replace(target, rival=next(rivals, ""))


def stale_targets(project: Project) -> tuple[LocatedTarget, ...]:
    """What an aerich.ini names that aerich no longer reads, with nothing in its place."""
    if stale_targets not in project.memo:
        texts, current = (
            Texts(project.root, project.read),
            {target.folder for target in aerich_targets(project)},
        )
        folders = [folder for folder in _folders(project.files) if folder not in current]
        named = (t for f in folders for t in _from_ini(texts, posixpath.join(f, _INI)))
        stale = [target for target in named if _ignores_ini(project, target.folder)]
        found = ((target, _variable(project, target)) for target in stale)
        project.memo[stale_targets] = tuple(LocatedTarget(t, held) for t, held in found if held)
    answer: tuple[LocatedTarget, ...] = project.memo[stale_targets]
    return answer


def _ignores_ini(project: Project, folder: str) -> bool:
    """Whether aerich is proven to be a release that reads pyproject.toml alone."""
    return bool(project.versions.for_directory(folder or ".").at_least("aerich", "0.6.0"))


def _from_toml(texts: Texts, path: str) -> Iterator[Target]:
    if not texts.exists(path):
        return
    text = texts.read(path) or ""
    if "aerich" not in text and "tool.tortoise" not in text:
        return
    tool = (texts.toml(path) or {}).get("tool")
    tables = tool if isinstance(tool, dict) else {}
    own, shared = tables.get("aerich"), tables.get("tortoise")
    if isinstance(own, dict) and own:
        yield from _target(path, own)
    elif isinstance(shared, dict) and any(key in shared for key in _OWN_KEYS):
        yield from _target(path, shared)


def _from_ini(texts: Texts, path: str) -> Iterator[Target]:
    if not texts.exists(path):
        return
    from configparser import ConfigParser, Error

    parser = ConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(texts.read(path) or "")
    except Error as error:
        texts.blame(path, 0, f"is not a valid ini file: {error}")
        return
    if parser.has_section("aerich"):
        yield from _target(path, dict(parser["aerich"]))


def _target(path: str, table: dict[str, Any]) -> Iterator[Target]:
    dotted, source = table.get("tortoise_orm"), table.get("src_folder", table.get("src", "."))
    if isinstance(dotted, str) and "." in dotted and isinstance(source, str):
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
        location = table.get("location")
        written = location if isinstance(location, str) else ""
        yield Target(path, dotted, "" if folder == "." else folder, written)


def _nearest(folders: set[str], path: str) -> str | None:
    """The innermost of the folders that a file lies in."""
    above = [f for f in folders if not f or path.startswith(f"{f}/")]
    return max(above, key=len, default=None)


def _variable(project: Project, target: Target) -> Held | None:
    module, _, name = target.dotted.rpartition(".")
    path = _module(project, target, module)
    if path:
        symbol = project.member(Package(path), name)
        return symbol if isinstance(symbol, Variable) else None
    module, _, holder = module.rpartition(".")
    path = _module(project, target, module) if module else None
    return _attribute(project, project.member(Package(path), holder), name) if path else None


def _attribute(project: Project, holder: Symbol | None, name: str) -> Held | None:
    """The attribute that aerich reads where the last name but one is not a module's."""
    if isinstance(holder, Class):
        return Member(holder.path, holder.qualname, name)
    if not isinstance(holder, Variable):
        return None
    owner = class_of(project, holder)
    return Member(owner.path, owner.qualname, name, is_object=True) if owner else None


def _module(project: Project, target: Target, dotted: str) -> str | None:
    """The file of a module as aerich imports it; None where two files could be meant.

    Some releases of aerich put ``src_folder`` on the path, others the folder they are run in.
    """
    parts = dotted.split(".")
    if parts[0] in LIBRARIES:
        return None
    roots = {target.source_folder, target.folder}
    found = {_below(project, root, parts) for root in roots} - {None}
    if found:
        return found.pop() if len(found) == 1 else None
    return project.modules.find(dotted, 0, posixpath.join(target.folder, "_.py"))


def _below(project: Project, root: str, parts: list[str]) -> str | None:
    here: str | None = root
    for part in parts:
        here = project.modules.child(here, part) if here is not None else None
    return here
