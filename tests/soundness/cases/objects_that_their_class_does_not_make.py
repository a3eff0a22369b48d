"""Calling a class gives what a metaclass, a decorator or ``__new__`` makes of it."""
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


class SvcA:
    def __new__(cls, *a):
        return Book
async def main_0():
    SvcA()
class Meta2A(type):
    def __call__(cls):
        return Shelf()
class Svc2A(metaclass=Meta2A):
    pass
async def main_0():
    Svc2A()

def swap_1(cls):
    return Shelf
@swap_1
class OtherB:
    pass
async def main_1():
    OtherB
    OtherB()

import dataclasses
@dataclasses.dataclass
class DC:
    model: type[Model] = Book
    other: object = dataclasses.field(default_factory=lambda: Shelf)
async def main_2():
    d = DC(Shelf)
    d.model
    d.other

async def main():
    await main_0()
    await main_1()
    await main_2()
