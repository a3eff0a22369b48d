"""What a generated program does wrong, and what it should do instead.

A program is written with marks, so that it can be had in three ways: as it is given to the tool,
with its flaws; as it ought to be, to compare with; and with only those of its flaws that the tool
says it repairs. ``__flaw__(3, wrong, right)`` is one piece of code that differs, and
``__use__(3, code)`` a place at which the tool finds the flaw.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FLAW, USE = "__flaw__", "__use__"


def flaw(number: int, wrong: str, right: str) -> str:
    """The mark of code that is wrong, with what is right; both in one line."""
    return f"{FLAW}({number}, {wrong}, {right})"


def use(number: int, code: str) -> str:
    """The mark of a place at which a flaw that stands elsewhere is found."""
    return f"{USE}({number}, {code})"


def rendered(files: Mapping[str, str], mended: Collection[int] | None = None) -> dict[str, str]:
    """The files without marks; with the right code for flaws that are ``mended``, None for all."""
    return {path: _rendered(text, mended) for path, text in files.items()}


def places(files: Mapping[str, str]) -> dict[int, set[tuple[str, int]]]:
    """For each flaw, the files and lines at which it is to be found."""
    found: dict[int, set[tuple[str, int]]] = defaultdict(set)
    used: set[int] = set()
    for path, text in files.items():
        marks = list(_marks(text)) if "__(" in text else []
        used |= {_number(one) for one in marks if _name(one) == USE}
        for one in marks:
            found[_number(one)].add((path, one.lineno if _name(one) == USE else -one.lineno))
    return {
        number: {(path, abs(line)) for path, line in at if line > 0 or number not in used}
        for number, at in found.items()
    }


def _marks(text: str) -> Iterator[ast.Call]:
    """Marks, those within others last."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and _name(node) in (FLAW, USE):
            yield node


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _number(node: ast.Call) -> int:
    number = node.args[0]
    assert isinstance(number, ast.Constant) and isinstance(number.value, int)
    return number.value


def _rendered(text: str, mended: Collection[int] | None) -> str:
    while "__(" in text:
        marks = list(_marks(text))
        if not marks:
            break
        node = marks[-1]
        right = _name(node) == FLAW and (mended is None or _number(node) in mended)
        kept = node.args[2 if right else 1]
        source = ast.get_source_segment(text, kept)
        whole = ast.get_source_segment(text, node)
        assert source is not None and whole is not None
        # What awaits a mark awaits what it stands for, which may bind less than a call.
        lines = text.splitlines(keepends=True)
        line, start = lines[node.lineno - 1], node.col_offset
        lines[node.lineno - 1] = line[:start] + source + line[start + len(whole) :]
        text = "".join(lines)
    return text
