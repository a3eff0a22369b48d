"""What scripts, recipes and notebooks name, and that plans rest on them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.scripts import named_in, scripts
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.reader import Reader
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from tortoise_fix.codemods.run.changes import Plan

CASE = Path(__file__).parent.parent / "fixtures/startup-hook-lifespan/helper-that-a-recipe-calls"
NOTEBOOK = {"cells": [{"cell_type": "code", "source": ["from app.db import connect\n"]}]}


def places(root: Path, files: dict[str, str]) -> list[str]:
    """Where scripts name ``connect`` of ``app/db.py``."""
    for name, text in {"app/db.py": "async def connect(): ...\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = Project(root, ["app/db.py"], Reader(root))
    return list(named_in(project, "app/db.py", "connect"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", 'seed:\n\tpython -c "import app.db; app.db.connect()"\n'),
        ("Dockerfile.dev", "FROM python\nCMD python -c 'from app.db import connect; connect()'\n"),
        ("bin/start", "#!/bin/sh\n\npython -m launcher app.db:connect\n"),
        (".github/workflows/ci.yml", "run: |\n  from app.db import (connect)\n"),
        ("app/docker-compose.yml", "command:\n  - app.db:connect\n"),
        ("notebooks/tour.ipynb", json.dumps(NOTEBOOK, indent=1)),
    ],
)
def test_a_script_that_names_a_function_uses_it(tmp_path: Path, name: str, text: str) -> None:
    found = places(tmp_path, {name: text})

    assert [place.rpartition(":")[0] for place in found] == [name]
    line = int(found[0].rpartition(":")[2])
    assert "connect" in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "seed:\n\techo connect the database\n"),
        ("deploy.sh", "app.db.reconnect\napp.dbs.connect\nfrom app.dbs import connect\n"),
        ("README.md", "from app.db import connect\n"),
        ("data/rows.json", '["app.db:connect"]\n'),
        ("poetry.lock", "app.db:connect\n"),
    ],
)
def test_other_files_and_other_names_are_no_use(tmp_path: Path, name: str, text: str) -> None:
    assert places(tmp_path, {name: text}) == []


def test_each_script_is_listed_once_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    for name in ("Makefile", "app/run.sh", "app/scripts/run.sh", "app/scripts/tool.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("\n")
    files = ["app/scripts/tool.py", "app/main.py"]

    found = [script.path for script in scripts(tmp_path, files)]

    assert found == ["Makefile", "app/run.sh", "app/scripts/run.sh"]
    assert found == [script.path for script in scripts(tmp_path, reversed(files))]


def test_a_plan_is_not_kept_when_a_script_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    shutil.copytree(CASE / "before", root)
    recipe = (root / "Makefile").read_text()
    (root / "Makefile").unlink()

    def planned() -> Plan:
        return plan(Request(root, (root,), Settings(select=("TOR802",)), cache=True))

    assert {change.path for change in planned().changes} == {"app/db.py", "app/main.py"}
    assert planned().changes

    (root / "Makefile").write_text(recipe)

    assert not planned().changes
