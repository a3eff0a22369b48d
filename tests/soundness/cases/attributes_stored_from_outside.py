"""What other code stores on an object is not what its own methods store."""
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


class ServiceA:
    def __init__(self):
        self.repo = Book
async def main_0():
    s = ServiceA()
    s.repo = Shelf
    x = await s.repo.create()
    x
    s.repo

class ServiceB:
    def __init__(self):
        self.repo = Book()
def patch_1(s):
    s.repo = 3
async def main_1():
    s = ServiceB()
    patch_1(s)
    s.repo

class ServiceC:
    repo = Book
async def main_2():
    s = ServiceC()
    setattr(s, "repo", Shelf)
    s.repo

class ServiceD:
    repo = Book
async def main_3():
    s = ServiceD()
    ServiceD.repo = Shelf
    s.repo

async def main():
    await main_0()
    await main_1()
    await main_2()
    await main_3()
