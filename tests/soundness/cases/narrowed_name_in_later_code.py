"""What a test has shown of a name is forgotten when a loop binds it again; lists change."""
from contextlib import suppress
from tortoise import fields
from tortoise.models import Model


class Team(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=9, default="x")

    @property
    def label(self):
        return "team"


async def later():
    kept = []
    for number in (1, 99):
        team = await Team.get_or_none(id=number)
        if team is not None:
            kept.append(lambda: team)
    for function in kept:
        function()


async def closure():
    numbers = [team.id for team in await Team.all()]
    team = len(numbers)

    async def inner():
        return team

    return await inner()


async def changed():
    rows = await Team.all()
    alias = rows
    alias.append(None)
    for row in rows:
        row


async def final():
    row = await Team.get(id=1)
    try:
        raise ValueError
    except ValueError:
        row = None
        return
    finally:
        row


async def walrus():
    row = await Team.get(id=1)
    len("x") and (row := None)
    row
    row = await Team.get(id=1)
    while row := await Team.get_or_none(id=99):
        pass
    row


async def implicit(row: Team = None):
    def inner():
        return row

    inner()


async def rotated():
    a = b = c = d = e = f = g = h = await Team.get(id=1)
    for _ in range(9):
        a; b = a; c = b; d = c; e = d; f = e; g = f; h = g
        a, b, c, d, e, f, g, h = b, c, d, e, f, g, h, None
        with suppress(Exception):
            a.label


async def bulk():
    query = Team.bulk_create([Team()])
    await query


async def guarded(row):
    match row:
        case kept if (row := None):
            pass
        case _:
            row
    n = 4
    n /= 2
    n
    -True


async def main():
    await Team.create()
    (await Team.get(id=1)).label
    for function in (later, closure, changed, final, walrus, implicit, rotated, bulk):
        await function()
    await guarded(await Team.get(id=1))
