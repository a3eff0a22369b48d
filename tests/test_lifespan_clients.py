"""Cases of the startup rules started twice in one process, by two kinds of test clients."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent.parent / "fixtures"
LOAD = """\
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, ".")
from main import app
"""
CLIENT = """\
from starlette.testclient import TestClient
for _ in range(2):
    with TestClient(app, raise_server_exceptions=False) as client:
        print("status", client.get("/items").status_code)
"""
ASYNC_CLIENT = """\
import asyncio, httpx
async def main():
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    for _ in range(2):
        async with app.router.lifespan_context(app):
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                print("status", (await client.get("/items")).status_code)
asyncio.run(main())
"""
SERVED = [
    "startup-hook-lifespan/factory-with-arguments",
    "startup-hook-lifespan/app-in-a-branch-each",
    "startup-hook-lifespan/hooks-that-stay-functions",
    "startup-hook-lifespan/class-that-does-more",
    "startup-hook-lifespan/method-that-is-called-once",
    "startup-hook-lifespan/try-that-logs-and-raises",
    "startup-hook-lifespan/two-functions-away-in-two-files",
    "lifespan-plain-init/helpers-with-tries-in-another-file",
    "lifespan-plain-init/finally-with-more",
    "lifespan-plain-init/routers-in-a-lifespan",
]


def run(case: str, state: str, root: Path, client: str) -> tuple[list[str], str]:
    """What one state of a case prints, with the answers' statuses, and its last error."""
    shutil.copytree(FIXTURES / case / state, root)
    command = [sys.executable, "-c", LOAD + client]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines(), (done.stderr.strip().splitlines() or [""])[-1]


def afterwards(case: str) -> str:
    """The folder of what the rule makes of a case, with ``--unsafe`` where it says so."""
    return "after-unsafe" if (FIXTURES / case / "after-unsafe").is_dir() else "after"


@pytest.mark.parametrize("case", SERVED)
def test_requests_of_a_test_client_fail_before_and_succeed_after(case: str, tmp_path: Path) -> None:
    before, _ = run(case, "before", tmp_path / "before", CLIENT)
    after, _ = run(case, afterwards(case), tmp_path / "after", CLIENT)
    assert "status 500" in before
    assert [line for line in after if line.startswith("status")] == ["status 200"] * 2
    assert [line for line in after if "status" not in line] == [
        line for line in before if "status" not in line
    ]


@pytest.mark.parametrize("case", SERVED)
def test_an_async_client_is_answered_as_often_as_before(case: str, tmp_path: Path) -> None:
    """Its requests run in the task of the lifespan, where nothing was wrong."""
    before = run(case, "before", tmp_path / "before", ASYNC_CLIENT)
    after = run(case, afterwards(case), tmp_path / "after", ASYNC_CLIENT)
    assert after == before
    assert after[0].count("status 200") == 2


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("startup-hook-lifespan/starlette", "TypeError: "),
        ("starlette-on-startup-kw/lists", "TypeError: "),
        ("add-event-handler-removed/plain", "AttributeError: "),
    ],
)
def test_an_app_that_could_not_be_built_is_served(case: str, error: str, tmp_path: Path) -> None:
    served = "from starlette.testclient import TestClient\nwith TestClient(app):\n    pass\n"
    assert run(case, "before", tmp_path / "before", served)[1].startswith(error)
    assert run(case, "after", tmp_path / "after", served)[1] == ""


def test_an_app_that_left_the_orm_set_up_can_start_again(tmp_path: Path) -> None:
    case = "close-in-shutdown/helper-of-a-lifespan"
    error = run(case, "before", tmp_path / "before", CLIENT)[1]
    assert "Global context fallback is already enabled" in error
    assert run(case, "after", tmp_path / "after", CLIENT)[0].count("status 200") == 2
