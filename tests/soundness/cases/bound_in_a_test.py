"""A name that a middle operand binds keeps that value where the rest is not evaluated."""
from tortoise import fields
from tortoise.models import Model


class Team(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=9, default="x")


def no():
    return False


async def rows():
    found = await Team.all().values_list("id")
    if no() or (found := (await Team.all().last())) or len("x") > 3:
        found
    return found


async def main():
    await Team.create()
    return (await rows()).id
