"""TOR802 beyond its fixtures: what stops it, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.edits.arguments import PassKeyword
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.rules.startup_hook_lifespan import find
from tortoise_fix.codemods.run.reader import Reader
from tortoise_fix.codemods.run.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

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


def project(root: Path, files: dict[str, str], pins: str = PINS) -> Project:
    """A project of these files."""
    for path, text in {"pyproject.toml": pins, **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Project(root, list(files), Reader(root))


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


def is_left(finding: Finding) -> bool:
    """Whether the hooks stay; an unsafe finding may pass an argument to ``Tortoise.init``."""
    if finding.safety is Safety.MANUAL:
        return not finding.edits
    return finding.safety is Safety.UNSAFE and [type(e) for e in finding.edits] == [PassKeyword]


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
        ("apps = [app]\n", "main.py:17 hands app on"),
        ('alias = app\nalias.on_event("startup")(print)\n', "main.py:18 uses app.on_event"),
        (
            "def get_app():\n    return app\n\n\nget_app().on_event('startup')(print)\n",
            "main.py:21 uses app.on_event",
        ),
        ("def get_app():\n    return app\n\n\nstart(get_app)\n", "hands get_app on"),
        ('setattr(app, "lifespan", 1)\n', "passes app to setattr"),
    ],
)
def test_what_else_happens_to_the_app_stops_the_rewrite(
    hook: str, reason: str, tmp_path: Path
) -> None:
    finding = only(tmp_path, "\n\n".join([HEAD, STARTUP, SHUTDOWN, hook]))
    assert is_left(finding)
    assert reason in finding.message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    print(locals())\n    await Tortoise.init(config={})\n", "inspects"),
        ("    global app\n    await Tortoise.init(config={})\n", "more than once"),
        ("    context = await Tortoise.init(config={})\n", "not a statement of its own"),
        ("    for _ in x:\n        await Tortoise.init(config={})\n", "not a statement"),
        ("    await wait_for(Tortoise.init(config={}), 9)\n", "not a statement"),
        ("    async def start():\n        await Tortoise.init(config={})\n", "not a statement"),
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
    assert is_left(finding)
    assert reason in finding.message


@pytest.mark.parametrize(
    "body",
    [
        "    app = 1\n    await Tortoise.init(config={})\n",
        "    await Tortoise.init(config={})\n    return\n",
        "    async with lock:\n        await Tortoise.init(config={})\n",
        "    try:\n        await Tortoise.init(config={})\n    finally:\n        print(1)\n",
        "    match app.title:\n        case _:\n            await Tortoise.init(config={})\n",
    ],
)
def test_a_hook_whose_body_cannot_move_is_passed_a_stack(body: str, tmp_path: Path) -> None:
    start = f'@app.on_event("startup")\nasync def connect():\n{body}'
    text = rewritten(tmp_path, "\n\n".join([HEAD, start, SHUTDOWN]))
    entered = "stack.enter_async_context(RegisterTortoise(config={}))"
    kept = body.replace("Tortoise.init(config={})", entered)
    assert f"async def connect(stack: AsyncExitStack):\n{kept}" in text
    held = (
        "    async with AsyncExitStack() as stack:\n        await connect(stack)\n        yield\n"
    )
    assert held in text
    assert "on_event" not in text


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
    assert "other.py takes Tortoise from this file" in finding.message


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
