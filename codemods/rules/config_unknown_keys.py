"""Reports arguments that stand inside a configuration, where nothing reads them.

What it does
    Names `generate_schemas`, `add_exception_handlers`, `db_url` and `modules` among the keys of a
    configuration that the ORM is started with.

Why
    They are arguments of `register_tortoise`, `RegisterTortoise` and `Tortoise.init`. As keys they
    are ignored in silence: no table is made (`OperationalError: no such table: ...`), and
    `DoesNotExist` stays an error 500.

Before
    register_tortoise(
        app,
        config={"connections": {...}, "apps": {...}, "generate_schemas": True},
    )

Use instead
    register_tortoise(
        app,
        config={"connections": {...}, "apps": {...}},
        generate_schemas=True,
    )

When it is safe
    It is never applied: what was ignored until now would begin to have an effect.

What it leaves alone
    `use_tz`, `timezone` and `routers`, which belong there, keys of the project's own, and arguments
    that the call has as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Finding, Rule, Safety
from ._configurations import by_module, configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project

_ARGUMENTS = ("generate_schemas", "add_exception_handlers", "db_url", "modules")


def _findings(project: Project) -> Iterator[Finding]:
    for one in configurations(project):
        for key in _ARGUMENTS:
            value = one.config.table.entries.get(key)
            if value is None or not one.starts or any(s.argument(key) for s in one.starts):
                continue
            module, node = value.place.module, value.place.node
            message = f'"{key}" is ignored inside a configuration'
            advice = f"pass {key}= to the call, or remove the key"
            span = module.span(node)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR418",
    name="config-unknown-keys",
    summary="an argument stands among the keys of a configuration, where it is ignored",
    safety=Safety.MANUAL,
    find=_find,
    modules=_modules,
)
