"""TOR311, TOR314 and TOR315 by running: what a query or a connection outside of its block does."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from databases import DATABASES, SQLITE, fresh, kind
from hypothesis import given, settings
from hypothesis import strategies as st
from ormrun import Outcome, run
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

FIXTURES = Path(__file__).parent.parent / "fixtures"
QUERIES = FIXTURES / "query-built-before-transaction"
CONNECTIONS = FIXTURES / "connection-outlives-transaction"
HANDLES = FIXTURES / "transaction-handle"
#: Long enough for all that works, and no longer than is needed to tell that something hangs.
LIMIT = 4.0

#: What a repaired program gives, on every database.
REPAIRED = {
    "asked-for-its-plan": "1",
    "asked-for-its-sql": "['Ada', 'Bob']",
    "built-in-an-earlier-block": "2",
    "condition-and-walrus": "'Ada'",
    "copy-of-a-query-of-every-turn": "1",
    "delete-that-survives-the-rollback": "1",
    "in-a-loop": "2",
    "iterated-before-the-block": "['Ada', 'Bob']",
    "lock": "1",
    "multi-line-chain": "(1, [{'name': 'Ada'}])",
    "narrowed-on-some-paths": "(2, 2)",
    "nested-blocks": "1",
    "other-name-of-the-query": "(1, 2)",
    "read-built-by-all": "['Ada', 'Bob']",
    "relation-run-before": "2",
    "release-not-pinned": "2",
    "run-in-every-turn": "[2, 3, 4]",
    "single-rows": "('Ada', 'Bob', ('Ada', 'Bob'))",
    "used-elsewhere-as-well": "(1, 2, 2)",
    "write-that-survives-the-rollback": "0",
}
#: What a server makes of the program as it was; the others do the same there, outside of the block.
STALE = {
    "asked-for-its-plan": "0",
    "asked-for-its-sql": "['Ada']",
    "delete-that-survives-the-rollback": "0",
    "iterated-before-the-block": "['Ada']",
    "narrowed-on-some-paths": "(1, 1)",
    "other-name-of-the-query": "(1, 1)",
    "read-built-by-all": "['Ada']",
    "relation-run-before": "1",
    "release-not-pinned": "1",
    "used-elsewhere-as-well": "(1, 1, 2)",
    "write-that-survives-the-rollback": "1",
}
#: Queries that are bound to a transaction that has ended: PostgreSQL refuses them.
ENDED = ("built-in-an-earlier-block", "copy-of-a-query-of-every-turn", "run-in-every-turn")
JOINING = (
    "another-connection-is-passed",
    "built-in-an-open-transaction",
    "built-anew-in-every-turn",
    "built-in-the-block",
    "copies-in-every-turn",
    "coroutine-made-before",
    "counted-before",
    "in-an-atomic-function",
    "joins-by-itself",
    "loop-of-one-turn",
    "relation-not-run-before",
    "run-in-one-transaction",
    "run-on-another-branch",
)
#: What PostgreSQL refuses and the others execute.
RELEASED = (
    "background-tasks",
    "call-after-the-block",
    "function-that-takes-it",
    "inner-and-outer",
    "nested-function",
    "of-a-named-connection",
    "query-built-in-the-block",
    "query-run-in-the-block",
    "query-with-the-connection",
    "returned-connection",
    "returned-coroutine",
    "returned-function",
    "returned-query",
    "statement-after-the-block",
    "task-awaited-after-the-block",
)
UNREPORTED = (
    "background-tasks-without-it",
    "bound-again",
    "handed-to-the-caller-while-open",
    "in-an-atomic-function",
    "in-an-earlier-turn-of-a-loop",
    "its-name-only",
    "maybe-something-else",
    "nested-function-called-in-the-block",
    "outer-transaction-is-open",
    "query-of-before-the-block",
    "query-rebuilt-after-the-block",
    "returned-rows",
    "task-awaited-in-the-block",
    "task-of-a-function-that-is-awaited",
    # asyncio.TaskGroup came with Python 3.11.
    *(("task-of-a-group-in-the-block",) if sys.version_info >= (3, 11) else ()),
    "task-of-something-else",
    "task-without-the-database",
)
NAMED = (
    "inner-block-of-a-named-one",
    "method",
    "name-in-a-nested-function",
    "name-is-taken",
    "name-of-the-module",
    "name-of-the-other-blocks",
    "nested-blocks",
    "one-after-another",
    "other-block-is-seen-by-a-closure",
    "plain",
    "several-items",
)

on_each_database = pytest.mark.parametrize("url", DATABASES, ids=kind)


def outcomes(url: str, *projects: Path) -> list[Outcome]:
    """What comes of each project, on an empty database of its own."""
    with fresh(url, len(projects)) as urls, ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda one, at: run(one, at, limit=LIMIT), projects, urls))


def exceptions(url: str, rule: Path, cases: Iterable[str]) -> dict[str, str]:
    """What each case of a rule raises as it is; empty strings where it raises nothing."""
    found = outcomes(url, *(rule / case / "before" for case in cases))
    return dict(zip(cases, (one.exception for one in found), strict=True))


def apply(root: Path, *codes: str) -> list[Finding]:
    """Apply rules to a project; what was found."""
    made = plan(Request(root, (root,), Settings(select=codes), cache=False))
    assert not made.faults
    assert not carry_out(made).faults
    return list(made.findings)


# Queries


@on_each_database
@pytest.mark.parametrize("case", REPAIRED)
def test_a_query_of_before_the_block_takes_part_in_it_afterwards(case: str, url: str) -> None:
    """Before: SQLite waits for ever, servers run it outside of the transaction."""
    before, after = outcomes(url, QUERIES / case / "before", QUERIES / case / "after")

    assert (after.value, after.exception) == (REPAIRED[case], "")
    if case in ENDED:
        assert ("released back to the pool" in before.exception) == (kind(url) == "postgres")
    elif url == SQLITE:
        assert before.exception == "TimeoutError: "
    elif url != SQLITE and case in STALE:
        assert (before.value, before.exception) == (STALE[case], "")


def test_every_rewritten_query_is_run() -> None:
    several = {"on-one-of-several-connections"}
    assert {case.parent.name for case in QUERIES.glob("*/after")} == {*REPAIRED} | several


@on_each_database
def test_a_query_that_is_left_alone_works_as_it_is(url: str) -> None:
    assert not any(exceptions(url, QUERIES, JOINING).values())
    assert not any((QUERIES / case / "after").exists() for case in JOINING)


# Connections


@on_each_database
def test_a_released_connection_is_refused_by_postgresql_alone(url: str) -> None:
    raised = exceptions(url, CONNECTIONS, RELEASED)

    if kind(url) == "postgres":
        words = "connection has been released back to the pool"
        assert [case for case, one in raised.items() if words not in one] == []
    else:
        assert raised == dict.fromkeys(RELEASED, "")


@on_each_database
def test_a_finished_transaction_cannot_be_ended_again(url: str) -> None:
    wanted = "TransactionManagementError: Transaction already finalised"
    raised = exceptions(url, CONNECTIONS, ["commit-after-the-block"])

    assert raised == {"commit-after-the-block": wanted}


@on_each_database
def test_what_is_not_reported_works(url: str) -> None:
    assert exceptions(url, CONNECTIONS, UNREPORTED) == dict.fromkeys(UNREPORTED, "")


def test_a_report_says_where_the_block_is_and_what_happens(tmp_path: Path) -> None:
    shutil.copytree(CONNECTIONS / "call-after-the-block" / "before", tmp_path, dirs_exist_ok=True)
    first, *_ = apply(tmp_path, "TOR315")

    assert first.safety is Safety.MANUAL and first.advice
    assert first.message == (
        "Customer.create() uses conn after its transaction has ended (line 7): SQLite and MySQL run"
        " it outside of any transaction of yours, PostgreSQL raises InterfaceError (connection has"
        " been released back to the pool)"
    )


# Names


@on_each_database
@pytest.mark.parametrize("case", NAMED)
def test_a_named_block_that_passes_its_connection_does_the_same(
    case: str, url: str, tmp_path: Path
) -> None:
    """With TOR310 after it: value, output, rows and statements are as before."""
    shutil.copytree(HANDLES / case / "before", tmp_path, dirs_exist_ok=True)
    apply(tmp_path, "TOR310", "TOR311")
    passed = (tmp_path / "main.py").read_text()
    before, after = outcomes(url, HANDLES / case / "before", tmp_path)

    assert before == after
    assert not before.exception
    assert passed.count("using_db") > (HANDLES / case / "before/main.py").read_text().count(
        "using_db"
    )
    assert not apply(tmp_path, "TOR310", "TOR311")


def test_a_named_block_takes_in_a_query_of_before_it(tmp_path: Path) -> None:
    shutil.copytree(HANDLES / "query-built-before" / "before", tmp_path, dirs_exist_ok=True)
    found = apply(tmp_path, "TOR311", "TOR314")
    (outcome,) = outcomes(SQLITE, tmp_path)

    assert [(one.code, one.safety) for one in found] == [
        ("TOR311", Safety.SAFE),
        ("TOR314", Safety.MANUAL),
    ]
    assert "await customers.using_db(connection)" in (tmp_path / "main.py").read_text()
    assert (outcome.value, outcome.exception) == ("1", "")


NAMES = ("connection", "conn", "transaction_connection", "tx_connection")
#: Ways in which a function can use a name.
USES = (
    "    {name} = 1\n",
    "    print({name})\n",
    "    def inner({name}):\n        return {name}\n",
    "    def inner():\n        return {name}\n",
    "    import os as {name}\n",
    "    try:\n        pass\n    except ValueError as {name}:\n        pass\n",
    "    global {name}\n",
    "    print([{name} for {name} in ()])\n",
    "    print(lambda: {name})\n",
    '    print(f"{{{name}}}")\n',
)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(USES)), st.booleans())
def test_the_name_is_one_that_the_function_does_not_use(
    tmp_path_factory: pytest.TempPathFactory, used: dict[str, str], after: bool
) -> None:
    root = tmp_path_factory.mktemp("names")
    shutil.copytree(HANDLES / "plain" / "before", root, dirs_exist_ok=True)
    uses = "".join(use.format(name=name) for name, use in used.items())
    block = "    async with in_transaction():\n        await Customer.create(name='Ada')\n"
    head = (root / "main.py").read_text().partition("async def")[0] + "async def main():\n"
    (root / "main.py").write_text(head + (block + uses if after else uses + block))
    apply(root, "TOR311")

    free = [name for name in NAMES if name not in used]
    bound = f"in_transaction() as {free[0]}:" if free else "in_transaction():"
    assert bound in (root / "main.py").read_text()
