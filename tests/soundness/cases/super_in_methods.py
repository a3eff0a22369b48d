"""Methods of bases, with other bases between them in derived classes."""
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


class BaseA(Model):
    id = fields.IntField(primary_key=True)
    async def save(self, *a, **k):
        await super().save(*a, **k)
    @classmethod
    async def create(cls, **k):
        x = super().create
        x
        r = await super().create(**k)
        r
        return r
    class Meta:
        abstract = True
class MixinA:
    async def save(self, *a, **k):
        await Shelf.create()
        return 3
class PaperA(BaseA):
    async def save(self, *a, **k):
        s = super()
        s
        s.save
        r = await super().save(*a, **k)
        r
class OddA(PaperA, MixinA):
    pass
class Odd2A(MixinA, BaseA):
    async def save(self, *a, **k):
        r = await super().save(*a, **k)
        r
        super().pk
async def main_0():
    p = PaperA(id=2)
    await p.save()
    await OddA(id=3).save()
    await Odd2A(id=4).save()
    await PaperA.create(id=6)
    z = await Odd2A.create(id=7)
    z

class TopB(Model):
    id = fields.IntField(primary_key=True)
    class Meta:
        abstract = True
class LeftB(TopB):
    async def save(self, *a, **k):
        q = super().save
        q
        return await super().save(*a, **k)
    class Meta:
        abstract = True
class RightB(TopB):
    async def save(self, *a, **k):
        await Shelf.create()
        return 3
    class Meta:
        abstract = True
class BothB(LeftB, RightB):
    pass
async def main_1():
    b = BothB(id=1)
    r = await b.save()
    r

class AC:
    def get(self): return Book
    @property
    def prop(self): return Book
class BC(AC):
    def get(self):
        x = super().get()
        x
        super().prop
        return Shelf
class CC(AC):
    def get(self):
        return Shelf
class DC(BC, CC):
    pass
async def main_2():
    BC().get()
    DC().get()

async def main():
    await main_0()
    await main_1()
    await main_2()
