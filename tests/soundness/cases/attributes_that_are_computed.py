"""Classes that compute their attributes, by properties or all of them."""
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
    def __getattr__(self, name):
        return Shelf
class SubA(ServiceA):
    def __init__(self):
        if False:
            self.repo = Book
async def main_0():
    s = SubA()
    s.repo

class ServiceB:
    repo = Book
    def __getattribute__(self, name):
        return Shelf
async def main_1():
    ServiceB().repo

class PC:
    def __init__(self, n): self.n = n
    @property
    def model(self):
        return Book if self.n else Shelf
    @functools.cached_property
    def one(self):
        return Book
class P2C(PC):
    @property
    def one(self):
        return Shelf
async def main_2():
    PC(0).model
    PC(1).model
    p = PC(1)
    p.one
    P2C(1).one
    PC.one
    PC.model

class HolderD:
    @property
    def thing(self):
        return Shelf.create()
async def main_3():
    h = HolderD()
    await h.thing

async def main():
    await main_0()
    await main_1()
    await main_2()
    await main_3()
