"""Imports names from the module that defines them; `tortoise` itself lost some in 1.0.

What it does
    `from tortoise import generate_config` becomes `from tortoise.backends.base.config_generator
    import generate_config`; `get_m2m_filters` comes from `tortoise.filters`. Other names of the
    import stay where they are.

Why
    The package had these names by accident, because it used them. Since 1.0 it does not:
    `ImportError: cannot import name 'generate_config' from 'tortoise'`.

Before
    from tortoise import Tortoise, generate_config

After
    from tortoise import Tortoise
    from tortoise.backends.base.config_generator import generate_config

When it is safe
    Every release that the project allows is 1.0.0 or newer, so that the import fails. The modules
    have had the names for long, so it works with older releases as well.

What it leaves alone
    Reported, for a hand: projects whose release is not known.
    Silently: imports in a `try` statement that counts on a missing name, and in branches on a
    version; star imports; `Table` and `Query`, which are not Tortoise's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import Rule
from ._moved_import import moved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.module import Module
    from ._base import Finding

_SINCE = "1.0.0"
_HOMES = {
    "tortoise.generate_config": "tortoise.backends.base.config_generator",
    "tortoise.get_m2m_filters": "tortoise.filters",
}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each import of a name that ``tortoise`` has no more."""
    why = f"tortoise itself has it no more since {_SINCE}, and this import fails"
    yield from moved(module, RULE.code, _SINCE, _HOMES, why)


RULE = Rule(
    code="TOR021",
    name="import-from-definition",
    summary="imports `generate_config` from where it is defined: `tortoise` has it no more",
    since="1.0.0",
    find=find,
    pattern=rb"\b(?:generate_config|get_m2m_filters)\b",
)
