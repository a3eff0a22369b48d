"""The engine: where edits land, what they leave untouched, and which it refuses."""

from __future__ import annotations

import ast
import functools
import io
import random
import subprocess
import sys
import sysconfig
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise_fix.codemods.edits._base import ModuleEdit
from tortoise_fix.codemods.edits.apply import apply, choose, conflict
from tortoise_fix.codemods.edits.arguments import AddArguments, PassKeyword, RenameKeyword
from tortoise_fix.codemods.edits.chain import CallMethod
from tortoise_fix.codemods.edits.elements import AppendElement
from tortoise_fix.codemods.edits.expressions import KeepInner, RenameAttribute, ReplaceExpression
from tortoise_fix.codemods.edits.imports import AddImport
from tortoise_fix.codemods.edits.statements import InsertStatements, RemoveStatement
from tortoise_fix.codemods.run.verify import verify
from tortoise_fix.codemods.source import Fault, Source, Span, decode, parse

if TYPE_CHECKING:
    import libcst as cst
    from tortoise_fix.codemods.edits._base import Edit


def run(text: str, *edits: Edit) -> str | Fault:
    """The verified text after the edits."""
    source = Source("m.py", text)
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    after = apply(source, tree, edits)
    if isinstance(after, str):
        assert verify(source, after, edits) is None, after
    return after


def calls(text: str) -> list[Span]:
    """The spans of all calls of a text, in the order of ast.walk."""
    source = Source("m.py", text)
    return [source.span(n) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]


@functools.cache
def real_sources() -> tuple[Source, ...]:
    """A fixed sample of the standard library and of the installed packages."""
    paths = sysconfig.get_paths()
    rng = random.Random(20)
    files: list[Path] = []
    for folder in (paths["stdlib"], paths["purelib"]):
        every = sorted(Path(folder).glob("*/*.py")) + sorted(Path(folder).glob("*.py"))
        files += rng.sample([f for f in every if 500 < f.stat().st_size < 25_000], 45)
    found = (decode(file.name, file.read_bytes()) for file in files)
    sources = [source for source in found if isinstance(source, Source)]
    return tuple(s for s in sources if isinstance(parse(s), ast.Module))


def comments(text: str) -> Counter[str]:
    """How often each comment occurs."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def test_no_edit_leaves_the_text_as_it_is() -> None:
    assert run("x = 1") == "x = 1"


def test_the_rest_of_the_file_is_untouched_byte_for_byte() -> None:
    odd = "y  =  ( 1 ,\t2 )  ;z = 3 \r\n\f\n"
    assert run(f"{odd}f()\n{odd}", PassKeyword("m.py", Span(3, 0, 3, 3), "k", "1")) == (
        f"{odd}f(k=1)\n{odd}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "f()",
        "f()\r\ng()\r\n",
        "x = 1\rf()\r",
        "\f\nf()\n",
        "def g():\n\tf()\n",
        "a(); f(); b()\n",
        "if x: f(); b()\n",
        "x = 1 + \\\n    f()\n",
        "a(); \\\nf()\n",
        "é = 'ü'; f()\n",
        "x = 'é', f()\n",
        "@f()\ndef g(): pass\n",
        "@a\n@f()\nclass G:\n    pass\n",
        "x = (f())\n",
        "x = (1, f())\n",
        "x = [y for y in f()]\n",
        "lambda: f()\n",
        "async def g():\n    await f()\n",
        "def g(x=f()): ...\n",
        "def g(\n    a: B[\n  C\n    ] = 1,\n    b: D[\n  E[f(), F]\n    ] = 2,\n): ...\n",
        "x: f() = 1\n",
        "match f():\n    case 1:\n        pass\n",
        "x = '''\n''' + f()  # end",
    ],
)
def test_an_edit_finds_its_node_in_any_layout(text: str) -> None:
    at = text.index("f()")
    source = Source("m.py", text)
    place = Span(*source.position(at), *source.position(at + 3))
    after = run(text, PassKeyword("m.py", place, "k", "1"))
    assert after == text.replace("f()", "f(k=1)")


def test_identical_edits_are_made_once() -> None:
    edit = PassKeyword("m.py", Span(1, 0, 1, 3), "k", "1")
    assert run("f()\n", edit, edit) == "f(k=1)\n"


def test_edits_of_nested_nodes_and_of_one_node_compose() -> None:
    text = "async def m():\n    return await f(g(h()), 1)\n"
    spans = {text.splitlines()[1][s.col : s.end_col]: s for s in calls(text)}
    edits = [
        CallMethod("m.py", spans["f(g(h()), 1)"], "m"),
        PassKeyword("m.py", spans["f(g(h()), 1)"], "k", "2"),
        PassKeyword("m.py", spans["g(h())"], "k", "3"),
        CallMethod("m.py", spans["h()"], "m"),
    ]
    expected = "async def m():\n    return await f(g(h().m(), k=3), 1, k=2).m()\n"
    assert run(text, *edits) == expected


def test_an_edit_without_a_node_is_a_fault_that_names_the_place() -> None:
    fault = run("x = 1\nf()\n", PassKeyword("m.py", Span(2, 0, 2, 2), "k", "c"))
    assert isinstance(fault, Fault)
    assert (fault.path, fault.line) == ("m.py", 2)


def test_an_edit_beyond_the_end_is_a_fault() -> None:
    assert isinstance(run("f()\n", PassKeyword("m.py", Span(9, 0, 9, 3), "k", "c")), Fault)


def test_a_node_inside_an_f_string_is_edited_only_where_its_place_is_reliable() -> None:
    text = 'x = f"{g()}"\n'
    (place,) = calls(text)
    after = run(text, PassKeyword("m.py", place, "k", "1"))
    if sys.version_info >= (3, 12):
        assert after == 'x = f"{g(k=1)}"\n'
    else:
        assert isinstance(after, Fault)


def test_a_deeply_nested_statement_is_refused() -> None:
    text = "x = " + "-" * 200 + "f()\n"
    (place,) = calls(text)
    fault = run(text, PassKeyword("m.py", place, "k", "c"))
    assert isinstance(fault, Fault)
    assert "deeply" in fault.reason


def test_a_deep_statement_elsewhere_does_no_harm() -> None:
    text = "x = " + "-" * 200 + "y\nf()\n"
    after = run("y = 1\n" + text, PassKeyword("m.py", Span(3, 0, 3, 3), "k", "x"))
    assert isinstance(after, str)


def test_an_edit_that_holds_broken_source_is_a_fault() -> None:
    assert isinstance(run("f()\n", PassKeyword("m.py", Span(1, 0, 1, 3), "k", "(")), Fault)
    assert isinstance(run("f()\n", InsertStatements("m.py", Span(1, 0, 1, 3), "if:")), Fault)


@dataclass(frozen=True, slots=True)
class Reverse(ModuleEdit):
    """Reverses the statements of a file."""

    def change_module(self, module: cst.Module) -> cst.Module:
        return module.with_changes(body=list(reversed(module.body)))

    def mean_module(self, tree: ast.Module) -> ast.Module:
        tree.body.reverse()
        return tree


def test_an_edit_of_the_whole_file_runs_after_the_others() -> None:
    edits = (Reverse("m.py"), PassKeyword("m.py", Span(1, 0, 1, 3), "k", "1"))
    assert run("f()\ng()\n", *edits) == "g()\nf(k=1)\n"


def test_libcst_is_imported_only_when_something_changes() -> None:
    script = (
        "import sys\n"
        "from tortoise_fix.codemods.edits import apply, arguments, chain, elements\n"
        "from tortoise_fix.codemods.edits import expressions, imports, statements, with_items\n"
        "from tortoise_fix.codemods.run import verify\n"
        "sys.exit('libcst' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_edits_that_touch_what_another_replaces_conflict() -> None:
    outer, inner = Span(1, 0, 1, 20), Span(1, 4, 1, 10)
    keep = KeepInner("m.py", outer, inner)
    inside = PassKeyword("m.py", inner, "k", "c")
    beside = PassKeyword("m.py", Span(1, 12, 1, 18), "k", "c")
    around = PassKeyword("m.py", Span(1, 0, 1, 25), "k", "c")
    assert not conflict(keep, keep)
    assert not conflict(keep, inside)
    assert not conflict(inside, keep)
    assert not conflict(keep, around)
    assert conflict(keep, beside)
    assert conflict(beside, keep)
    assert conflict(keep, PassKeyword("m.py", outer, "k", "c"))
    assert conflict(keep, ReplaceExpression("m.py", Span(1, 12, 1, 13), "x"))
    assert not conflict(keep, InsertStatements("m.py", outer, "x"))
    assert conflict(RemoveStatement("m.py", outer), InsertStatements("m.py", outer, "x"))
    assert conflict(RemoveStatement("m.py", outer), inside)
    assert not conflict(RemoveStatement("n.py", outer), inside)


def test_edits_that_decide_one_thing_differently_conflict() -> None:
    place = Span(1, 0, 1, 9)
    mine = PassKeyword("m.py", place, "k", "c")
    assert conflict(mine, PassKeyword("m.py", place, "k", "d"))
    assert conflict(mine, RenameKeyword("m.py", place, "a", "k"))
    assert not conflict(mine, PassKeyword("m.py", place, "l", "d"))
    assert conflict(RenameAttribute("m.py", place, "a"), RenameAttribute("m.py", place, "b"))
    assert conflict(AddImport("m.py", "a", "x"), AddImport("m.py", "b", "x"))
    assert not conflict(AddImport("m.py", "a", "x"), AddImport("m.py", "a", "y"))


def test_groups_are_chosen_whole_and_by_priority() -> None:
    one, two = Span(1, 0, 1, 5), Span(2, 0, 2, 5)
    first = [ReplaceExpression("m.py", one, "a")]
    second = [ReplaceExpression("m.py", two, "b"), ReplaceExpression("m.py", one, "b")]
    third = [ReplaceExpression("m.py", two, "c"), ReplaceExpression("m.py", one, "a")]
    assert choose([first, second, third]) == [0, 2]


def random_edit(rng: random.Random, source: Source, node: ast.AST) -> Edit:
    """An edit that fits a call or a list."""
    place = source.span(node)
    if isinstance(node, ast.List):
        return AppendElement(source.path, place, "'new'")
    return rng.choice(
        [
            PassKeyword(source.path, place, "zz_new", "None"),
            AddArguments(source.path, place, ("'new'",)),
            CallMethod(source.path, place, "zz_new", "1, k=2"),
        ]
    )


def targets(tree: ast.Module) -> list[ast.AST]:
    """The calls and list displays of a file that edits can be tried on."""
    loads = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    lists = [n for n in ast.walk(tree) if isinstance(n, ast.List) and isinstance(n.ctx, ast.Load)]
    return [*loads, *lists]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_edits_of_real_code_do_what_they_mean_and_nothing_else(seed: int) -> None:
    rng = random.Random(seed)
    source = rng.choice(real_sources())
    if rng.random() < 0.3 and "\r" not in source.text:
        source = Source(source.path, source.text.rstrip("\n").replace("\n", "\r\n"))
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    nodes = targets(tree)
    picked = rng.sample(nodes, min(len(nodes), rng.randint(1, 6)))
    edits = [random_edit(rng, source, node) for node in picked]
    after = apply(source, tree, edits)
    if isinstance(after, Fault):
        assert refusable(after), after
        return
    assert verify(source, after, edits) is None
    assert comments(after) == comments(source.text)
    check_untouched(source, tree, after, edits)


def refusable(fault: Fault) -> bool:
    """Whether a random edit may be refused: in an f-string, too deep, or beyond libcst."""
    reasons = ("cannot tell", "deeply", "laid out", "follows", "does not print", "lose a comment")
    return any(reason in fault.reason for reason in reasons)


def check_untouched(source: Source, tree: ast.Module, after: str, edits: list[Edit]) -> None:
    """The lines above the first edited statement and below the last one are as they were."""
    lines = [edit.span.line for edit in edits]
    touched: list[tuple[int, int]] = []
    for node in tree.body:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        last = node.end_lineno or first
        if any(first <= line <= last for line in lines):
            touched.append((first, last))
    if touched:
        head = source.text[: source.starts[touched[0][0] - 1]]
        below = touched[-1][1]
        tail = source.text[source.starts[below] :] if below < len(source.starts) else ""
        assert after.startswith(head)
        assert after.endswith(tail)


@settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_statements_inserted_and_removed_in_real_code_do_what_they_mean(seed: int) -> None:
    rng = random.Random(seed)
    source = rng.choice(real_sources())
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.stmt)]
    node = rng.choice(nodes)
    place = source.span(node)
    where = rng.choice(["before", "after"])
    text = rng.choice(["zz_new = 1", "def zz_new():\n    # why\n    return 1"])
    edit: Edit = InsertStatements(source.path, place, text, where)  # type: ignore[arg-type]
    if rng.random() < 0.3:
        edit = RemoveStatement(source.path, place)
    after = apply(source, tree, [edit])
    if isinstance(after, Fault):
        assert refusable(after) or "fit" in after.reason, after
        return
    fault = verify(source, after, [edit])
    harmless = ("nothing would bind", "unused", "scopes are broken")
    assert fault is None or any(word in fault.reason for word in harmless), fault
    if isinstance(edit, InsertStatements):
        assert not comments(source.text) - comments(after)


def test_most_real_statements_can_be_edited_alone() -> None:
    import libcst

    rng, total, good = random.Random(7), 0, 0
    for source in real_sources():
        tree = ast.parse(source.text)
        for index in rng.sample(range(len(tree.body)), min(5, len(tree.body))):
            above = tree.body[index - 1].end_lineno or 0 if index else 0
            below = tree.body[index].end_lineno or 0
            stop = source.starts[below] if below < len(source.starts) else len(source.text)
            piece = source.text[source.starts[above] : stop]
            total += 1
            good += libcst.parse_module(piece).code == piece
    assert total > 300
    assert good >= total * 0.99
