"""Whole projects of older releases: their tests pass before and after one command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from proof.releases import environment

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"


class Old(NamedTuple):
    """A project, and what it was made for.

    Attributes:
        name: Its folder.
        tests: How many of its tests pass.
        left: What `apply` leaves to a person, as `path:line: code`.
        packages: What its tests need, in the releases of their time.
        newest: The newest Python that these run on.
    """

    name: str
    tests: int
    left: list[str]
    packages: str
    newest: tuple[int, int] = (3, 13)


OLD = [
    Old(
        "newsroom",
        13,
        ["newsroom/settings.py:5: TOR701"],
        "tortoise-orm==0.16.21 aerich==0.5.7 asynctest==0.13.0 fastapi==0.89.1 httpx==0.23.3 "
        "pytest==7.4.4 requests setuptools<81",
        (3, 10),  # asynctest
    ),
    Old(
        "hotel",
        10,
        [],
        "tortoise-orm==0.20.1 aerich==0.7.2 fastapi==0.111.1 httpx==0.27.2 pydantic<2.11 pytest "
        "pytest-asyncio",
    ),
    Old(
        "clinic",
        7,
        [],
        "tortoise-orm==0.25.4 aerich==0.9.2 fastapi==0.119.1 httpx pytest pytest-asyncio",
    ),
    Old(
        "pharmacy",
        6,
        [],
        "tortoise-orm==0.25.4 aerich==0.9.2 fastapi==0.119.1 httpx pytest pytest-asyncio",
    ),
]


def copied(project: Old, folder: Path) -> Path:
    """A copy of a project that is no part of this repository."""
    root = folder / project.name
    shutil.copytree(PROJECTS / project.name, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def passed(python: str, root: Path) -> int:
    """How many tests of a project pass; all of them have to, but for those that it skips."""
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(root)]
    done = subprocess.run(
        [python, "-W", "ignore", "-m", "pytest", *options],
        cwd=root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.rstrip().splitlines()[-1].split()
    return int(last[last.index("passed") - 1] if "passed" in last else last[0])


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool from a folder that has nothing to do with it."""
    command = [sys.executable, "-m", "tortoise_fix", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/")


@pytest.mark.parametrize("project", OLD, ids=lambda project: project.name)
def test_the_tests_of_a_project_pass_on_the_release_of_its_time(
    project: Old, tmp_path: Path
) -> None:
    if sys.version_info[:2] > project.newest:
        pytest.skip(
            f"its packages do not run on Python {sys.version_info[0]}.{sys.version_info[1]}"
        )
    python = environment(project.packages.split())

    assert passed(python, copied(project, tmp_path)) == project.tests


@pytest.mark.parametrize("project", OLD, ids=lambda project: project.name)
def test_one_command_migrates_a_project_to_the_newest_release(project: Old, tmp_path: Path) -> None:
    root = copied(project, tmp_path)

    done = tool("apply", "--unsafe", "--target-version", "1.1", str(root))

    assert done.returncode == (1 if project.left else 0), done.stdout + done.stderr
    left = done.stdout.partition("Left for you:")[2]
    assert re.findall(rf"{project.name}/(\S+:\d+: TOR\d+) ", left) == project.left
    assert passed(sys.executable, root) == project.tests
    again = tool("apply", "--unsafe", "--target-version", "1.1", "--dry-run", str(root))
    assert again.stdout == ""


@pytest.mark.parametrize("project", OLD, ids=lambda project: project.name)
def test_for_the_release_that_a_project_pins_nothing_of_the_newest_is_written(
    project: Old, tmp_path: Path
) -> None:
    """Without a target, the tests still pass on the old release after `apply --unsafe`."""
    if sys.version_info[:2] > project.newest:
        pytest.skip(
            f"its packages do not run on Python {sys.version_info[0]}.{sys.version_info[1]}"
        )
    root = copied(project, tmp_path)

    assert tool("apply", "--unsafe", str(root)).returncode in (0, 1)

    python = environment(project.packages.split())
    assert passed(python, root) == project.tests
