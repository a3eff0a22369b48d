"""What stands for the ORM's own names where a test puts something else in their place."""

from __future__ import annotations

import re

#: ``patch("shop.db.Tortoise.get_connection")``, ``patch.object(Tortoise, "get_connection")``,
#: ``patch(f"{MODULE}.Tortoise")`` and ``Tortoise.get_connection = fake``.
TORTOISE_REPLACED = re.compile(
    rb"[\"'](?:[^\"'\n]*\bTortoise(?:\.get_connection)?|get_connection)[\"']"
    rb"|\bTortoise(?:\.get_connection)?\s*=(?!=)"
)
