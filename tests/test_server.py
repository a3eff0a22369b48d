"""What is told of programs that uvicorn serves."""

from __future__ import annotations

import json

import pytest
from proof.player import Job, Outcome
from proof.runner import IN_MEMORY, served

_MAIN = """\
import logging
from contextlib import asynccontextmanager

from fastapi import FastAPI
from tortoise import Tortoise

log = logging.getLogger("shop")


@asynccontextmanager
async def lifespan(app):
    print("opening")
    models = {"models": ["models"]}
    await Tortoise.init(db_url=DATABASE, modules=models, _enable_global_fallback=True)
    await Tortoise.generate_schemas()
    START
    yield
    log.warning("closing")
    await Tortoise.close_connections()


app = FastAPI(lifespan=lifespan)


@app.post("/items")
async def create(given: dict):
    from models import Item

    print("creating")
    item = await Item.create(**given)
    return {"count": 10 // item.size}
"""
_MODELS = """\
from tortoise import fields
from tortoise.models import Model


class Item(Model):
    id = fields.IntField(primary_key=True)
    size = fields.IntField()
"""


def outcome(start: str, *requests: str, head: str = "") -> Outcome:
    """What comes of the program, which does something of its own when it starts."""
    main = head + _MAIN.replace("DATABASE", repr(IN_MEMORY)).replace("START", start)
    job = Job({"main.py": main, "models.py": _MODELS}, [], "main:app", [], requests=list(requests))
    (found,) = served([job], [IN_MEMORY])
    return found


def test_answers_output_rows_and_statements_are_told_in_order() -> None:
    one, other = 'POST /items {"size": 5}', 'POST /items {"size": 0}'
    found = outcome("pass", one, other, "GET /other")
    lines = ["opening", "== started", f"== {one}", "creating", f"== {other}", "creating"]

    assert json.loads(found.value) == [
        '200 {"count":2}',
        "500 Internal Server Error",
        '404 {"detail":"Not Found"}',
    ]
    assert found.printed.splitlines() == [
        *lines,
        "== GET /other",
        "== stopping",
        "WARNING: closing",
    ]
    assert found.exception.startswith("ZeroDivisionError: ")
    assert found.rows == {"default.item": ["[('id', 1), ('size', 5)]", "[('id', 2), ('size', 0)]"]}
    assert sum("INSERT" in text for _, text in found.events) == 2


@pytest.mark.parametrize("start", ["1 / 0", "raise ZeroDivisionError('division by zero')"])
def test_a_startup_that_fails_is_told_and_nothing_is_asked(start: str) -> None:
    found = outcome(start, "GET /other")

    assert found.exception == "ZeroDivisionError: division by zero"
    assert (found.value, found.printed) == ("[]", "opening\n")


def test_a_program_that_cannot_be_imported_is_told() -> None:
    found = outcome("pass", "GET /", head="import absent\n")

    assert found.exception == "ModuleNotFoundError: No module named 'absent'"
    assert found.value == "[]"
