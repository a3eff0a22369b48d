"""Makes a program that shows a difference as small as it gets."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .generate import Program

_LEFT = ("app/main.py", "app/config.py")


def shrink(program: Program, shows: Callable[[Program], bool]) -> Program:
    """The program without the statements and rows that are not needed for it to show the thing.

    ``shows`` must not raise.
    """
    current, again = program, True
    while again:
        again = False
        for candidate in _smaller(current):
            if shows(candidate):
                current, again = candidate, True
                break
    return current


def _smaller(program: Program) -> Iterator[Program]:
    for path, text in program.files.items():
        if path not in _LEFT:
            for shorter in _without_one(text):
                yield replace(program, files={**program.files, path: shorter})
    for index in range(len(program.seed)):
        yield replace(program, seed=program.seed[:index] + program.seed[index + 1 :])


def _without_one(text: str) -> Iterator[str]:
    """A file without one statement, or with a compound one replaced by its body."""
    number = 0
    while True:
        tree = ast.parse(text)
        place = next((p for i, p in enumerate(_places(tree)) if i == number), None)
        if place is None:
            return
        number += 1
        block, index = place
        kept = block[index]
        for instead in (None, getattr(kept, "body", None)):
            if instead is None and isinstance(kept, ast.Pass):
                continue
            if instead is not None and isinstance(kept, ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if instead is not None or index < len(block):
                before = list(block)
                block[index : index + 1] = instead or ([] if len(block) > 1 else [ast.Pass()])
                yield ast.unparse(tree)
                block[:] = before
            if getattr(kept, "body", None) is None:
                break


def _places(tree: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    """Every statement; those that hold most come first."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield from ((block, index) for index in range(len(block)))
