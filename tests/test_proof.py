"""Programs are generated, rewritten and run: what they do must stay what it was."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from databases import DATABASES, SQLITE, fresh, kind
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof.campaign import UNSAFE, Total, campaign, play, play_seeds, smallest
from proof.generate import Program, Weights, program
from proof.releases import INSTALLED, OLDER
from proof.rewrite import REPAIRING
from proof.runner import Pair
from tortoise_fix.codemods.edits.arguments import PassKeyword
from tortoise_fix.codemods.edits.chain import CallMethod
from tortoise_fix.codemods.edits.expressions import KeepInner
from tortoise_fix.codemods.orm.effects import Effects
from tortoise_fix.codemods.rules import _n_plus_one_weigh, _registry
from tortoise_fix.codemods.rules._registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tortoise_fix.codemods.edits._base import Edit
    from tortoise_fix.codemods.project.module import Module
    from tortoise_fix.codemods.rules._base import Finding

#: How many rewritten programs are run on each kind of database.
PROGRAMS = {
    "sqlite": int(os.environ.get("TORTOISE_FIX_TEST_PROGRAMS", "2000")),
    "postgres": 200,
    "mysql": 100,
}
WITH_OLDER = 60
#: In what share of the programs a rule has to repair something.
OFTEN = {
    "TOR234": 0.4,
    "TOR310": 0.3,
    "TOR311": 0.08,
    "TOR312": 0.1,
    "TOR313": 0.03,
    "TOR314": 0.03,
}
#: What has to repair something at least once in this many programs, beside what repairs mistakes.
SELDOM = {f"TOR{number}" for number in (212, 213, 233, 260, 261, 262, 263, 264)}
ENOUGH = 2000
#: Within how many rewritten programs a planted fault must be found.
PATIENCE = 400
#: The same programs on every run, so that a failure is the fault of a change.
SEED = int(os.environ.get("PROOF_SEED", "1"))
ALONE = ([SQLITE] * 2, [SQLITE] * 2)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("url", DATABASES, ids=kind)
def test_generated_programs_do_the_same_once_they_are_rewritten(url: str) -> None:
    count, workers = PROGRAMS[kind(url)], os.cpu_count() or 1
    start = time.perf_counter()
    with ExitStack() as stack:
        both = [
            (stack.enter_context(fresh(url, 2)), stack.enter_context(fresh(url, 2)))
            for _ in range(workers)
        ]
        total = campaign(SEED, count, both)
    print(f"\nPROOF_SEED={SEED}: {kind(url)}: {total}; {time.perf_counter() - start:.0f} s")

    assert total.rewritten == count
    assert not total.failures, _first_failure(total, url)
    for code, share in OFTEN.items():
        assert total.programs[code] > share * count, code
    assert count < ENOUGH or total.programs.keys() >= REPAIRING | SELDOM


@pytest.mark.parametrize("release", OLDER)
def test_generated_programs_do_the_same_with_an_older_release(release: str) -> None:
    total = campaign(SEED, WITH_OLDER, [ALONE] * (os.cpu_count() or 1), release)
    print(f"\ntortoise-orm {release}: {total}")

    assert not total.failures
    assert total.raised < WITH_OLDER / 2


def _first_failure(total: Total, url: str) -> str:
    seed, found = next(iter(total.failures.items()))
    weights = Weights(unsafe=UNSAFE)
    small = smallest(program(Random(seed), weights)) if url == SQLITE else ""
    return f"seed {seed}:\n" + "\n".join(found) + f"\n{small}"


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_programs_that_hypothesis_chooses_do_the_same(pair: Pair, choices: Random) -> None:
    generated = program(choices)
    total = play(pair, generated, release=INSTALLED)
    assert not total.failures, f"{generated}\n{total.failures}"


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    both = Pair(*ALONE)
    yield both
    both.close()


_MODELS = """\
from tortoise import fields
from tortoise.models import Model


class Team(Model):
    id = fields.IntField(primary_key=True)


class Hero(Model):
    id = fields.IntField(primary_key=True)
    team = fields.ForeignKeyField("models.Team", related_name="heroes")


class Badge(Model):
    id = fields.IntField(primary_key=True)
    hero = fields.ForeignKeyField("models.Hero", related_name="badges")
"""
_QUERIED_AGAIN = """\
from app.models import Team


async def main():
    out = []
    for team in await Team.all().order_by("id").prefetch_related("heroes"):
        for hero in await team.heroes.all():
            out.append(len(await hero.badges))
    return out
"""


def test_objects_that_are_queried_again_do_not_have_what_was_fetched(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = next(rule for rule in all_rules() if rule.code == "TOR234")
    monkeypatch.setattr(_registry, "all_rules", lambda: (rule,))
    files = {"app/__init__.py": "", "app/models.py": _MODELS, "app/main.py": _QUERIED_AGAIN}
    seed = ["INSERT INTO team (id) VALUES (1), (2)", "INSERT INTO hero (team_id) VALUES (1), (2)"]
    total = play(pair, Program(files, ["app.models"], seed))

    assert total.rewritten
    assert not total.failures


# The proof must be able to fail: each of these plants a fault in a rule.


def _caught(
    monkeypatch: pytest.MonkeyPatch, code: str, change: Callable[[Finding], Finding]
) -> Total:
    """What is found where one rule runs alone, with its repairs changed."""
    rule = next(rule for rule in all_rules() if rule.code == code)

    def find(module: Module) -> Iterator[Finding]:
        return (change(finding) for finding in rule.find(module))

    planted = (replace(rule, find=find),)
    monkeypatch.setattr(_registry, "all_rules", lambda: planted)
    total = play_seeds(SEED, 1, PATIENCE, ALONE, patient=False)
    print(f"\n{total}")
    return total


def _without(finding: Finding, *left: type[Edit], names: frozenset[str] = frozenset()) -> Finding:
    """A finding without edits of some types, and without those that call a method."""
    kept = (edit for edit in finding.edits if not isinstance(edit, left))
    return replace(finding, edits=tuple(e for e in kept if _method(e) not in names))


def _method(edit: Edit) -> str:
    return edit.method if isinstance(edit, CallMethod) else ""


def _fetches(finding: Finding, method: str) -> bool:
    return any(_method(edit) == method for edit in finding.edits)


def test_a_dropped_connection_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def dropped(finding: Finding) -> Finding:
        return _without(finding, PassKeyword, names=frozenset({"using_db"}))

    assert _caught(monkeypatch, "TOR312", dropped).failures


def test_a_prefetch_that_is_queried_again_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def queried(finding: Finding) -> Finding:
        joined = _fetches(finding, "select_related")
        return finding if joined else _without(finding, KeepInner)

    assert _caught(monkeypatch, "TOR234", queried).failures


def test_an_await_of_a_missing_object_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def awaited(finding: Finding) -> Finding:
        apart = _fetches(finding, "prefetch_related")
        return finding if apart else _without(finding, KeepInner)

    assert _caught(monkeypatch, "TOR234", awaited).failures


def test_a_join_of_a_relation_to_many_objects_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(finding: Finding) -> Finding:
        edits = (
            replace(edit, method="select_related")
            if isinstance(edit, CallMethod) and edit.method == "prefetch_related"
            else edit
            for edit in finding.edits
        )
        return replace(finding, edits=tuple(edits))

    assert _caught(monkeypatch, "TOR234", joined).failures


def test_a_stale_prefetch_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_n_plus_one_weigh, "effects_of", lambda *_: Effects())

    assert _caught(monkeypatch, "TOR234", lambda finding: finding).failures


@pytest.mark.parametrize("code", ["TOR234", "TOR312"])
def test_nothing_is_caught_where_nothing_is_planted(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PATIENCE", 30)

    assert not _caught(monkeypatch, code, lambda finding: finding).failures
