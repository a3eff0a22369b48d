"""Reports an aerich that is too old for the Tortoise ORM beside it.

What it does
    Says where the configuration is that aerich reads, which releases the project allows, and which
    aerich it needs.

Why
    aerich before 0.9.3 was written for Tortoise ORM before 1.0. With a newer one `aerich migrate`
    fails as soon as a column with a default is added:

        TypeError: SqliteSchemaGenerator._column_default_generator() takes 4 positional arguments
        but 6 were given

    and before 0.8.0 it fails in any case:

        AttributeError: 'Apps' object has no attribute 'get'

Before
    dependencies = ["tortoise-orm>=1.0", "aerich==0.9.2"]

Use instead
    dependencies = ["tortoise-orm>=1.0", "aerich>=0.9.3"]

When it is safe
    It is never applied: which release to take is the project's decision, and its lock file has to
    follow.

What it leaves alone
    Projects where the releases allow a pair that works, and those that do not say which they use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.aerich import located_targets
from ..project.evaluate import given_to
from ._base import Finding, Rule, Safety
from ._configurations import by_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_FLOOR, _SINCE = "0.9.3", "1.0.0"
#: aerich asks for apps as if they were a dictionary up to the release before this one.
_INDEXES = "0.8.0"
_NO_GET = "AttributeError: 'Apps' object has no attribute 'get'"
_ERROR = "TypeError: _column_default_generator() takes 4 positional arguments but 6 were given"


def _findings(project: Project) -> Iterator[Finding]:
    for located in located_targets(project):
        versions = project.versions.for_directory(located.target.folder or ".")
        place = given_to(project, located.variable)
        if place is None or not versions.at_least("tortoise-orm", _SINCE):
            continue
        pin = versions.get("aerich")
        if pin is not None and pin.at_least(_FLOOR) is False:
            span, path = place.module.span(place.node), place.module.path
            error = _NO_GET if pin.at_least(_INDEXES) is False else _ERROR
            message = (
                f"{pin} was made for tortoise-orm before {_SINCE}: `aerich migrate` fails with "
                f'"{error}"'
            )
            advice = f"require aerich>={_FLOOR}"
            yield Finding(RULE.code, path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR710",
    name="aerich-floor",
    summary="aerich is older than the installed Tortoise ORM needs",
    safety=Safety.MANUAL,
    since="1.0.0",
    find=_find,
    modules=_modules,
)
