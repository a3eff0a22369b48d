"""After TOR311 and TOR310, all statements of a transaction go through a client that is passed."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
from databases import DATABASES, fresh, kind
from explicit import Sent, run
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

SHOP = Path(__file__).parent.parent / "fixtures" / "transaction-using-db" / "rows" / "before"
PROGRAMS = 25
#: What cannot take a connection, or must not: the lines of the program that hold it.
WITHOUT = (
    r"await order\.customer\b",  # a forward relation
    r"async for one in customer\.orders:",  # a relation that keeps the rows which it fetches
    r"await anew\(",  # a function of the project that has no parameter for a connection
    r"await Customer\.create\(name=name\)",  # what that function does
)
HEAD = """\
import asyncio

from tortoise.transactions import in_transaction

from models import Customer, Order, Tag


async def anew(name):
    return await Customer.create(name=name)


async def added(name, conn=None):
    one = await Customer.create(name=name, using_db=conn)
    await Order.create(customer=one, using_db=conn)
    return one


"""
STATEMENTS = r"""
await Customer.create(name="n")
customer.credit += 1; await customer.save()
await customer.save(update_fields=["name"])
await customer.refresh_from_db()
await Customer.filter(credit__gte=0).update(credit=3)
await Order.filter(total=99).delete()
out.append(await Customer.all().count())
out.append(await Customer.filter(name="n").exists())
out.append(await Order.all().order_by("id").values_list("total", flat=True))
out.append(len(await Customer.filter(name="n").prefetch_related("orders")))
out.append((await Customer.get(id=1)).name)
out.append(await Customer.get_or_none(id=999))
out.append((await Order.all().select_related("customer").order_by("-id").first()).total)
out.append((await Tag.get_or_create(name="red"))[1])
out.append((await Tag.update_or_create(name="blue", defaults={"name": "blue"}))[1])
await Customer.bulk_create([Customer(name="b1"), Customer(name="b2")])
await order.tags.add(tag)
await order.tags.remove(tag)
await order.tags.clear()
out.append(len(await customer.orders.all()))
out.append(len(await customer.orders))
out.append(await customer.orders.filter(total=0).count())
await customer.fetch_related("orders")
out.append((await order.customer).name)
async for one in customer.orders:\n    out.append(one.total)
async for one in Customer.filter(name="n").order_by("id"):\n    await one.save()
out.append([one.total for one in await Order.filter(customer=customer).order_by("id")])
await asyncio.gather(Customer.create(name="g"), Order.filter(total=5).count())
await anew("anew")
await added("added")
out.append((await Customer.in_bulk([1], "id"))[1].name)
await Customer.select_for_update().get(id=1)
rows = await Customer.raw("SELECT * FROM customer WHERE id = 1"); out.append(len(rows))
if await Customer.exists(name="n"):\n    await Order.create(customer=customer, total=7)
""".strip().splitlines()


def block(choose: random.Random, depth: int, number: int) -> list[str]:
    """The lines of a transaction block."""
    name = choose.choice(("", "", " as conn", " as tx"))
    lines = [f"async with in_transaction(){name and f'{name}{number}{depth}'}:"]
    for _ in range(choose.randint(2, 5)):
        lines += [f"    {line}" for line in step(choose, depth, number)]
    return lines


def step(choose: random.Random, depth: int, number: int) -> list[str]:
    """The lines of one step of a body."""
    way = choose.random()
    if way < 0.12 and depth < 2:
        return block(choose, depth + 1, number)
    if way < 0.2:
        inner = "\n".join(step(choose, 2, number)).splitlines()
        return ["try:", *(f"    {line}" for line in inner), "finally:", "    out.append('end')"]
    if way < 0.28:
        inner = "\n".join(step(choose, 2, number)).splitlines()
        return ["for _ in range(2):", *(f"    {line}" for line in inner)]
    return choose.choice(STATEMENTS).replace("\\n", "\n").splitlines()


def program(seed: int) -> str:
    """A module whose ``main`` runs many functions with transactions."""
    choose, parts = random.Random(seed), [HEAD]
    for number in range(PROGRAMS):
        body = [line for _ in range(2) for line in block(choose, 0, number)]
        text = "\n".join(f"    {line}" for line in "\n".join(body).splitlines())
        parts.append(f"async def f{number}(customer: Customer, order: Order, tag: Tag):\n")
        parts.append(f"    out = []\n{text}\n    return out\n\n\n")
    calls = ", ".join(f"await f{number}(ada, order, tag)" for number in range(PROGRAMS))
    parts.append('async def main():\n    ada = await Customer.create(name="Ada")\n')
    parts.append("    order = await Order.create(customer=ada)\n")
    parts.append(f'    tag = await Tag.create(name="tag")\n    return [{calls}]\n')
    return "".join(parts)


def implicit(root: Path, sent: list[Sent]) -> list[tuple[str, str]]:
    """The lines whose statements were sent through no client that was passed."""
    lines = ["a task of the library", *(root / "main.py").read_text().splitlines()]
    found = [(lines[one.line].strip(), one.sql) for one in sent if not one.explicit]
    return [one for one in found if not any(re.search(way, one[0]) for way in WITHOUT)]


@pytest.mark.parametrize("url", DATABASES, ids=kind)
@pytest.mark.parametrize("seed", range(2))
def test_every_statement_goes_through_a_client_that_is_passed(
    seed: int, url: str, tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(SHOP, before)
    (before / "main.py").write_text(program(seed))
    shutil.copytree(before, after)
    made = plan(Request(after, (after,), Settings(select=("TOR310", "TOR311")), cache=False))
    assert not made.faults and not carry_out(made).faults

    with fresh(url, 2) as urls:
        (found, value), (passed, same) = run(before, urls[0]), run(after, urls[1])

    assert value == same
    assert [one.sql for one in found] == [one.sql for one in passed]
    assert len(found) > 5 * PROGRAMS
    assert implicit(before, found)
    assert implicit(after, passed) == []
