"""Reports projects that allow a Python for which the ORM they require cannot be installed.

What it does
    Compares the lowest Python in pyproject.toml, setup.cfg or setup.py with what the releases of
    tortoise-orm and aerich need that the project requires or `--target-version` names: Python 3.8
    since 0.20, 3.9 since 0.24, 3.10 since 1.0; and 3.10 for aerich 0.10.

Why
    On an older Python pip finds no such release, and a tool that locks for all Pythons that are
    allowed, such as Poetry, refuses: `tortoise-orm requires Python >=3.10, so it will not be
    satisfied for Python >=3.8,<3.10`.

Before
    requires-python = ">=3.8"
    dependencies = ["tortoise-orm>=1.1"]

Use instead
    requires-python = ">=3.10"
    dependencies = ["tortoise-orm>=1.1"]

When it is safe
    It is never applied: where the program runs is for you to say.

What it leaves alone
    Projects that name no Python, or no lowest one; those whose requirements allow a release that
    still works with it, or that are for certain Pythons alone; `.python-version`, which says
    what developers use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..project.mentions import Trust
from ..project.version_range import version
from ._base import Finding, Rule, Safety
from ._requirements import first_of_each, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.mentions import Mention
    from ..project.module import Module

#: By package: its releases that need a newer Python than those before, the newest first.
_FLOORS = {
    "tortoise-orm": (("1.0.0", "3.10"), ("0.24.0", "3.9"), ("0.20.0", "3.8")),
    "aerich": (("0.10.0", "3.10"),),
}
#: ``; python_version >= "3.10"``, and ``python = ">=3.10"`` of Poetry
_MARKER = re.compile(rb"[;,{].*\bpython(?:_full_version|_version)?\b[\"']?\s*[<>=!~]")
_DECLARING = (Trust.PYPROJECT, Trust.SETUP_CFG, Trust.SETUP_PY)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each place that allows too old a Python, from one file of a project."""
    project = module.project
    home = project.versions_of(module.path).directory
    needs = _needs(project, home)
    if not needs:
        return
    needed, why = max(needs, key=lambda one: version(one[0]))
    for mention in project.versions.mentions(home):
        if mention.name == "python" and _allows_below(mention, needed):
            message = f"Python {mention.allowed.text} allows older ones than {needed}: {why} it"
            span, advice = span_of(project, mention), f"require Python >={needed}"
            yield Finding(RULE.code, mention.path, span, message, Safety.MANUAL, (), advice)


def _needs(project: Project, home: str) -> list[tuple[str, str]]:
    """What Python each package needs in the releases that a project requires, and why."""
    versions = project.versions.for_directory(home)
    conditional = {one.name for one in project.versions.mentions(home) if _has_marker(project, one)}
    found = []
    for name, floors in _FLOORS.items():
        known = next((one for one in floors if versions.at_least(name, one[0])), None)
        if known is not None and name not in conditional:
            found.append((known[1], f"{name} {known[0]} and newer need"))
    return found


def _has_marker(project: Project, mention: Mention) -> bool:
    """Whether the line of a requirement says for which Pythons it is."""
    data = project.read(mention.path)
    lines = data.splitlines() if isinstance(data, bytes) and mention.name in _FLOORS else []
    line = lines[mention.line - 1] if 0 < mention.line <= len(lines) else b""
    return mention.trust is not Trust.LOCK and bool(_MARKER.search(line))


def _allows_below(mention: Mention, needed: str) -> bool:
    """Whether a declaration says that an older Python will do."""
    lower = mention.allowed.lower
    return mention.trust in _DECLARING and bool(lower) and version(lower) < version(needed)


RULE = Rule(
    code="TOR026",
    name="python-floor",
    summary="reports projects that allow a Python for which their Tortoise ORM is not there",
    safety=Safety.MANUAL,
    find=find,
    modules=first_of_each,
)
