"""TOR404 and TOR805 beyond their fixtures: what stops them, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.rules import lifespan_plain_init, register_tortoise_in_hook
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.reader import Reader
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings
from tortoise_fix.codemods.run.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

PINS = '[project]\nname = "shop"\ndependencies = ["tortoise-orm==1.1.9", "fastapi==0.115.0"]\n'
HEAD = """\
from contextlib import asynccontextmanager
from fastapi import FastAPI
from tortoise import Tortoise
from tortoise.contrib.fastapi import register_tortoise


@asynccontextmanager
async def lifespan(app: FastAPI):
"""
INIT = "    await Tortoise.init(config={})\n"
CLOSE = "    await Tortoise.close_connections()\n"
AROUND = "    async with RegisterTortoise(app, config={}):\n"
ENTERED = "await stack.enter_async_context(RegisterTortoise(config={}))\n"
APP = "\n\napp = FastAPI(lifespan=lifespan)\n"


def found(root: Path, main: str, others: dict[str, str] | None = None) -> list[Finding]:
    """What the rules on lifespans say of ``main.py``."""
    files = {"main.py": main, **(others or {})}
    for path, text in {"pyproject.toml": PINS, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    project = Project(root, list(files), Reader(root))
    module = project.module("main.py")
    assert isinstance(module, Module)
    return [*lifespan_plain_init.find(module), *register_tortoise_in_hook.find(module)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    await Tortoise.init(*given)\n    yield\n", "cannot be seen"),
        ("    context = await Tortoise.init(config={})\n    yield\n", "not a statement of its own"),
        (f"    for _ in range(2):\n    {INIT}    yield\n", "under a condition"),
        (f"    yield\n{INIT}", "ends before the yield"),
        (f"    print(locals())\n    if app:\n    {INIT}    yield\n", "under a condition"),
        (f"{INIT}    yield\n    await Tortoise._drop_databases()\n{INIT}", "more than once"),
        (f"{INIT}    yield; print(1)\n", "share a line"),
    ],
)
def test_what_a_lifespan_does_besides_stops_the_rewrite(
    body: str, reason: str, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, HEAD + body + APP)
    assert finding.safety is not Safety.SAFE
    assert reason in finding.message


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (f"{INIT}    for _ in range(1):\n        yield\n", AROUND),
        (f"{INIT}    yield\n    return\n", AROUND),
        (f"{INIT}    yield\n    await close()\n{CLOSE}    print(1)\n{CLOSE}", AROUND),
        (f"    app = 1\n{INIT}    yield\n", ENTERED),
        (f"    try:\n    {INIT}        yield\n    except OSError:\n        await x()\n", ENTERED),
        (f"    if app.debug:\n    {INIT}    yield\n    print(1)\n", ENTERED),
    ],
)
def test_a_lifespan_may_do_more_after_the_orm_is_set_up(
    body: str, wanted: str, tmp_path: Path
) -> None:
    (finding,) = found(tmp_path, HEAD + body + APP)
    assert finding.safety is Safety.SAFE, finding.message
    module = Project(tmp_path, ["main.py"], Reader(tmp_path)).module("main.py")
    assert isinstance(module, Module)
    text = apply(module.source, module.tree, finding.edits)
    assert isinstance(text, str), text
    assert verify(module.source, text, finding.edits) is None
    assert wanted in text
    assert text.index(wanted) < text.index("yield")


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
    others = {"helper.py": helper, "seed.py": "import helper\n\nSTART = helper.connect\n"}
    (finding,) = found(tmp_path, main, others)
    assert "the name URL of connect means something else here" in finding.message


@pytest.mark.parametrize(
    ("release", "select", "codes"),
    [
        ("0.22.2", (), ["TOR806"]),
        ("0.22.2", ("TOR806",), ["TOR806", "TOR806"]),
        ("0.22.2", ("DEFAULT", "TOR806"), ["TOR806", "TOR806"]),
        ("0.24.1", (), []),
        ("0.24.1", ("TOR806",), ["TOR806", "TOR806"]),
    ],
)
def test_a_deprecated_registration_is_found_by_default(
    release: str, select: tuple[str, ...], codes: list[str], tmp_path: Path
) -> None:
    main = f"{HEAD}    yield\n{APP}\nregister_tortoise(app, config={{}})\n"
    other = HEAD.partition("\n\n\n")[0] + "\n\napp = FastAPI()\nregister_tortoise(app, config={})\n"
    (tmp_path / "main.py").write_text(main)
    (tmp_path / "other.py").write_text(other)
    (tmp_path / "pyproject.toml").write_text(PINS.replace("1.1.9", release))
    made = plan(Request(tmp_path, (tmp_path,), Settings(select=select), cache=False))
    assert [f.code for f in made.findings if f.code.startswith("TOR80")] == codes


@pytest.mark.parametrize(("more", "is_left"), [("", False), ("SIZE = 1\n", True)])
def test_a_file_that_a_repair_empties_is_named(more: str, is_left: bool, tmp_path: Path) -> None:
    helper = (
        f'"""The database."""\nfrom tortoise import Tortoise\n{more}\n\n'
        f"async def connect():\n{INIT}"
    )
    main = HEAD.replace("from fastapi", "from helper import connect\nfrom fastapi", 1)
    body = "    await connect()\n    yield\n"
    (finding,) = found(tmp_path, main + body + APP, {"helper.py": helper})
    assert finding.safety is Safety.SAFE
    assert finding.message.endswith("nothing is left in helper.py") is not is_left
