"""Reports connections of a configuration that no app is on and that nothing names.

What it does
    Looks at the names of the connections where all apps are known, there is no router, and no
    other line of the project spells the name.

Why
    Nothing is ever asked of the connection. But because of it there are several, so that every
    `in_transaction()` and `@atomic()` without the name of a connection fails with

        ParamsError: You are running with multiple databases, so you should specify connection_name

    Often an app lacks its `default_connection`, and its tables are made in the wrong database.

Example
    TORTOISE_ORM = {
        "connections": {"default": "postgres://shop", "archive": "postgres://archive"},
        "apps": {"shop": {"models": ["shop.models"]}, "old": {"models": ["shop.old"]}},
    }

Use instead
    TORTOISE_ORM = {
        "connections": {"default": "postgres://shop", "archive": "postgres://archive"},
        "apps": {
            "shop": {"models": ["shop.models"]},
            "old": {"models": ["shop.old"], "default_connection": "archive"},
        },
    }

When it is safe
    It is never applied: whether the connection is to be used or to be removed is not for us to say.

What it leaves alone
    Configurations with routers, and those whose apps or connections are not all known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..source import Fault
from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ._configurations import Configuration

_ERROR = "ParamsError: You are running with multiple databases"


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        for name in _idle(one):
            if _mentions(project, name) > 1:
                continue
            value = one.config.connection(name)
            if value is not None:
                module, span = value.place.module, value.place.module.span(value.place.node)
                message = f'no app is on the connection "{name}"'
                advice = (
                    f"give an app default_connection, or remove it: because of it in_transaction() "
                    f'fails with "{_ERROR}"'
                )
                yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _idle(one: Configuration) -> list[str]:
    """The connections that no app is on, of several."""
    config = one.config
    if config.routers or not config.apps or len(config.connections or ()) < 2:
        return []
    used = {app.default_connection for app in config.apps}
    return [] if None in used else sorted((config.connections or frozenset()) - used)


def _mentions(project: Project, name: str) -> int:
    """How often the name stands in quotes in the project's code."""
    quoted = re.compile(rf"""["']{re.escape(name)}["']""".encode())
    contents = (project.read(path) for path in project.files)
    return sum(len(quoted.findall(data)) for data in contents if not isinstance(data, Fault))


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR426",
    name="unused-connection",
    summary="no app is on a connection of the configuration, and nothing names it",
    safety=Safety.MANUAL,
    find=_find,
    modules=_modules,
)
