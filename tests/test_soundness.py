"""Runs programs, and compares what every expression is with what inference says of it."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from soundness.campaign import Total, campaign, play, play_seeds, smallest
from soundness.generate import Program, program
from soundness.run import run
from tortoise_fix.codemods.orm import (
    _elements,
    _expressions,
    _flow,
    _locals,
    _simple,
    effects,
    environment,
    objects,
    origins,
    scopes,
    types,
)
from tortoise_fix.codemods.orm.types import Instance, Type

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from tortoise_fix.codemods.orm.environment import Env

CASES = Path(__file__).parent / "soundness" / "cases"
PROJECTS = Path(__file__).parent.parent / "fixtures" / "projects"
PROGRAMS = int(os.environ.get("TORTOISE_FIX_TEST_PROGRAMS", "2000"))
#: Within how many programs a planted mistake must be found.
PATIENCE = 400


def test_generated_programs_do_not_contradict_inference() -> None:
    # The same programs on every run, so that a failure is the fault of a change. Another seed looks
    # at others.
    first = int(os.environ.get("SOUNDNESS_SEED", "1"))
    start = time.perf_counter()
    total = campaign(first, PROGRAMS)
    seconds = time.perf_counter() - start
    print(f"\nSOUNDNESS_SEED={first}: {total}; {total.programs / seconds:.0f} programs a second")
    assert total.programs == PROGRAMS
    assert total.stopped < PROGRAMS / 4
    assert total.decided > total.expressions / 2
    assert not total.failures, _first_failure(total)


def _first_failure(total: Total) -> str:
    seed, found = next(iter(total.failures.items()))
    small = smallest(program(random.Random(seed)))
    return f"seed {seed}:\n{small}\n" + "\n".join(play(small).failures.get(0, found))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_programs_that_hypothesis_chooses_do_not_contradict_inference(
    choices: random.Random,
) -> None:
    generated = program(choices)
    total = play(generated)
    assert not total.failures, f"{generated}\n{total.failures}"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.py")), ids=lambda path: path.stem)
def test_what_once_contradicted_inference_no_longer_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    files = {"app/__init__.py": "", "app/main.py": text}
    result = run(files, {"models": ["app.main"]}, "app.main")
    assert result.values
    assert not result.error
    assert not result.contradictions, "\n".join(map(str, result.contradictions))


@pytest.mark.parametrize("name", ["bookshop", "bookshop_after"])
def test_the_bookshop_does_not_contradict_inference(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKSHOP_DATABASE_URL", "sqlite://:memory:")
    root = PROJECTS / name
    paths = sorted(root.rglob("*.py"))
    files = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}
    files["everything.py"] = _EVERYTHING
    apps = {"catalog": ["bookshop.catalog"], "community": ["bookshop.community"]}
    result = run(files, apps, "everything", silent=frozenset({"everything.py"}))
    assert not result.error
    assert result.checked > 200
    assert not result.contradictions, "\n".join(map(str, result.contradictions))


_EVERYTHING = """
from bookshop import main as web, seed, services

async def main():
    await seed.fill()
    await services.receive_delivery("9780156027601", 7)
    await services.sell("9780156027601")
    await services.add_review("9780156027601", "Grace", 4)
    await services.rename_author("Andy Weir", "A. Weir")
    later = []
    await services.sell_and_tell("9780156027595", later)
    for question in later:
        await question()
    await seed.report()
    for page in (web.list_authors, web.list_books, web.list_stars, web.list_latest):
        await page()
    await web.sell_book("9780156027601")
    await web.deliver_book("9780156027601", 2)
"""


# The harness must be able to fail: each of these plants a wrong answer.


def _caught() -> Total:
    return play_seeds(range(PATIENCE), stop_at_first=True)


def _plant_join(monkeypatch: pytest.MonkeyPatch, join: Callable[[Type, Type], Type]) -> None:
    for room in (environment, _expressions, _flow, _locals, _simple):
        monkeypatch.setattr(room, "join", join)


def test_a_join_that_keeps_the_first_type_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    _plant_join(monkeypatch, lambda one, other: one)
    assert _caught().failures


def test_a_join_that_forgets_none_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(one: Type, other: Type) -> Type:
        joined = types.join(one, other)
        return Instance(joined.model, False) if isinstance(joined, Instance) else joined

    _plant_join(monkeypatch, careless)
    assert _caught().failures


def test_loops_that_are_walked_once_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(
        self: _flow.Flow, node: object, env: Env, step: _flow.Step, leave: _flow.Step
    ) -> Env | None:
        self._local.loops.append(_locals.Loop())
        end = step(dict(env))
        self._local.loops.pop()
        return end

    monkeypatch.setattr(_flow.Flow, "_loop", once)
    assert _caught().failures


def test_comprehension_targets_that_leak_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = _expressions.Expressions.comprehension

    def leaking(
        self: _expressions.Expressions,
        generators: list[ast.comprehension],
        elements: list[ast.expr],
        env: Env,
    ) -> Type:
        found = honest(self, generators, elements, env)
        for generator in generators:
            self.assign(env, generator.target, types.Plain("int"))
        return found

    monkeypatch.setattr(_expressions.Expressions, "comprehension", leaking)
    assert _caught().failures


def test_closures_over_the_first_of_several_bindings_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = scopes.bindings_in
    monkeypatch.setattr(scopes, "bindings_in", lambda *scope: dict.fromkeys(honest(*scope), 1))
    assert _caught().failures


def test_lists_that_are_taken_to_stay_as_they_are_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_locals.Locals, "spoil", lambda self, names, env, added: None)
    assert _caught().failures


def test_handlers_that_see_only_the_end_of_their_block_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bind(self: _locals.Locals, env: Env, name: str, value: Type) -> None:
        env[name] = self.bound[name] = value

    monkeypatch.setattr(_locals.Locals, "bind", bind)
    assert _caught().failures


def test_an_effect_that_forgets_methods_that_write_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(effects._Walk, "_call", lambda self, module, found, node: effects.PURE)
    assert _caught().failures


def test_writes_said_to_be_of_no_model_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "written_models", lambda module, called: frozenset())
    assert _caught().failures


def test_rows_said_to_come_from_another_query_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = origins.with_origin
    wrong = (1, 2, 3, 4)
    monkeypatch.setattr(
        _elements, "with_origin", lambda value, _at, stored=True: honest(value, wrong)
    )
    assert _caught().failures


def test_attributes_said_to_be_stored_by_their_own_class_alone_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "stored_outside", lambda project: frozenset())
    assert _caught().failures


def test_one_of_several_types_said_to_be_the_first_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def first(one: Type, other: Type) -> Type:
        joined = types.join(one, other)
        return one if isinstance(joined, types.OneOf) else joined

    _plant_join(monkeypatch, first)
    assert _caught().failures


def test_shrinking_leaves_the_statements_that_show_the_contradiction() -> None:
    files = {"app/__init__.py": "", "app/main.py": _START, "app/services.py": _LONG}
    generated = Program(files, {"models": ["app.services"]})
    assert "unneeded" in str(generated)
    small = smallest(generated)
    assert "unneeded" not in str(small) or not play(generated).failures


_START = "from app import services\nasync def main():\n    await services.work()\n"
_LONG = """
from tortoise import fields
from tortoise.models import Model
class Team(Model):
    id = fields.IntField(primary_key=True)
async def work():
    unneeded = 1
    row: Team = 1
    row
"""
