"""The rules on configurations against the ORM itself: what fails before a repair, starts after."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent.parent / "fixtures" / "models-not-a-list"
START = (
    "import asyncio\n"
    "from tortoise import Tortoise\n"
    "from shop.config import TORTOISE_ORM\n"
    "asyncio.run(Tortoise.init(config=TORTOISE_ORM))\n"
)


def start(case: Path, tmp_path: Path) -> str:
    """The last line that a start of the ORM with the configuration of a project complains with."""
    root = tmp_path / case.name
    shutil.copytree(case, root)
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("name", ["tuple", "tuple-of-one", "string", "variable", "bare-tuple"])
def test_models_that_are_not_a_list_are_refused_and_a_list_is_not(
    name: str, tmp_path: Path
) -> None:
    error = "ConfigurationError: AppConfig.models must be a list of strings"

    assert start(CASES / name / "before", tmp_path).endswith(error)
    assert start(CASES / name / "after", tmp_path) == ""
