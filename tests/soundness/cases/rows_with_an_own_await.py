"""A model can say itself what awaiting its rows does."""
import asyncio
import contextlib
import dataclasses
import functools
from typing import Generic, TypeVar, cast

from tortoise import fields
from tortoise.models import Model


class Book(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20, default="b")


class Shelf(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20, default="s")


class Odd(Model):
    id = fields.IntField(primary_key=True)
    def __await__(self):
        return Shelf.create().__await__()
async def main():
    o = await Odd.create()
    z = await o
    z
