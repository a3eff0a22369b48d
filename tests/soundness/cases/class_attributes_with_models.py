"""Models as attributes of classes, replaced in derived ones."""
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


class BaseA:
    model: type[Model]
    other = None
    async def first(self):
        m = self.model
        m
        q = m.all()
        q
        r = await q.first()
        r
        self.other
        return r
    @property
    def rows(self):
        return self.model.all()
    @classmethod
    async def build(cls):
        cls.model
        return cls()
class AA(BaseA):
    model = Book
    def __init__(self):
        self.other = Book
class BA(BaseA):
    model = Shelf
class CA(AA):
    model = Shelf
async def main_0():
    await Book.create()
    await Shelf.create()
    for k in (AA, BA, CA):
        k
        x = k()
        x
        await x.first()
        x.model
        x.rows
        z = await k.build()
        z
    AA.model
    CA.model
    AA().rows
    w = await AA.build()
    w
    w.model

class T1B:
    Book = Book
    Shelf = Book
    def get(self):
        self.Book
        self.Shelf
        return self.Book
class T2B(T1B):
    Book = Shelf
async def main_1():
    T1B().get()
    T2B().get()
    T1B().Shelf
    T2B().Shelf
    T1B.Book

class SC:
    Book = Shelf
    model = Book
async def main_2():
    s = SC()
    s.model
    s.Book

class KD:
    m = Book
    @classmethod
    def make(cls, n=0):
        x = cls()
        x
        return x
    @classmethod
    def klass(cls):
        return cls.m
class K2D(KD):
    m = Shelf
    def __new__(cls):
        return Shelf()
async def main_3():
    KD.make()
    K2D.make()
    KD.klass()
    K2D.klass()

async def main():
    await main_0()
    await main_1()
    await main_2()
    await main_3()
