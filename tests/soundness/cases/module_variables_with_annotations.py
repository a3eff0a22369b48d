"""Variables of a module that have annotations, and that functions may bind anew."""
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


THING: dict = {}
MODEL: type[Model] = Book
ROW: "Book | None" = None
def change():
    global MODEL
    MODEL = Shelf
async def main():
    THING
    MODEL
    ROW
    change()
    MODEL
