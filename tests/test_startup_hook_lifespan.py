"""TOR802 beyond its fixtures: what stops it, what it says, and what its results do when run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.rules.startup_hook_lifespan import find
from tortoise_fix.codemods.run.verify import verify

CASES = Path(__file__).parent.parent / "fixtures" / "startup-hook-lifespan"
PINS = '[project]\nname = "shop"\ndependencies = ["tortoise-orm==1.1.9", "fastapi==0.115.0"]\n'
HEAD = """\
from fastapi import FastAPI
from tortoise import Tortoise

app = FastAPI()
"""
STARTUP = """\
@app.on_event("startup")
async def connect():
    await Tortoise.init(config={})
"""
SHUTDOWN = """\
@app.on_event("shutdown")
async def disconnect():
    await Tortoise.close_connections()
"""
PROBE = """\
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, ".")
from fastapi.testclient import TestClient
from main import app
with TestClient(app, raise_server_exceptions=False) as client:
    print("serving", client.get("/items").status_code)
"""


def project(root: Path, files: dict[str, str], pins: str = PINS) -> Project:
    """A project of these files."""
    for path, text in {"pyproject.toml": pins, **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Project(root, list(files), lambda path: (root / path).read_bytes())


def findings(root: Path, main: str, others: dict[str, str] | None = None) -> list[Finding]:
    """What the rule says of ``main.py``."""
    module = project(root, {"main.py": main, **(others or {})}).module("main.py")
    assert isinstance(module, Module)
    return list(find(module))


def only(root: Path, main: str, others: dict[str, str] | None = None) -> Finding:
    """The one finding of ``main.py``."""
    found = findings(root, main, others)
    assert len(found) == 1
    return found[0]


def rewritten(root: Path, main: str) -> str:
    """``main.py`` after the rule, verified."""
    module = project(root, {"main.py": main}).module("main.py")
    assert isinstance(module, Module)
    (finding,) = find(module)
    assert finding.safety is Safety.SAFE, finding.message
    text = apply(module.source, module.tree, finding.edits)
    assert isinstance(text, str), text
    assert verify(module.source, text, finding.edits) is None
    return text


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        ('@app.on_event("startup")\nasync def warm(times=1):\n    print(times)\n', "parameters"),
        ('@app.on_event("startup")\nasync def warm(*times):\n    print(times)\n', "parameters"),
        ('@app.on_event("startup")\ndef warm():\n    yield 1\n', "generator"),
        ("@app.on_event(EVENT)\ndef warm():\n    print(1)\n", "literally"),
        ('@app.on_event("startup")  # why\ndef warm():\n    print(1)\n', "comment"),
        ('@app.on_event("startup")\n@wraps(1)\ndef warm():\n    print(1)\n', "other decorators"),
        ('@app.on_event("startup")\ndef warm():\n    print(1)\n\nwarm = None\n', "shares its"),
        ('app.on_event("startup")(print)\n', "main.py:17 uses app.on_event"),
        ("def hook():\n    global app\n    app = None\n", "bound more than once"),
        ("app.router.on_startup.append(print)\n", "main.py:17 uses app.router"),
        ("alias = app\n", "main.py:17 hands app on"),
        ("def get_app():\n    return app\n", "main.py:18 hands app on"),
        ('setattr(app, "lifespan", 1)\n', "passes app to setattr"),
    ],
)
def test_what_else_happens_to_the_app_stops_the_rewrite(
    hook: str, reason: str, tmp_path: Path
) -> None:
    finding = only(tmp_path, "\n\n".join([HEAD, STARTUP, SHUTDOWN, hook]))
    assert finding.safety is Safety.MANUAL
    assert not finding.edits
    assert reason in finding.message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    print(locals())\n    await Tortoise.init(config={})\n", "inspects"),
        ("    app = 1\n    await Tortoise.init(config={})\n", "binds app"),
        ("    global app\n    await Tortoise.init(config={})\n", "more than once"),
        ("    await Tortoise.init(config={})\n    return\n", "returns"),
        ("    context = await Tortoise.init(config={})\n", "not a statement of its own"),
        ("    async with lock:\n        await Tortoise.init(config={})\n", "not a statement"),
        ("    await Tortoise.init({}, config={})\n", "twice"),
        ("    await Tortoise.init(*given)\n", "cannot be seen"),
        ("    await Tortoise.init(table_name_generator=str)\n", "no table_name_generator"),
        (
            "    await Tortoise.init(config={})\n    await Tortoise.close_connections()\n",
            "also closes",
        ),
    ],
)
def test_what_a_hook_does_besides_stops_the_rewrite(body: str, reason: str, tmp_path: Path) -> None:
    start = f'@app.on_event("startup")\nasync def connect():\n{body}'
    finding = only(tmp_path, "\n\n".join([HEAD, start, SHUTDOWN]))
    assert finding.safety is Safety.MANUAL
    assert reason in finding.message


def test_a_test_client_in_a_function_that_imports_it_there_is_followed(tmp_path: Path) -> None:
    test = (
        "def test_it():\n"
        "    from fastapi.testclient import TestClient\n"
        "    from main import app\n"
        "    assert TestClient(app)\n"
    )
    finding = only(tmp_path, f"{HEAD}\n\n{STARTUP}", {"tests/test_main.py": test})
    assert finding.safety is Safety.SAFE


def test_a_fixture_that_hands_the_app_out_stops_the_rewrite(tmp_path: Path) -> None:
    conftest = "import main\n\n\ndef client():\n    yield main.app\n"
    finding = only(tmp_path, f"{HEAD}\n\n{STARTUP}", {"tests/conftest.py": conftest})
    assert "tests/conftest.py:5 hands app on" in finding.message


def test_a_parameter_of_the_same_name_is_not_the_app(tmp_path: Path) -> None:
    other = "def set_up(app):\n    app.on_event('startup')(print)\n"
    finding = only(tmp_path, f"{HEAD}\n\n{STARTUP}\n\n{other}")
    assert finding.safety is Safety.SAFE


def test_hooks_of_an_app_in_a_function_do_not_count_for_included_routers(tmp_path: Path) -> None:
    factory = (
        "from fastapi import FastAPI\n\n\ndef create():\n    app = FastAPI()\n\n"
        "    @app.on_event('startup')\n    def warm():\n        print(1)\n\n    return app\n"
    )
    routes = "from fastapi import APIRouter\n\nrouter = APIRouter()\n"
    head = HEAD.replace("\napp", "\nfrom routes import router\n\napp")
    main = f"{head}app.include_router(router)\n\n\n{STARTUP}"
    finding = only(tmp_path, main, {"routes.py": routes, "other.py": factory})
    assert finding.safety is Safety.SAFE


def test_an_import_that_others_take_from_the_file_stays(tmp_path: Path) -> None:
    other = "from main import Tortoise\n"
    finding = only(tmp_path, f"{HEAD}\n\n{STARTUP}", {"other.py": other})
    assert "other.py imports Tortoise from this file" in finding.message


def test_a_name_that_means_something_else_stops_the_rewrite(tmp_path: Path) -> None:
    finding = only(tmp_path, f"{HEAD}\n\nRegisterTortoise = None\n\n\n{STARTUP}")
    assert "the name RegisterTortoise means something else" in finding.message


def test_a_decorator_that_is_imported_below_the_app_stops_the_rewrite(tmp_path: Path) -> None:
    late = "from contextlib import asynccontextmanager\n\nprint(asynccontextmanager)\n"
    finding = only(tmp_path, f"{HEAD}\n{late}\n\n{STARTUP}")
    assert "imported below" in finding.message


def test_two_apps_that_both_set_up_the_orm_are_left(tmp_path: Path) -> None:
    second = STARTUP.replace("app.", "admin.").replace("connect", "connect_admin")
    main = f"{HEAD}admin = FastAPI()\n\n\n{STARTUP}\n\n{second}"
    assert [finding.safety for finding in findings(tmp_path, main)] == [Safety.MANUAL] * 2


def test_a_global_fallback_stays_and_is_not_called_broken(tmp_path: Path) -> None:
    main = f"{HEAD}\n\n{STARTUP}".replace("config={}", "config={}, _enable_global_fallback=True")
    assert "deprecated" in only(tmp_path, main).message
    assert "RegisterTortoise(app, config={}, _enable_global_fallback=True)" in rewritten(
        tmp_path, main
    )


def test_variables_of_one_hook_that_no_other_reads_may_move(tmp_path: Path) -> None:
    start = STARTUP.replace("    await", "    path = 'a'\n    print(path)\n    await")
    stop = SHUTDOWN.replace("    await", "    size = 1\n    print(size)\n    await")
    text = rewritten(tmp_path, f"{HEAD}\n\n{start}\n\n{stop}")
    assert text.index("path = 'a'") < text.index("async with") < text.index("size = 1")


def test_both_hooks_may_bear_one_name(tmp_path: Path) -> None:
    main = f"{HEAD}\n\n{STARTUP}\n\n{SHUTDOWN.replace('disconnect', 'connect')}"
    assert "def connect" not in rewritten(tmp_path, main)


def served(case: Path, root: Path) -> tuple[list[str], str]:
    """What an app prints from its start to its end, and the line about its answer."""
    shutil.copytree(case, root)
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, timeout=60
    )
    lines = (done.stdout + done.stderr).splitlines()
    answer = next((line for line in lines if line.startswith("serving")), "")
    return [line.split()[0] for line in lines], answer


@pytest.mark.parametrize("name", ["hooks-that-stay-functions", "code-around-the-call"])
def test_requests_fail_before_and_succeed_after_in_the_same_order(
    name: str, tmp_path: Path
) -> None:
    before, failed = served(CASES / name / "before", tmp_path / "before")
    after, answered = served(CASES / name / "after", tmp_path / "after")
    assert (failed, answered) == ("serving 500", "serving 200")
    assert after == before
    assert len(before) > 3
