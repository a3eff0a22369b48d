"""What counts as a difference between two runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from proof.judge import differences, statements, until
from proof.player import Outcome

if TYPE_CHECKING:
    from proof.trace import Event

READ = 'SELECT "id" FROM "team"'
WRITE = 'UPDATE "team" SET "size"=1'
LINKS = {"link": frozenset({"team", "hero"})}


def differ(before: list[Event], after: list[Event], code: str = "TOR234") -> bool:
    return bool(differences(Outcome(events=before), Outcome(events=after), {code}, LINKS))


def on(connection: int, *texts: str) -> list[Event]:
    return [(connection, text) for text in texts]


@pytest.mark.parametrize(
    "other",
    [
        Outcome(value="2"),
        Outcome(printed="x"),
        Outcome(logged=["x"]),
        Outcome(exception="ValueError: x"),
        Outcome(rows={"default.team": ["1"]}),
        Outcome(broken="x"),
    ],
)
def test_what_a_program_gives_has_to_be_the_same(other: Outcome) -> None:
    assert differences(Outcome(), other, {"TOR234"})
    assert bool(differences(other, replace(other), {"TOR234"})) is bool(other.broken)


def test_a_statement_knows_its_transactions() -> None:
    events = on(0, "BEGIN", WRITE, "SAVEPOINT a1", READ, "ROLLBACK TO SAVEPOINT a1", READ, "COMMIT")
    found = statements([*events, *on(1, READ)])

    assert [one.place for one in found] == [(1,), (1,), (1, 2), (1, 2), (1, 2), (1,), (1,), ()]
    assert {one.text for one in found if "SAVEPOINT" in one.text} == {
        "SAVEPOINT",
        "ROLLBACK TO SAVEPOINT",
    }


def test_a_write_has_to_stay_in_its_transaction() -> None:
    inside = on(0, "BEGIN", WRITE, "COMMIT")

    assert differ(inside, on(0, "BEGIN", "COMMIT", WRITE))
    assert differ(inside, [*on(0, "BEGIN"), *on(1, WRITE), *on(0, "COMMIT")])
    assert differ(inside, on(0, "BEGIN", WRITE, "ROLLBACK"))
    assert not differ(inside, list(inside))


def test_a_read_may_be_saved_and_not_be_moved() -> None:
    assert not differ(on(0, READ, READ), on(0, READ))
    assert differ(on(0, READ), on(0, READ, READ))
    assert differ(on(0, READ, "BEGIN", READ, "COMMIT"), on(0, READ, "BEGIN", "COMMIT"))


def test_a_rule_that_takes_what_the_row_has_may_leave_a_table_unread() -> None:
    assert differ(on(0, READ), [], "TOR234")
    assert not differ(on(0, READ), [], "TOR233")
    assert differ(on(0, READ), on(0, READ, READ), "TOR233")


def test_a_program_that_ends_unforeseen_may_have_read_ahead() -> None:
    value = "TypeError: object NoneType can't be used in 'await' expression"
    one, more = (Outcome(value=value, events=on(0, *texts)) for texts in ((), (READ,)))

    assert not differences(one, more, {"TOR234"})
    assert differences(one, replace(more, value="2"), {"TOR234"})


def test_an_unsafe_repair_may_read_more_and_not_write_otherwise() -> None:
    one, more = Outcome(events=on(0, READ)), Outcome(events=on(0, READ, READ))

    assert differences(one, more, {"TOR234"})
    assert not differences(one, more, {"TOR234"}, unsafe=True)
    assert differences(one, Outcome(events=on(0, WRITE)), {"TOR234"}, unsafe=True)


def test_the_pairs_of_a_relation_stand_for_what_they_connect() -> None:
    pairs = 'SELECT "team_id" FROM "link"'

    assert not differ(on(0, 'SELECT "id" FROM "hero"'), on(0, pairs))
    assert not differ(on(0, READ), on(0, pairs, READ))


def test_rules_that_pass_connections_leave_every_statement() -> None:
    assert differ(on(0, READ, READ), on(0, READ), "TOR310")
    assert differ(on(0, WRITE, READ), on(0, READ, WRITE), "TOR310")
    assert not differ(on(0, "SAVEPOINT a1", READ), on(0, "SAVEPOINT b7", READ), "TOR310")


@pytest.mark.parametrize(
    ("after", "same"),
    [
        ("[(['T0', 'T1'], [])]", True),
        ("[(['T0', 'TypeError: another'], [])]", True),
        ("[(['T1', 'T1'], [])]", False),
        ("[([], [])]", False),
    ],
)
def test_until_an_error_that_is_repaired_all_is_the_same(after: str, same: bool) -> None:
    before = Outcome(value="[(['T0', 'TypeError: no awaitable'], [])]")

    assert bool(until(["else", "no awaitable"], before, Outcome(value=after))) is not same
    assert until(["no awaitable"], before, Outcome(value=after, broken="x"))
