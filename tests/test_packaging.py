"""What is built and installed: the package, all of it, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_SOURCE = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build leaves folders behind in the tree it is run in."""
    folder = tmp_path_factory.mktemp("packaging")
    shutil.copytree(ROOT, folder / "source", ignore=NOT_SOURCE)
    shutil.copy(ROOT / "pyproject.toml", folder / "source")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    run([*pip, "--wheel-dir", str(folder), str(folder / "source")], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that holds the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    run([str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheel)], folder)
    return programs


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_the_package_and_its_metadata_only(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    (metadata,) = tops - {"tortoise_fix"}
    assert metadata.endswith(".dist-info")
    inside = {name.split("/")[1] for name in names(wheel) if name.startswith("tortoise_fix/")}
    assert inside == {"__init__.py", "__main__.py", "cli.py", "codemods", "py.typed"}


def test_wheel_holds_every_module_of_the_package(wheel: Path) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "codemods").rglob("*.py")}
    missing = {f"tortoise_fix/{module}" for module in modules} - names(wheel)
    assert not missing


def test_wheel_declares_one_top_level_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (top_level,) = (name for name in archive.namelist() if name.endswith("/top_level.txt"))
        assert archive.read(top_level).decode().split() == ["tortoise_fix"]


def test_wheel_carries_the_license(wheel: Path) -> None:
    assert any(name.endswith("/LICENSE") for name in names(wheel))


def test_command_runs_beside_modules_of_the_same_names(installed: Path, tmp_path: Path) -> None:
    for name in ("cli.py", "codemods.py", "fixtures.py", "tests.py"):
        (tmp_path / name).write_text("raise SystemExit('the module of the user was imported')\n")
    said = run([str(installed / "tortoise-fix"), "--version"], tmp_path)
    assert "tortoise-fix" in said
    assert run([str(installed / "python"), "-m", "tortoise_fix", "--version"], tmp_path) == said


def test_installed_command_repairs_a_project(installed: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(ROOT / "fixtures" / "projects" / "bookshop", shop)
    run([str(installed / "tortoise-fix"), "apply", "."], shop)
    assert "lifespan" in (shop / "bookshop" / "main.py").read_text()


def test_user_module_named_cli_is_still_the_users(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "cli.py").write_text("OWNER = 'user'\n")
    code = "import tortoise_fix.cli, cli; print(cli.OWNER)"
    assert run([str(installed / "python"), "-c", code], tmp_path) == "user\n"
