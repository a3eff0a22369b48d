"""What enters and leaves a block may write."""
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


class Ctx:
    async def __aenter__(self):
        return await Shelf.create()
    async def __aexit__(self, *a):
        await Book.create()
async def main():
    async with Ctx() as x:
        x
    async with contextlib.AsyncExitStack() as stack:
        y = await stack.enter_async_context(Ctx())
        y
