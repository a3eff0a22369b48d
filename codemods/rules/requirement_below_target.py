"""Requires the release that code is written for, where requirements ask for an older one.

What it does
    With a `--target-version` above what the project requires, each requirement of `tortoise-orm` is
    raised to the target, in the form that it has: `==0.20.1` becomes `==1.1.*`, `^0.20` becomes
    `^1.1`, `>=0.20,<0.21` becomes `>=1.1,<1.2`. So are requirements that allow nothing but releases
    that do not work with the target: of an aerich before 0.9.3 with 1.1, of a FastAPI before
    0.112.2 with 0.24.1 and `tortoise.contrib.fastapi`, and, beside the ORM in a requirements file,
    of a pypika-tortoise before 0.6.3 with 1.0 and an iso8601 before 2.1 with 0.21.7. Comments,
    extras and markers stay.

Why
    The other rules rewrite the code for the target. An installation that still has the old release
    then fails, often silently: before 0.21 a `primary_key=True` is ignored.

Before
    tortoise-orm==0.20.1  # the ORM

After
    tortoise-orm==1.1.*  # the ORM

When it is safe
    It is unsafe: whether other packages allow the new release is not known here. With `--unsafe`
    it is applied to pyproject.toml (the standard tables, Poetry, PDM, uv), setup.cfg, setup.py,
    Pipfile and requirements files.

What it leaves alone
    Reported, for a hand: lock files, and requirements files that a tool has written, which are to
    be made anew; requirements in other forms, such as `!=` or `||`; requirements of pydantic 1
    where `tortoise.contrib.pydantic` is used, which needs pydantic 2 since 0.20: models of your own
    have to be migrated as well.
    Silently: requirements that allow no older release, or name no version at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..project.mentions import Trust
from ._base import Finding, Rule, Safety
from ._frozen import pinned_beside
from ._requirements import (
    allows_below,
    edit_of,
    first_of_each,
    is_below,
    is_generated,
    span_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..project.index import Project
    from ..project.mentions import Mention
    from ..project.module import Module
    from ..source import Fault

_TORTOISE = "tortoise-orm"


class _Companion(NamedTuple):
    """A package of which a release of Tortoise ORM needs a newer one.

    Attributes:
        since: That release of Tortoise ORM.
        floor: The first release of the package that works with it.
        target: The release to require; empty where that takes more than a requirement.
        used: What a project that needs it names.
    """

    since: str
    floor: str
    target: str
    used: bytes


_COMPANIONS = {
    "aerich": _Companion("1.1", "0.9.3", "0.10", b""),
    "fastapi": _Companion("0.24.1", "0.112.2", "0.112.2", b"tortoise.contrib.fastapi"),
    "pydantic": _Companion("0.20", "2", "", b"tortoise.contrib.pydantic"),
}
#: The same for what Tortoise ORM itself requires, which a frozen requirements file pins as well.
_OWN = {
    "iso8601": _Companion("0.21.7", "2.1.0", "2.1.0", b""),
    "pypika-tortoise": _Companion("1.0", "0.6.3", "0.6.5", b""),
}
_RESTS = "it rests on the other packages allowing {target}; lock and install anew afterwards"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each requirement below the target, from one file of its project."""
    yield from dict.fromkeys(_findings(module))  # the ORM may be required twice in one file


def _findings(module: Module) -> Iterator[Finding]:
    project = module.project
    home = project.versions_of(module.path).directory
    # A file that another one includes is read for both.
    mentions = project.versions.mentions(home)
    places = {(one.path, one.line, one.name, one.allowed.text): one for one in mentions}
    for mention in places.values():
        if not mention.allowed.text:
            continue
        if mention.name == _TORTOISE and allows_below(mention, project.target):
            yield _finding(project, mention, project.target)
            yield from _beside(project, mention, home)
        companion = _COMPANIONS.get(mention.name)
        if companion and is_below(mention, companion.floor) and _needs(project, home, companion):
            yield _finding(project, mention, companion.target, companion.floor)


def _beside(project: Project, mention: Mention, home: str) -> Iterator[Finding]:
    """The findings for what pins the requirements of the ORM itself, in the same file."""
    for one in pinned_beside(project, mention, _OWN):
        own = _OWN[one.name]
        needed = project.versions.for_directory(home).at_least(_TORTOISE, own.since)
        if needed and is_below(one, own.floor):
            yield _finding(project, one, own.target, own.floor)


def _needs(project: Project, home: str, companion: _Companion) -> bool:
    """Whether a project uses what needs a newer release of another package."""
    if not project.versions.for_directory(home).at_least(_TORTOISE, companion.since):
        return False
    files = (path for path in project.relevant if project.versions_of(path).directory == home)
    return any(companion.used in _bytes(project.read(path)) for path in files)


def _bytes(data: bytes | Fault) -> bytes:
    return data if isinstance(data, bytes) else b""


def _finding(project: Project, mention: Mention, target: str, floor: str = "") -> Finding:
    span, path = span_of(project, mention), mention.path
    needed = f"tortoise-orm {project.target} needs {floor}" if floor else f"the target is {target}"
    message = f"{mention.name} {mention.allowed.text} allows older releases: {needed}"
    if is_generated(project, mention):
        kind = "the lock file" if mention.trust is Trust.LOCK else "the file, which a tool wrote,"
        advice = f"make {kind} anew once the requirement is changed"
        return Finding(RULE.code, path, span, message, Safety.MANUAL, (), advice)
    edit = edit_of(project, mention, target) if target else None
    if edit is None:
        advice = f"require {mention.name} {target or floor}"
        return Finding(RULE.code, path, span, message, Safety.MANUAL, (), advice)
    advice = _RESTS.format(target=f"{mention.name} {target}")
    return Finding(RULE.code, path, span, message, Safety.UNSAFE, (edit,), advice)


def _modules(project: Project) -> Collection[str]:
    """The first relevant file of each project, where the user names a release above its own."""
    return first_of_each(project) if project.target else ()


RULE = Rule(
    code="TOR027",
    name="requirement-below-target",
    summary="requires the release that `--target-version` names",
    safety=Safety.UNSAFE,
    find=find,
    modules=_modules,
)
