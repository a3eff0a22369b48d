"""Interpreters with other releases of tortoise-orm, made once and kept.

They are kept in the folder that TORTOISE_FIX_TEST_CACHE names, or in the user's cache.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

#: Releases that programs are run with: the oldest that projects still pin, and the last of 0.x.
OLDER = ("0.20.1", "0.25.4")
INSTALLED = version("tortoise-orm")


def interpreter(release: str) -> str:
    """The path of a Python that has a release of tortoise-orm; the running one for its own.

    Args:
        release: The release, with the requirements of other packages after it, if any.

    Raises:
        subprocess.CalledProcessError: The release cannot be installed.
    """
    return sys.executable if release == INSTALLED else environment(_wanted(release))


def environment(wanted: list[str]) -> str:
    """The path of a Python that has some packages, in an environment that is made once.

    Args:
        wanted: The packages, as requirements; the first one names the environment.

    Raises:
        subprocess.CalledProcessError: They cannot be installed.
    """
    key = hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:12]
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folder = _cache() / f"{wanted[0].replace('==', '-')}-{key}-{python}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be making it
        if not (folder / "complete").exists():
            _make(folder, wanted)
    return str(folder / "bin" / "python")


def _cache() -> Path:
    named = os.environ.get("TORTOISE_FIX_TEST_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "tortoise-fix-tests"


def _wanted(release: str) -> list[str]:
    first, *others = release.split()
    named = {other.partition("==")[0] for other in others}
    drivers = ["asyncpg", "asyncmy", "setuptools<81", "fastapi", "uvicorn"]
    kept = [driver for driver in drivers if driver not in named]
    return [f"tortoise-orm=={first}", *others, *kept]


def _make(folder: Path, wanted: list[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *wanted], check=True, timeout=600)
    (folder / "complete").touch()
