"""What is kept of inference for several depths is what each depth gives by itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.orm._context import EVERY
from tortoise_fix.codemods.orm._returns import gives_nothing
from tortoise_fix.codemods.orm.infer import Types, types_of
from tortoise_fix.codemods.orm.types import NONE, UNKNOWN, Type
from tortoise_fix.codemods.project.facts import FunctionNode
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tortoise_fix.codemods.project.module import Scope

CHAINS = """
from tortoise import fields
from tortoise.models import Model

class Book(Model):
    id = fields.IntField(primary_key=True)

class Shelf:
    def __init__(self):
        self.best = third()
        self.name = "shelf"
    def top(self):
        return self.best

def first():
    return Book()

def second():
    return first()

def third():
    return second()

def fourth():
    return third()

def fifth(flag):
    if flag:
        return fifth(not flag)
    return fourth()

def quiet():
    fifth(True)

KEPT = third()
LATER = None

def closure():
    kept = second()
    def inside():
        return kept, KEPT, quiet()
    return inside()

def asks(flag):
    return first(), third(), fifth(flag), Shelf().best, Shelf().top(), KEPT, closure(), quiet()
"""


def module_of(tmp_path: Path, text: str) -> Module:
    """A project of one file."""
    data = text.encode()
    module = Project(tmp_path, ("app.py",), lambda _path: data, "", {}).module("app.py")
    assert isinstance(module, Module)
    return module


def scopes(module: Module) -> list[Scope]:
    """The module, and all of its functions in order."""
    functions = [n for n in ast.walk(module.tree) if isinstance(n, FunctionNode)]
    return [module.tree, *functions]


def told(module: Module, types: Types) -> list[Type]:
    """The types of all expressions, and what is returned."""
    nodes = [n for n in ast.walk(module.tree) if isinstance(n, ast.expr)]
    return [types.returned, *map(types.of, nodes)]


def every_answer(module: Module, depths: Iterable[int]) -> dict[tuple[int, int], list[Type]]:
    """All that is known of each scope at each depth, asked for in that order of depths."""
    return {
        (index, depth): told(module, types_of(module, scope, depth))
        for depth in depths
        for index, scope in enumerate(scopes(module))
    }


@pytest.mark.parametrize("order", [EVERY, EVERY[::-1], (2, 0, 3, 1)])
def test_each_depth_gives_the_same_alone_and_after_others(
    tmp_path: Path, order: Iterable[int]
) -> None:
    for (index, depth), known in every_answer(module_of(tmp_path, CHAINS), order).items():
        alone = module_of(tmp_path, CHAINS)
        assert told(alone, types_of(alone, scopes(alone)[index], depth)) == known


def test_what_comes_to_its_end_is_the_same_for_who_looks_deeper(tmp_path: Path) -> None:
    module = module_of(tmp_path, CHAINS)
    functions = {n.name: n for n in module.nodes(ast.FunctionDef)}

    assert types_of(module, functions["first"], 3).depths == EVERY
    assert types_of(module, functions["third"], 3).depths == EVERY[2:]
    assert types_of(module, functions["third"], 2) is types_of(module, functions["third"], 3)
    assert types_of(module, functions["third"], 1).depths == EVERY[1:2]
    assert types_of(module, functions["third"], 1).returned == UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "call()",
        "if flag: raise ValueError",
        "if flag: return",
        "for one in flag: raise ValueError",
        "with flag: call()",
        "try: call()\n    except ValueError: call()\n    else: call()",
        "def inner():\n        return 1",
        "inner = lambda: 1",
        "class Inner:\n        def method(self):\n            return 1",
        "match flag:\n        case 1: call()",
    ],
)
def test_a_function_that_only_comes_to_its_end_gives_nothing(tmp_path: Path, body: str) -> None:
    module = module_of(tmp_path, f"def asked(flag):\n    {body}\n")
    function = module.nodes(ast.FunctionDef)[0]

    assert gives_nothing(module, function)
    assert types_of(module, function).returned == NONE


@pytest.mark.parametrize(
    "body",
    [
        "return 1",
        "if flag: return 1",
        "raise ValueError",
        "if flag: raise ValueError\n    else: raise TypeError",
        "while True: call()",
        "if flag:\n        pass\n    else:\n        raise ValueError\n    raise TypeError",
        "try: raise ValueError\n    finally: call()",
        "with flag: raise ValueError",
        "for one in flag: pass\n    else: raise ValueError",
        "match flag:\n        case _: raise ValueError",
    ],
)
def test_a_function_that_may_not_come_to_its_end_is_looked_at(tmp_path: Path, body: str) -> None:
    module = module_of(tmp_path, f"def asked(flag):\n    {body}\n")

    assert not gives_nothing(module, module.nodes(ast.FunctionDef)[0])
