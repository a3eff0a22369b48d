"""What the cases of TOR310 cannot say: what runs the same, and how a finding is put."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ormrun import run
from tortoise_fix.codemods.rules._base import Finding, Safety
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

CASES = Path(__file__).parent.parent / "fixtures" / "transaction-using-db"
#: Cases that run on the installed release, one for each way in which a connection is passed.
RUN = (
    "bulk",
    "chains-that-end",
    "comments-in-chains",
    "data-access-object",
    "function-that-hands-it-on",
    "function-with-a-connection",
    "gather",
    "get-or-create",
    "locks-and-statements",
    "many-to-many",
    "methods-with-a-connection",
    "multi-line-chain",
    "nested-blocks",
    "reverse-relation",
    "rows",
    "single-row-reads",
    "try-and-finally",
)
PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
    'dependencies = ["tortoise-orm==1.1.9"]\n',
    "models.py": "from tortoise import fields\nfrom tortoise.models import Model\n\n\n"
    "class Customer(Model):\n    name = fields.CharField(max_length=20)\n",
}
HEAD = (
    "import asyncio\nfrom tortoise.transactions import in_transaction\n"
    "from models import Customer\n\n"
    "async def main(values, helper):\n    async with in_transaction() as conn:\n        "
)


def found(root: Path, body: str) -> list[Finding]:
    """The findings in a block with this body."""
    for name, text in {**PROJECT, "main.py": HEAD + body + "\n"}.items():
        (root / name).write_text(text)
    made = plan(Request(root, (root,), Settings(select=("TOR310",)), cache=False))
    assert not made.faults
    return list(made.findings)


@pytest.mark.parametrize("case", RUN)
def test_the_rewritten_program_does_the_same(case: str) -> None:
    """Value, output, rows, and every statement, transactions included, are as before."""
    with ThreadPoolExecutor(2) as pool:
        before, after = pool.map(run, (CASES / case / "before", CASES / case / "after"))

    assert before == after
    assert not before.exception
    assert before.statements[0] == "BEGIN"


def test_the_message_names_the_call_as_it_is_written(tmp_path: Path) -> None:
    (one,) = found(tmp_path, "await Customer.filter(name='Ada').order_by('id').first()")

    assert one.message == (
        "Customer.filter(...).first() does not pass the transaction's connection"
    )
    assert one.safety is Safety.SAFE
    assert (one.span.line, one.span.col) == (7, 14)


def test_an_unpacked_mapping_says_what_the_repair_rests_on(tmp_path: Path) -> None:
    (one,) = found(tmp_path, "await Customer.create(**values)")

    assert one.safety is Safety.UNSAFE
    assert "using_db" in one.advice


def test_one_unsure_call_makes_all_of_a_gather_unsafe(tmp_path: Path) -> None:
    """Repaired in part, two clients would use one connection at the same time."""
    body = "await asyncio.gather(Customer.create(name='Ada'), Customer.create(**values))"

    assert [one.safety for one in found(tmp_path, body)] == [Safety.UNSAFE, Safety.UNSAFE]


@pytest.mark.parametrize("other", ["helper()", "values", "*helper"])
def test_a_gather_of_other_things_is_left_alone(tmp_path: Path, other: str) -> None:
    assert not found(tmp_path, f"await asyncio.gather(Customer.create(name='Ada'), {other})")


@pytest.mark.parametrize(
    "start",
    ["asyncio.create_task(helper())", "asyncio.ensure_future(helper())", "helper.start_soon()"],
)
def test_a_block_that_starts_tasks_is_left_alone(tmp_path: Path, start: str) -> None:
    assert not found(tmp_path, f"{start}\n        await Customer.create(name='Ada')")


def test_a_block_whose_connection_is_not_proven_gives_one_finding(tmp_path: Path) -> None:
    """However many calls it holds, there is one decision for the user to make."""
    calls = "await Customer.create(name='Ada')\n" + 12 * " " + "await Customer.all()"
    body = f"async with in_transaction(values) as inner:\n{12 * ' '}{calls}"
    (one,) = found(tmp_path, body)

    assert one.safety is Safety.MANUAL and not one.edits
    assert "2 ORM calls do not pass inner" in one.message
