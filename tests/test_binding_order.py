"""The names that an import of a module comes to above what binds them."""

import ast
import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise_fix.codemods.run.binding_order import read_early

EARLY = [
    "class A(B):\n    pass\nfrom m import B\n",
    "@f\ndef g(): ...\ndef f(x): ...\n",
    "def g(x=y): ...\ny = 1\n",
    "def g(x: y): ...\ny = 1\n",
    "def g() -> y: ...\ny = 1\n",
    "x: y = 1\ny = 2\n",
    "class A:\n    x = y\ny = 1\n",
    "x = [y for z in range(3)]\ny = 1\n",
    "x = lambda z=y: 1\ny = 1\n",
    "if y:\n    x = 1\ny = 1\n",
    "try:\n    x = y\nexcept E:\n    pass\ny = 1\nE = 2\n",
    "with y as x:\n    pass\nimport y\n",
    "import y.z as x\nprint(y)\nimport y\n",
    "match x:\n    case {'a': 1, **rest} if y:\n        pass\ny = 1\n",
]
LATER = [
    "from m import B\nclass A(B):\n    pass\n",
    "def g():\n    return y\ny = 1\n",
    "x = lambda: y\ny = 1\n",
    "from __future__ import annotations\ndef g(x: y) -> y: ...\nx: y = 1\ny = 1\n",
    "x = [y for y in range(3)]\ny = 1\n",
    "try:\n    import y\nexcept ImportError as error:\n    print(error)\nprint(y)\nerror = 1\n",
    "if x:\n    y = 1\nprint(y)\ny = 2\n",
    "for y in z:\n    print(y)\ny = 1\n",
    "print(y := 1)\nprint(y)\ny = 2\n",
    "import a.b\nprint(a)\nimport a\n",
    "class A:\n    y = 1\n    x = y\ny = 1\n",
    "match x:\n    case [y, *z] | {'a': y, **z}:\n        print(y, z)\ny = z = 1\n",
    "print(y)\n",
]


@pytest.mark.parametrize("text", EARLY)
def test_a_name_that_is_needed_above_its_binding_is_seen(text: str) -> None:
    assert read_early(ast.parse(text)) & {"B", "f", "y", "E"}


@pytest.mark.parametrize("text", LATER)
def test_a_name_that_is_needed_below_its_binding_or_later_is_not(text: str) -> None:
    assert not read_early(ast.parse(text))


PIECES = st.sampled_from(
    ["a = 1", "b = a", "c = b", "print(c)", "def a(): b", "class b: x = c", "a = b or c"]
)


@given(st.lists(PIECES, max_size=8))
def test_importing_fails_for_want_of_a_name_only_where_one_is_seen(lines: list[str]) -> None:
    tree = ast.parse("\n".join(lines))
    nodes = list(ast.walk(tree))
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound = stored | {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}

    with contextlib.redirect_stdout(io.StringIO()):
        missing = _missing(tree)

    assert missing not in bound or missing in read_early(tree)


def _missing(tree: ast.Module) -> str:
    """The name for want of which a module cannot be imported."""
    try:
        exec(compile(tree, "m", "exec"), {})
    except NameError as error:
        return str(error.name)
    return ""
