"""TOR404, TOR802 and TOR805: their cases served before and after, by TestClient and by uvicorn."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.rules import lifespan_plain_init, register_tortoise_in_hook
from tortoise_fix.codemods.rules._base import Finding, Safety

FIXTURES = Path(__file__).parent.parent / "fixtures"
PINS = '[project]\nname = "shop"\ndependencies = ["tortoise-orm==1.1.9", "fastapi==0.115.0"]\n'
LOAD = """\
import importlib, os, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, ".")
app = importlib.import_module("app.main" if os.path.exists("app/main.py") else "main").app
"""
CLIENT = """\
from starlette.testclient import TestClient
with TestClient(app, raise_server_exceptions=False) as client:
    print("serving", client.get("/items").status_code)
"""
UVICORN = """\
import threading, time, urllib.error, urllib.request, uvicorn
server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
def ask():
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        print("serving", urllib.request.urlopen(f"http://127.0.0.1:{port}/items").status)
    except urllib.error.HTTPError as error:
        print("serving", error.code)
    server.should_exit = True
threading.Thread(target=ask, daemon=True).start()
server.run()
"""
HEAD = """\
from contextlib import asynccontextmanager
from fastapi import FastAPI
from tortoise import Tortoise
from tortoise.contrib.fastapi import register_tortoise


@asynccontextmanager
async def lifespan(app: FastAPI):
"""
INIT = "    await Tortoise.init(config={})\n"
APP = "\n\napp = FastAPI(lifespan=lifespan)\n"


def served(case: Path, root: Path, server: str) -> tuple[list[str], str]:
    """What a case prints besides its answer, and its answer."""
    shutil.copytree(case, root)
    command = [sys.executable, "-c", LOAD + server]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    (answer,) = (line for line in lines if line.startswith("serving"))
    return [line for line in lines if line != answer], answer


@pytest.mark.parametrize(
    ("case", "server"),
    [
        ("lifespan-plain-init/finally-with-more", CLIENT),
        ("lifespan-plain-init/init-inside-the-try", CLIENT),
        ("lifespan-plain-init/state-and-order", UVICORN),
        ("lifespan-plain-init/app-in-a-factory", CLIENT),
        ("lifespan-plain-init/starlette", CLIENT),
        ("lifespan-plain-init/helpers-through-a-package", CLIENT),
        ("startup-hook-lifespan/helpers-in-another-file", CLIENT),
        ("startup-hook-lifespan/lists-of-handlers", UVICORN),
        ("startup-hook-lifespan/handlers-added-by-calls", CLIENT),
        ("register-tortoise-in-hook/in-a-lifespan", UVICORN),
        ("register-tortoise-in-hook/app-that-a-function-builds", CLIENT),
    ],
)
def test_requests_fail_before_and_succeed_after_in_the_same_order(
    case: str, server: str, tmp_path: Path
) -> None:
    before, failed = served(FIXTURES / case / "before", tmp_path / "before", server)
    after, answered = served(FIXTURES / case / "after", tmp_path / "after", server)
    assert (failed, answered) == ("serving 500", "serving 200")
    assert after == before


def found(root: Path, main: str, others: dict[str, str] | None = None) -> list[Finding]:
    """What the rules on lifespans say of ``main.py``."""
    files = {"main.py": main, **(others or {})}
    for path, text in {"pyproject.toml": PINS, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    project = Project(root, list(files), lambda path: (root / path).read_bytes())
    module = project.module("main.py")
    assert isinstance(module, Module)
    return [*lifespan_plain_init.find(module), *register_tortoise_in_hook.find(module)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    await Tortoise.init(*given)\n    yield\n", "cannot be seen"),
        ("    context = await Tortoise.init(config={})\n    yield\n", "not a statement of its own"),
        (f"{INIT}    for _ in range(1):\n        yield\n", "yields under a condition"),
        (f"{INIT}    yield\n    return\n", "returns"),
        (f"    app = 1\n{INIT}    yield\n", "binds app"),
        (f"{INIT}    yield\n    await Tortoise._drop_databases()\n{INIT}", "more than once"),
        (f"{INIT}    yield; print(1)\n", "share a line"),
        (
            "    try:\n        await Tortoise.init(config={})\n        yield\n"
            "    except OSError:\n        await app.state.report()\n",
            "except clause",
        ),
        (
            f"{INIT}    yield\n    await Tortoise.close_connections()\n"
            "    await Tortoise.close_connections()\n",
            "closed more than once",
        ),
    ],
)
def test_what_a_lifespan_does_besides_stops_the_rewrite(
    body: str, reason: str, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, HEAD + body + APP)
    assert finding.safety is Safety.MANUAL
    assert reason in finding.message


def test_a_registration_of_the_same_app_stops_the_rewrite(tmp_path: Path) -> None:
    main = f"{HEAD}{INIT}    yield\n{APP}\nregister_tortoise(app, config={{}})\n"
    (finding,) = found(tmp_path, main)
    assert "register_tortoise sets up the ORM, too (main.py:15)" in finding.message


def test_two_apps_with_one_lifespan_are_rewritten_on_demand_only(tmp_path: Path) -> None:
    main = f"{HEAD}{INIT}    yield\n{APP}admin = FastAPI(lifespan=lifespan)\n"
    (finding,) = found(tmp_path, main)
    assert finding.safety is Safety.UNSAFE
    assert finding.advice.startswith("the apps at main.py:13 and main.py:14")


def test_an_app_of_the_tests_with_the_same_lifespan_does_not_count(tmp_path: Path) -> None:
    test = (
        "from fastapi import FastAPI\nfrom main import lifespan\napp = FastAPI(lifespan=lifespan)\n"
    )
    (finding,) = found(tmp_path, f"{HEAD}{INIT}    yield\n{APP}", {"tests/test_app.py": test})
    assert finding.safety is Safety.SAFE


def test_a_lifespan_of_a_router_is_not_one_of_an_app(tmp_path: Path) -> None:
    main = (
        f"{HEAD.replace('app: FastAPI', 'app')}{INIT}    yield\n\n\nAPIRouter(lifespan=lifespan)\n"
    )
    assert not found(tmp_path, main)


def test_a_name_of_the_function_around_the_lifespan_stops_the_rewrite(tmp_path: Path) -> None:
    helper = (
        "from tortoise import Tortoise\n\nURL = 'sqlite://:memory:'\n\n\nasync def connect():\n"
        "    await Tortoise.init(db_url=URL, modules={})\n"
    )
    main = (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
        "from helper import connect\n\n\ndef create(URL):\n    @asynccontextmanager\n"
        "    async def lifespan(app):\n        await connect()\n        yield\n\n"
        "    return FastAPI(lifespan=lifespan, title=URL)\n"
    )
    (finding,) = found(tmp_path, main, {"helper.py": helper})
    assert "the name URL of connect means something else here" in finding.message
