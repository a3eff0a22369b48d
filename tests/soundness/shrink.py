"""Makes a program that shows a contradiction as small as it gets."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .generate import Program


def shrink(program: Program, shows: Callable[[Program], bool]) -> Program:
    """The program without the statements that are not needed for it to still show the thing.

    ``shows`` must not raise; a program that does not compile shows nothing.
    """
    current, shorter = program, True
    while shorter:
        shorter = False
        for files in _smaller(current.files):
            candidate = replace(current, files=files)
            if shows(candidate):
                current, shorter = candidate, True
                break
    return current


def _smaller(files: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The program without one statement, or with a compound one replaced by its body."""
    for path, text in files.items():
        if path.endswith("main.py"):
            continue
        for block, index in _places(ast.parse(text)):
            kept = block[index]
            for instead in ([], getattr(kept, "body", [])):
                if isinstance(kept, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    instead = []
                tree = ast.parse(text)
                target = _same_block(tree, block)
                target[index : index + 1] = instead or ([] if len(block) > 1 else [ast.Pass()])
                smaller = ast.unparse(tree)
                if len(smaller) < len(ast.unparse(ast.parse(text))):
                    yield {**files, path: smaller}


def _blocks(tree: ast.AST) -> list[list[ast.stmt]]:
    found = []
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                found.append(block)
    return found


def _places(tree: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    # Large blocks first: what holds most is tried first.
    for block in _blocks(tree):
        for index in range(len(block)):
            if not isinstance(block[index], ast.Pass):
                yield block, index


def _same_block(tree: ast.AST, block: list[ast.stmt]) -> list[ast.stmt]:
    """The block of another parse of the same text."""
    first = block[0]
    for candidate in _blocks(tree):
        start = candidate[0]
        if (start.lineno, start.col_offset) == (first.lineno, first.col_offset):
            return candidate
    raise LookupError
