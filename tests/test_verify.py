"""What verification catches before a file is written."""

from __future__ import annotations

import pytest
from tortoise_fix.codemods.edits.arguments import PassKeyword
from tortoise_fix.codemods.edits.expressions import ReplaceExpression
from tortoise_fix.codemods.edits.statements import InsertStatements, RemoveStatement
from tortoise_fix.codemods.run.verify import verify
from tortoise_fix.codemods.source import Fault, Source, Span

CALL = Span(1, 0, 1, 3)


def reason(before: str, after: str, *edits: object, encoding: str = "utf-8") -> str:
    """Why the new text is refused."""
    fault = verify(Source("m.py", before, encoding), after, edits)  # type: ignore[arg-type]
    assert isinstance(fault, Fault)
    return fault.reason


def test_what_was_meant_passes() -> None:
    source = Source("m.py", "f()\n")
    # f is bound nowhere, but so it was before.
    assert verify(source, "f(k=1)  \n", [PassKeyword("m.py", CALL, "k", "1")]) is None
    assert verify(source, "f()\n", []) is None


@pytest.mark.parametrize(
    "after", ["f(k=2)\n", "f()\n", "f(k=1)\ng()\n", "g(k=1)\n", "f(k=1, l=2)\n", ""]
)
def test_anything_else_than_what_was_meant_is_caught(after: str) -> None:
    assert "meant" in reason("f()\n", after, PassKeyword("m.py", CALL, "k", "1"))


def test_a_broken_file_is_caught_with_its_line() -> None:
    fault = verify(Source("m.py", "f()\n"), "f()\nf(\n", [])
    assert fault is not None
    assert fault.line == 2


@pytest.mark.parametrize("piece", ["await x", "(yield)", "[a async for a in b]"])
def test_what_parses_and_does_not_compile_is_caught_with_its_line(piece: str) -> None:
    edit = ReplaceExpression("m.py", Span(3, 0, 3, 3), piece)
    fault = verify(Source("m.py", "x = b = 1\n\nf()\n"), f"x = b = 1\n\n{piece}\n", [edit])
    assert fault is not None
    assert (fault.line, fault.reason.partition(":")[0]) == (3, "the rewritten file is broken")


def test_a_file_that_did_not_compile_before_may_be_repaired_elsewhere() -> None:
    edit = PassKeyword("m.py", CALL, "k", "1")
    assert verify(Source("m.py", "f()\nawait x\n"), "f(k=1)\nawait x\n", [edit]) is None


def test_characters_that_the_encoding_lacks_are_caught() -> None:
    edit = PassKeyword("m.py", CALL, "k", "'🐢'")
    assert "latin-1" in reason("f()\n", "f(k='🐢')\n", edit, encoding="latin-1")


@pytest.mark.parametrize(
    ("before", "piece", "after", "name"),
    [
        ("f()\n", "x", "x\n", "x"),
        ("f()\n", "[y for y in z]", "[y for y in z]\n", "z"),
        ("f()\n", "lambda a: (a, b)", "lambda a: (a, b)\n", "b"),
    ],
)
def test_a_name_that_nothing_binds_is_caught(
    before: str, piece: str, after: str, name: str
) -> None:
    edit = ReplaceExpression("m.py", CALL, piece)
    assert reason(before, after, edit) == f"nothing would bind {name}"


def test_a_name_that_is_needed_above_its_binding_is_caught() -> None:
    before = "x = f()\nfrom m import y\nprint(y)\n"
    edit = ReplaceExpression("m.py", Span(1, 4, 1, 7), "y")
    after = "x = y\nfrom m import y\nprint(y)\n"
    assert reason(before, after, edit) == "y would be used above what binds it"


def test_a_local_name_whose_assignment_went_is_caught() -> None:
    before = "def g():\n    x = 1\n    return x\n"
    edit = RemoveStatement("m.py", Span(2, 4, 2, 9))
    assert reason(before, "def g():\n    return x\n", edit) == "nothing would bind x"


@pytest.mark.parametrize(
    "bound",
    [
        "import x\n",
        "import x.y\n",
        "from m import *\n",
        "def x(): pass\n",
        "class x: pass\n",
        "for x in (): pass\n",
        "def g():\n    global x\n    x = 1\n",
        "try: pass\nexcept E as x: pass\n",
        "if (x := 1): pass\n",
        "match 1:\n    case x: pass\n",
    ],
)
def test_every_way_to_bind_a_name_counts(bound: str) -> None:
    lines = bound.count("\n")
    place = Span(lines + 1, 0, lines + 1, 3)
    edit = ReplaceExpression("m.py", place, "x")
    before = f"{bound}f()\n"
    assert verify(Source("m.py", before), f"{bound}x\n", [edit]) is None


def test_builtins_and_class_names_are_bound() -> None:
    edit = InsertStatements("m.py", CALL, "class A:\n    b = __qualname__, len, __file__\n")
    after = "class A:\n    b = __qualname__, len, __file__\n\n\nf()\n"
    assert verify(Source("m.py", "f()\n"), after, [edit]) is None


def test_an_import_that_becomes_unused_is_caught() -> None:
    edit = ReplaceExpression("m.py", Span(2, 0, 2, 1), "1")
    assert "import of x" in reason("import x\nx\n", "import x\n1\n", edit)
    assert "import of x" in reason("import x.y\nx\n", "import x.y\n1\n", edit)
    assert "import of x" in reason("from m import y as x\nx\n", "from m import y as x\n1\n", edit)


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        ("import x  # noqa: F401", ""),
        ("from m import x as x", ""),
        ("from m import *", ""),
        ("import x", "y: 'list[x.z]' = 1\n"),
        ("import x", "__all__ = ['x']\n"),
        ("import x", "def g(a: 'x') -> None: ...\n"),
        ("import y", ""),
    ],
)
def test_an_import_that_is_used_otherwise_or_excused_passes(first: str, rest: str) -> None:
    before, after = f"{first}\nx\n{rest}", f"{first}\n1\n{rest}"
    edit = ReplaceExpression("m.py", Span(2, 0, 2, 1), "1")
    assert verify(Source("m.py", before), after, [edit]) is None


def test_the_imports_of_a_package_file_are_for_others() -> None:
    edit = ReplaceExpression("a/__init__.py", Span(2, 0, 2, 1), "1")
    source = Source("a/__init__.py", "import x\nx\n")
    assert verify(source, "import x\n1\n", [edit]) is None


def test_an_edit_that_does_not_fit_is_caught() -> None:
    edit = PassKeyword("m.py", Span(4, 0, 4, 3), "k", "1")
    assert isinstance(verify(Source("m.py", "f()\n"), "f()\n", [edit]), Fault)
