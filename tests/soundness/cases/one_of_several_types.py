"""Values that may be of a few types, and what is left of them after a test."""
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


async def pick_0(flag):
    q = Book
    if flag:
        q = q.filter(id=1)
    rows = await q.all()
    rows
    q = q.filter(id=2)
    q
    m = Book if flag else Shelf
    m
    r = await m.create()
    r
    await r.save()
    n = (await m.all().first()) or None
    n
    d = {} or None
    d
    if n is None:
        n
    else:
        n
        n.id
    l = None
    if flag:
        l = [Book()]
        l
    l
    for e in l or []:
        e
    l2 = l or []
    l2.append(Shelf())
    l2
    l
    l2[0]
    for e in l2:
        e
async def main_0():
    for f in (True, False):
        await pick_0(f)

async def show_1(x):
    if isinstance(x, (dict, list)):
        x
    if isinstance(x, dict):
        x
        x = x.get("k")
        x
    elif isinstance(x, (list, Book)):
        x
        for y in x if isinstance(x, list) else [x]:
            y
    else:
        x
async def main_1():
    for x in ({"k": Book}, [Book()], Book(), 1, "s", None):
        await show_1(x)

async def main_2():
    xs = await Book.all()
    next(iter(xs), None)
    next((x for x in xs), Shelf)
    cast("Book", await Book.create())
    cast(Book, (await Book.all())[0]).id
    t = (Book, 1) if xs else (Shelf, "a")
    a, b = t
    a
    b
    u = t or None
    c, d = u
    c
    d

async def main_3():
    a = [x for x in (Book(), Book())]
    a[0:1] = [Shelf()]
    a[0]
    for x in a: x
    b = [Book() for _ in range(2)]
    b[0:1] = "ab"
    b[0]
    b[0:0] = (Shelf(), 1)
    b[0]

async def main():
    await main_0()
    await main_1()
    await main_2()
    await main_3()
