"""A model of which only that is known."""
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


class OddA(Model):
    id = fields.IntField(primary_key=True)
    @classmethod
    def filter(cls, *a, **k):
        return 5
    async def save(self, *a, **k):
        await Book.create()
async def use_0(m: type[Model], i: Model):
    m.filter
    m.filter()
    m.all()
    i.save
    await i.save()
    i.id
    i.pk
async def main_0():
    for m in (Book, Shelf, OddA):
        await use_0(m, m())

TB = TypeVar("T", bound=Model)
UB = TypeVar("U", Book, Shelf)
def idt_1(x: TB) -> TB:
    x
    return x
def idu_1(x: UB) -> type[UB]:
    x
    return type(x)
async def main_1():
    idt_1(Book())
    idu_1(Shelf())
    idu_1(Book())

async def main_2():
    Book._meta
    Book._meta.db
    Book()._meta.db
    Book._meta.fields_map
    Book._meta.manager
    Book._meta.manager.get_queryset()
    m: type[Model] = Book
    m._meta.db

async def main():
    await main_0()
    await main_1()
    await main_2()
