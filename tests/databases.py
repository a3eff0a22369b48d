"""The databases that tests run programs on.

TORTOISE_FIX_TEST_DATABASES lists further ones, as URLs with commas between them, in which the tests
may create databases of their own. Without it, they run on SQLite alone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SQLITE = "sqlite://:memory:"
DATABASES = [SQLITE, *filter(None, os.environ.get("TORTOISE_FIX_TEST_DATABASES", "").split(","))]

_EXECUTE = """
import asyncio, sys
from tortoise import Tortoise
async def main(url, *statements):
    await Tortoise.init(db_url=url, modules={"models": ["tortoise.models"]})
    for statement in statements:
        await Tortoise.get_connection("default").execute_script(statement)
    await Tortoise.close_connections()
asyncio.run(main(*sys.argv[1:]))
"""


def kind(url: str) -> str:
    """The scheme of a database: ``sqlite``, ``postgres``, ``mysql``."""
    return url.partition(":")[0]


@contextlib.contextmanager
def fresh(url: str, count: int) -> Iterator[list[str]]:
    """The URLs of new, empty databases beside the one at ``url``; they are dropped at the end."""
    if url == SQLITE:
        yield [url] * count
        return
    names = [f"tortoise_fix_{secrets.token_hex(6)}" for _ in range(count)]
    _execute(url, *(f"CREATE DATABASE {name}" for name in names))
    try:
        yield [f"{url.rpartition('/')[0]}/{name}" for name in names]
    finally:
        _execute(url, *(f"DROP DATABASE {name}" for name in names))


def _execute(url: str, *statements: str) -> None:
    subprocess.run([sys.executable, "-c", _EXECUTE, url, *statements], check=True, timeout=60)
