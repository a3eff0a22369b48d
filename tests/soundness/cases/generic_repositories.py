"""Classes derived from a generic one, with the model written out."""
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


M = TypeVar("M", bound=Model)
N = TypeVar("N")
class Base(Generic[M, N]):
    def __init__(self, model: type[M]):
        self.model = model
    async def get(self, id) -> M | None:
        return await self.model.filter(id=id).first()
    async def every(self) -> list[M]:
        return await self.model.all()
    async def bare(self):
        return await self.model.create()
class Books(Base[Book, int]):
    def __init__(self):
        super().__init__(model=Book)
class Flip(Base[N, M]):
    pass
class Shelves(Flip[Shelf, int]):
    def __init__(self):
        super().__init__(Shelf)
async def main():
    books = Books()
    shelves = Shelves()
    await Book.create()
    await Shelf.create()
    books.model
    shelves.model
    b = await books.get(1)
    s = await shelves.get(1)
    b
    s
    if b:
        b.name
        await b.save()
    for x in await books.every():
        x
    y = await shelves.bare()
    y
    y.save
    await y.save()
    await y.delete()
