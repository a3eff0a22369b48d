"""Real code, damaged in all the ways that code is: no crash, and no byte lost."""

from __future__ import annotations

import ast
import random
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import fuzz
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.edits.arguments import PassKeyword
from tortoise_fix.codemods.edits.imports import DropImport
from tortoise_fix.codemods.run.verify import verify
from tortoise_fix.codemods.source import Fault, Source, Span, decode, parse

if TYPE_CHECKING:
    from tortoise_fix.codemods.edits._base import Edit
    from tortoise_fix.codemods.run.changes import Plan

SEEDS = st.integers(0, 2**32)


@cache
def library() -> list[bytes]:
    """Modules of the standard library, neither tiny nor huge."""
    found = sorted(Path(ast.__file__).parent.glob("*.py"))
    return [path.read_bytes() for path in found if 1_000 < path.stat().st_size < 12_000]


@cache
def places() -> list[fuzz.Place]:
    return fuzz.places()


def damaged(seed: int) -> tuple[random.Random, bytes]:
    chance = random.Random(seed)
    return chance, fuzz.mutated(chance.choice(library()), chance, library())


@settings(max_examples=300, deadline=None)
@given(SEEDS)
def test_what_is_read_comes_back_byte_for_byte(seed: int) -> None:
    fuzz.check_source(damaged(seed)[1])


@settings(max_examples=300, deadline=None)
@given(SEEDS)
def test_what_is_rewritten_keeps_every_byte_outside_of_its_statement(seed: int) -> None:
    chance, data = damaged(seed)
    source = decode("a.py", data)
    tree = parse(source) if isinstance(source, Source) else source
    if not isinstance(source, Source) or not isinstance(tree, ast.Module):
        return
    numbered = [(node, call) for node in tree.body for call in calls(node)]
    if not numbered:
        return
    statement, call = chance.choice(numbered)
    edit = PassKeyword("a.py", source.span(call), "zz_new", "1")
    text = apply(source, tree, [edit])
    if isinstance(text, Fault):
        return
    assert verify(source, text, [edit]) is None
    first, last = statement.lineno, statement.end_lineno or 0
    head, tail = (source.offset(first, 0), source.offset(last, len(source.line(last))))
    after = source.text[tail:]
    assert text.startswith(source.text[:head])
    assert text.endswith(after)
    assert "zz_new" in text[head : len(text) - len(after)]


def calls(node: ast.AST) -> list[ast.Call]:
    """The calls in a statement, but those in f-strings, whose places Python does not tell."""
    if isinstance(node, ast.JoinedStr):
        return []
    below = [call for child in ast.iter_child_nodes(node) for call in calls(child)]
    return [node, *below] if isinstance(node, ast.Call) else below


@pytest.mark.parametrize("statement", ["return*found, 1", "return(*found, 1)"])
def test_what_libcst_cannot_read_is_left_with_a_reason(statement: str) -> None:
    source = Source("a.py", f"def f(found):\n    g()\n    {statement}\n\n\nx = 1\n")
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    edit = PassKeyword("a.py", Span(2, 4, 2, 7), "zz_new", "1")
    text = apply(source, tree, [edit])
    if isinstance(text, Fault):
        assert text.reason == "libcst does not print this file as it read it"
    else:
        assert text == source.text.replace("g()", "g(zz_new=1)")


def test_what_python_has_to_say_of_the_code_is_not_said_by_us(
    recwarn: pytest.WarningsRecorder,
) -> None:
    source = Source("a.py", "import b\nimport c\nx = '\\|'\ny = 1 is 2\nc.g()\n")
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    edits: list[Edit] = [PassKeyword("a.py", Span(5, 0, 5, 5), "zz_new", "1")]
    edits.append(DropImport("a.py", "b"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = apply(source, tree, edits)
        assert isinstance(text, str)
        assert verify(source, text, edits) is None
    assert text.startswith("import c\n")
    assert not recwarn.list


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=SEEDS)
def test_the_whole_tool_on_a_project_with_a_damaged_file(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    place = chance.choice(places())
    others = [place.content(), chance.choice(places()).content(), chance.choice(library())]
    fuzz.check(place, fuzz.mutated(place.content(), chance, others), tmp_path / "project")


def test_the_check_notices_what_it_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changing = next(place for place in places() if fuzz.check(place, place.content(), tmp_path))
    real = fuzz.plan_of

    def losing(root: Path) -> Plan:
        made = real(root)
        for change in made.changes:
            object.__setattr__(change, "new", change.new.replace(b"\n", b"\r\n"))
        return made

    monkeypatch.setattr(fuzz, "plan_of", losing)
    with pytest.raises(fuzz.BrokenPromiseError, match="other line ends"):
        fuzz.check(changing, changing.content(), tmp_path)
