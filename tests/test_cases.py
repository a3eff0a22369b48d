"""The cases of rules that can be run, on every database and with older releases of the ORM."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from databases import DATABASES, SQLITE, fresh, kind
from proof.campaign import spelled_for
from proof.cases import Case, cases
from proof.releases import INSTALLED, OLDER, interpreter
from proof.runner import Pair, served
from tortoise_fix.codemods.rules._registry import all_rules

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = cases(FIXTURES)
RELEASES = sorted({release for case in CASES for release in case.releases})
CODES = {rule.name: rule.code for rule in all_rules()}


def proven(chosen: list[Case], url: str, release: str = INSTALLED) -> dict[str, list[str]]:
    """What does not hold, by case."""
    found = {}
    with fresh(url, 2) as urls:
        pair = Pair(urls[:1], urls[1:], interpreter(release))
        for case in chosen:
            code = CODES[case.folder.parent.name]
            files = (case.files(), case.rewritten(code, release.split()[0]))
            one, other = (case.job(spelled_for(release, one)) for one in files)
            both = served((one, other), urls, pair.python) if case.app else pair.run(one, other)
            if failures := case.failures(code, *both):
                found[case.name] = failures
        pair.close()
    return found


@pytest.mark.parametrize("url", DATABASES, ids=kind)
def test_a_case_that_can_be_run_does_what_it_says(url: str) -> None:
    chosen = [case for case in CASES if kind(url) in case.databases]

    assert len(chosen) > 10
    assert not proven(chosen, url)


@pytest.mark.parametrize("release", RELEASES)
def test_a_case_does_the_same_with_an_older_release(release: str) -> None:
    chosen = [case for case in CASES if release in case.releases]

    assert release not in OLDER or len(chosen) > 5
    assert not proven(chosen, SQLITE, release)


def test_all_older_releases_have_cases() -> None:
    assert set(OLDER) <= set(RELEASES)


def test_what_does_not_hold_is_told(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.folder.name == "forward")
    wrong = Case(case.folder, "KeyError", "'another'", 0, "", ("sqlite",), ())
    (failures,) = proven([wrong], SQLITE).values()

    assert [failure.split(",")[0] for failure in failures] == [
        "before",
        "it returns [('Book 0'",
        f"{failures[2].split()[0]} statements",
    ]


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "some-rule" / "some-case"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"statement": 3}')

    with pytest.raises(ValueError, match="unknown keys"):
        cases(tmp_path)


def test_what_does_not_hold_of_a_program_that_is_served_is_told() -> None:
    case = next(case for case in CASES if case.name == "startup-hook-lifespan/lists-of-handlers")
    (request,) = case.answers
    wrong = replace(case, answers={request: "404 "}, fails_before="", statements=0)
    (failures,) = proven([wrong], SQLITE).values()

    assert [failure.split()[0] for failure in failures] == [
        "value:",
        "exception:",
        "statements",
        "it",
        f"{failures[-1].split()[0]}",
    ]
