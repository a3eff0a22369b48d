"""Serves one ASGI program by uvicorn, asks it over HTTP, and says what came of it.

``python -m proof.server URL`` reads a program from standard input and answers with an outcome, as
JSON. One process serves one program, so that nothing of another can keep it alive. It needs
tortoise-orm, uvicorn and what the program imports, and nothing of this project.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import http.client
import importlib
import io
import json
import logging
import os
import sys
import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .player import PATIENCE, Job, Memory, Outcome, client_of, empty, read_rows
from .trace import Trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

#: What a request begins with in what was printed; what follows came of it.
ASKED = "== "
STARTED, STOPPED = f"{ASKED}started", f"{ASKED}stopping"
_ASIDE = ("tortoise", "asyncio", "aiosqlite", "asyncmy", "uvicorn")


class _Console(logging.Handler):
    """Prints what the program logs, and keeps the first exception that the server tells of."""

    def __init__(self, outcome: Outcome) -> None:
        logging.Handler.__init__(self)
        self.outcome = outcome

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_ASIDE):
            print(f"{record.levelname}: {record.getMessage()}")
        elif record.name == "uvicorn.error" and not self.outcome.exception:
            self.outcome.exception = _raised(record)


def _raised(record: logging.LogRecord) -> str:
    """The type and message of what a request or a startup ended with."""
    if record.exc_info and record.exc_info[1]:
        return f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    message = record.getMessage()
    if "Traceback (most recent call last)" not in message:
        return ""
    # The whole name of a class there, its own name elsewhere.
    name, _, rest = message.strip().splitlines()[-1].partition(":")
    return f"{name.rpartition('.')[2]}:{rest}"


def serve(job: Job, url: str) -> Outcome:
    """Run one program from its start to its end."""
    outcome, printed, trace = Outcome(value="[]"), io.StringIO(), Trace()
    trace.listen(url)
    logging.getLogger().addHandler(_Console(outcome))
    asyncio.run(_between(url, empty))
    trace.clear()
    with Memory(job.files).installed(), contextlib.redirect_stdout(printed):
        try:
            # uvicorn exits where a startup has failed.
            with contextlib.suppress(SystemExit):
                asyncio.run(asyncio.wait_for(_session(job, outcome), job.limit))
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            outcome.exception = "TimeoutError: "
        outcome.events, outcome.printed = list(trace.events), printed.getvalue()
    asyncio.run(_between(url, lambda client: read_rows("default", client, outcome)))
    return outcome


async def _between(url: str, what: Callable[[Any], Awaitable[None]]) -> None:
    """Do something with the database, in a context that the program does not see."""
    from tortoise import Tortoise

    await Tortoise.init(db_url=url, modules={"models": ["tortoise.models"]})
    await what(client_of("default"))
    await Tortoise.close_connections()


async def _session(job: Job, outcome: Outcome) -> None:
    """Start the server, ask, and stop it."""
    import uvicorn

    module, _, name = job.start.partition(":")
    try:
        app = getattr(importlib.import_module(module), name)
    except Exception as error:
        outcome.exception = f"{type(error).__name__}: {error}"
        return
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
    answers = []
    if server.started:
        print(STARTED)
        port = server.servers[0].sockets[0].getsockname()[1]
        for request in job.requests:
            answers.append(await asyncio.to_thread(_ask, port, request))
        print(STOPPED)
        server.should_exit = True
    outcome.value = json.dumps(answers)
    await task


def _ask(port: int, request: str) -> str:
    """The status and the text that a request is answered with, such as ``200 [1]``."""
    print(f"{ASKED}{request}")
    method, path, *rest = request.split(" ", 2)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = rest[0] if rest else None
    headers = {"Content-Type": "application/json"} if rest else {}
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return f"{answer.status} {answer.read().decode()}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def main(url: str) -> None:
    """Answer one program."""
    warnings.simplefilter("ignore")
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    job = Job(**json.loads(sys.stdin.readline()))
    print("\n" + json.dumps(asdict(serve(job, url))), flush=True)
    # A program that failed may have left a thread that never ends.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
