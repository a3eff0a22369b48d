"""Each kind of edit, in the layouts that people write."""

from __future__ import annotations

import ast
import pickle
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.edits.arguments import (
    AddArguments,
    PassKeyword,
    RemoveKeyword,
    RenameKeyword,
)
from tortoise_fix.codemods.edits.chain import CallMethod
from tortoise_fix.codemods.edits.elements import AppendElement
from tortoise_fix.codemods.edits.expressions import (
    KeepInner,
    RenameAttribute,
    RenameName,
    ReplaceExpression,
)
from tortoise_fix.codemods.edits.imports import AddImport, DropImport
from tortoise_fix.codemods.edits.statements import (
    InsertStatements,
    RemoveDecorator,
    RemoveStatement,
    ReplaceStatement,
)
from tortoise_fix.codemods.edits.with_items import BindWithItem
from tortoise_fix.codemods.run.verify import verify
from tortoise_fix.codemods.source import Fault, Source, Span, parse

if TYPE_CHECKING:
    from tortoise_fix.codemods.edits._base import Edit


def span(text: str, piece: str) -> Span:
    """The span of the first occurrence of a piece of the text."""
    source, at = Source("m.py", text), text.index(piece)
    return Span(*source.position(at), *source.position(at + len(piece)))


def outcome(text: str, *edits: Edit) -> str | Fault:
    """The text after the edits, which must be what they mean."""
    source = Source("m.py", text)
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    after = apply(source, tree, edits)
    if isinstance(after, str):
        fault = verify(source, after, edits)
        assert fault is None or "unbound" in fault.reason or "nothing would bind" in fault.reason, (
            f"{fault}\n{after}"
        )
    return after


def reason(text: str, *edits: Edit) -> str:
    """Why the edits are refused."""
    fault = outcome(text, *edits)
    assert isinstance(fault, Fault), fault
    return fault.reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(k=c)"),
        ("f( )", "f(k=c)"),
        ("f(a)", "f(a, k=c)"),
        ("f( a )", "f( a, k=c )"),
        ("f(a,)", "f(a, k=c,)"),
        ("f(a, **kw)", "f(a, **kw, k=c)"),
        ("f(a,b)", "f(a,b,k=c)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    k=c,\n)"),
        ("f(\n    a,\n    b\n)", "f(\n    a,\n    b,\n    k=c\n)"),
        ("f(\n    a,\n    b)", "f(\n    a,\n    b,\n    k=c)"),
        ("f(\n    a\n)", "f(\n    a,\n    k=c\n)"),
        ("f(a,\n  b)", "f(a,\n  b,\n  k=c)"),
        ("f({\n    1: 2,\n})", "f({\n    1: 2,\n}, k=c)"),
        ("f(\n    a,  # why\n)", "f(\n    a,  # why\n    k=c,\n)"),
        ("f(\n    a  # why\n)", "f(\n    a,  # why\n    k=c\n)"),
        ("f(\n    a,\n    # b,\n)", "f(\n    a,\n    # b,\n    k=c,\n)"),
        ("f(  # why\n    a, b\n)", "f(  # why\n    a, b, k=c\n)"),
        ("f(a  # why\n)", "f(a,  # why\n    k=c\n)"),
        ("f(\n    # nothing yet\n)", "f(\n    # nothing yet\n    k=c,\n)"),
        ("f(x for x in y)", "f((x for x in y), k=c)"),
    ],
)
def test_a_keyword_is_passed_in_the_layout_of_the_call(before: str, after: str) -> None:
    text = f"x = {before}\n"
    assert outcome(text, PassKeyword("m.py", span(text, before), "k", "c")) == f"x = {after}\n"


def test_a_keyword_that_the_call_has_is_not_passed_again() -> None:
    assert "already" in reason("f(k=1)\n", PassKeyword("m.py", Span(1, 0, 1, 6), "k", "c"))


def test_a_call_that_is_a_statement_in_a_nested_block_keeps_its_indentation() -> None:
    text = "def g():\n\tif x:\n\t\tf(\n\t\t\ta,\n\t\t)\n"
    call = "f(\n\t\t\ta,\n\t\t)"
    expected = "def g():\n\tif x:\n\t\tf(\n\t\t\ta,\n\t\t\tk=c,\n\t\t)\n"
    assert outcome(text, PassKeyword("m.py", span(text, call), "k", "c")) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(k=c)", "f()"),
        ("f(a, k=c)", "f(a)"),
        ("f(a, k=c,)", "f(a,)"),
        ("f(k=c, b=1)", "f(b=1)"),
        ("f(a, k=c, b=1)", "f(a, b=1)"),
        ("f(\n    a,\n    k=c,\n)", "f(\n    a,\n)"),
        ("f(\n    a,\n    k=c\n)", "f(\n    a\n)"),
        ("f(\n    k=c,\n)", "f()"),
        ("f(\n    a,  # a\n    k=c,\n)", "f(\n    a,  # a\n)"),
        ("f(\n    a,  # a\n    k=c)", "f(\n    a  # a\n    )"),
        ("f(\n    a,\n    k=c,  # c\n    b=1,\n)", "f(\n    a,\n    # c\n    b=1,\n)"),
        ("f(\n    k=c,  # c\n)", "f(\n    # c\n)"),
    ],
)
def test_a_keyword_is_removed_and_comments_around_it_stay(before: str, after: str) -> None:
    text = f"x = {before}\n"
    assert outcome(text, RemoveKeyword("m.py", span(text, before), "k")) == f"x = {after}\n"


def test_a_keyword_with_a_comment_inside_its_value_is_not_removed() -> None:
    text = "f(k=[\n    1,  # one\n])\n"
    assert "comment" in reason(text, RemoveKeyword("m.py", span(text, text[:-1]), "k"))


def test_a_keyword_is_renamed() -> None:
    text = "f(a, old = 1)\n"
    edit = RenameKeyword("m.py", span(text, "f(a, old = 1)"), "old", "new")
    assert outcome(text, edit) == "f(a, new = 1)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f('x', 'y')"),
        ("f('a')", "f('a', 'x', 'y')"),
        ("f('a', k=1)", "f('a', 'x', 'y', k=1)"),
        ("f(k=1)", "f('x', 'y', k=1)"),
        ("f(*a, **k)", "f(*a, 'x', 'y', **k)"),
        ("f(\n    'a',  # a\n    k=1,\n)", "f(\n    'a',  # a\n    'x',\n    'y',\n    k=1,\n)"),
        ("f(\n    'a',\n)", "f(\n    'a',\n    'x',\n    'y',\n)"),
    ],
)
def test_positional_arguments_are_added_before_keywords(before: str, after: str) -> None:
    text = f"v = {before}\n"
    edit = AddArguments("m.py", span(text, before), ("'x'", "'y'"))
    assert outcome(text, edit) == f"v = {after}\n"


def test_positional_arguments_are_not_added_where_one_follows_a_keyword() -> None:
    assert "follows" in reason("f(k=1, *a)\n", AddArguments("m.py", Span(1, 0, 1, 10), ("x",)))


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        ("x = M.all()", "M.all()", "x = M.all().m(c)"),
        ("x = (M.all())", "M.all()", "x = (M.all().m(c))"),
        ("x = (await q)", "await q", "x = (await q).m(c)"),
        ("x = await q", "q", "x = await q.m(c)"),
        ("x = a + b", "a + b", "x = (a + b).m(c)"),
        ("x = -a", "-a", "x = (-a).m(c)"),
        ("x = 1", "1", "x = (1).m(c)"),
        ("x = [1]", "[1]", "x = [1].m(c)"),
        ("x = M[0].a", "M[0].a", "x = M[0].a.m(c)"),
        ("x = y if z else w", "y if z else w", "x = (y if z else w).m(c)"),
        (
            "x = (\n    M.filter(a)\n    .all()\n)",
            "M.filter(a)\n    .all()",
            "x = (\n    M.filter(a)\n    .all()\n    .m(c)\n)",
        ),
        (
            "x = (\n    M.filter(a)\n    .all()  # every\n)",
            "M.filter(a)\n    .all()",
            "x = (\n    M.filter(a)\n    .all()  # every\n    .m(c)\n)",
        ),
        (
            "x = (\n    await M.filter(a)  # some\n    .all()\n)",
            "M.filter(a)  # some\n    .all()",
            "x = (\n    await M.filter(a)  # some\n    .all()\n    .m(c)\n)",
        ),
        (
            "x = M.filter(a) \\\n    .all()",
            "M.filter(a) \\\n    .all()",
            "x = M.filter(a) \\\n    .all() \\\n    .m(c)",
        ),
        ("x = M.filter(\n    a\n)", "M.filter(\n    a\n)", "x = M.filter(\n    a\n).m(c)"),
    ],
)
def test_a_method_is_called_in_the_layout_of_the_chain(
    before: str, target: str, after: str
) -> None:
    edit = CallMethod("m.py", span(before, target), "m", "c")
    assert outcome(before + "\n", edit) == after + "\n"


@pytest.mark.parametrize(
    ("before", "target", "inner", "wrap", "after"),
    [
        ("x = await t.h.all()", "await t.h.all()", "t.h", "", "x = t.h"),
        ("x = await t.h.all()", "await t.h.all()", "t.h", "list", "x = list(t.h)"),
        ("x = (await t.h)", "await t.h", "t.h", "", "x = t.h"),
        ("x = (await t.h).y", "await t.h", "t.h", "", "x = t.h.y"),
        ("x = (  # why\n    await t.h\n)", "await t.h", "t.h", "", "x = (  # why\n    t.h\n)"),
        ("x = f(a + b) * 2", "f(a + b)", "a + b", "", "x = (a + b) * 2"),
        ("x = f(a\n      .b)", "f(a\n      .b)", "a\n      .b", "", "x = (a\n      .b)"),
    ],
)
def test_an_expression_gives_way_to_its_part(
    before: str, target: str, inner: str, wrap: str, after: str
) -> None:
    edit = KeepInner("m.py", span(before, target), span(before, inner), wrap)
    assert outcome(before + "\n", edit) == after + "\n"


def test_an_expression_whose_comments_would_be_lost_does_not_give_way() -> None:
    text = "x = f(\n    a,  # this\n    b,\n)\n"
    edit = KeepInner("m.py", span(text, text[4:-1]), span(text, "a"))
    assert "comment" in reason(text, edit)
    assert "comment" in reason(text, ReplaceExpression("m.py", span(text, text[4:-1]), "y"))


def test_edits_inside_the_kept_part_are_kept() -> None:
    text = "x = await f(g(a), b)\n"
    keep = KeepInner("m.py", span(text, "await f(g(a), b)"), span(text, "g(a)"))
    inside = PassKeyword("m.py", span(text, "g(a)"), "k", "c")
    assert outcome(text, keep, inside) == "x = g(a, k=c)\n"


def test_a_replacement_gets_the_parentheses_that_its_place_needs() -> None:
    text = "x = a.b * 2\n"
    assert outcome(text, ReplaceExpression("m.py", span(text, "a.b"), "c + d")) == (
        "x = (c + d) * 2\n"
    )


def test_what_is_assigned_to_is_not_replaced() -> None:
    text = "a.b = 1\n"
    place = span(text, "a.b")
    for edit in (
        ReplaceExpression("m.py", place, "f()"),
        CallMethod("m.py", place, "f"),
        KeepInner("m.py", place, span(text, "a")),
    ):
        assert "assigned" in reason(text, edit)
    loop = "x = [y for y in z]\n"
    target = Span(1, 11, 1, 12)
    assert "assigned" in reason(loop, KeepInner("m.py", span(loop, loop[4:-1]), target))


def test_attributes_and_names_are_renamed() -> None:
    text = "a.old = old(b . old)\n"
    edits = (
        RenameAttribute("m.py", span(text, "a.old"), "new"),
        RenameAttribute("m.py", span(text, "b . old"), "new"),
        RenameName("m.py", Span(1, 8, 1, 11), "new"),
    )
    assert outcome(text, *edits) == "a.new = new(b . new)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", "['x']"),
        ("['a']", "['a', 'x']"),
        ("[ 'a' ]", "[ 'a', 'x' ]"),
        ("['a',]", "['a', 'x',]"),
        ("[\n    'a',\n    'b',\n]", "[\n    'a',\n    'b',\n    'x',\n]"),
        ("[\n    'a',\n    'b'\n]", "[\n    'a',\n    'b',\n    'x'\n]"),
        ("[\n    'a',  # first\n]", "[\n    'a',  # first\n    'x',\n]"),
        ("['a',\n 'b']", "['a',\n 'b',\n 'x']"),
        ("[\n    # none\n]", "[\n    # none\n    'x',\n]"),
    ],
)
def test_an_element_is_appended_in_the_layout_of_the_list(before: str, after: str) -> None:
    text = f"x = {before}\n"
    assert outcome(text, AppendElement("m.py", span(text, before), "'x'")) == f"x = {after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("with f():", "with f() as c:"),
        ("with (f()):", "with (f()) as c:"),
        ("with f(), g() as h:", "with f() as c, g() as h:"),
        ("with (\n        f(),  # why\n        g(),\n    ):", None),
    ],
)
@pytest.mark.parametrize("keyword", ["", "async "])
def test_a_with_item_is_bound(before: str, after: str | None, keyword: str) -> None:
    text = f"async def m():\n    {keyword}{before}\n        pass\n"
    after = after or "with (\n        f() as c,  # why\n        g(),\n    ):"
    expected = f"async def m():\n    {keyword}{after}\n        pass\n"
    assert outcome(text, BindWithItem("m.py", span(text, "f()"), "c")) == expected


def test_a_with_item_that_is_bound_is_left_alone() -> None:
    text = "with f() as d:\n    pass\n"
    assert "already" in reason(text, BindWithItem("m.py", span(text, "f()"), "c"))


def test_statements_are_inserted_at_the_indentation_of_their_block() -> None:
    text = "def f():\n\tif x:\n\t\t# about a\n\t\ta()\n\t\tb()\n"
    new = "if y:\n    c()\n"
    before = InsertStatements("m.py", span(text, "a()"), new)
    after = InsertStatements("m.py", span(text, "a()"), "d()", "after")
    assert outcome(text, before, after) == (
        "def f():\n\tif x:\n\t\tif y:\n\t\t\tc()\n\t\t# about a\n\t\ta()\n\t\td()\n\t\tb()\n"
    )


def test_an_inserted_definition_gets_the_blank_lines_of_pep_8() -> None:
    text = "import a\n\nx = 1\ny = 2\n"
    edit = InsertStatements("m.py", span(text, "x = 1"), "def f():\n    pass\n", "after")
    assert outcome(text, edit) == "import a\n\nx = 1\n\n\ndef f():\n    pass\n\n\ny = 2\n"


def test_comments_stay_with_the_statement_below_them() -> None:
    text = "a = 1\n\n# section\n\n# about f\n@d\ndef f():\n    pass\n"
    edit = InsertStatements("m.py", span(text, "def f():\n    pass"), "b = 2")
    assert outcome(text, edit) == (
        "a = 1\n\n# section\n\nb = 2\n\n\n# about f\n@d\ndef f():\n    pass\n"
    )


def test_nothing_is_inserted_above_a_hashbang() -> None:
    text = "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n"
    edit = InsertStatements("m.py", span(text, "x = 1"), "y = 2")
    assert outcome(text, edit) == ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\ny = 2\nx = 1\n")


def test_inserted_lines_end_like_the_others_of_the_file() -> None:
    text = "def f():\r\n    a()"
    edit = InsertStatements("m.py", span(text, "a()"), 'b = """1\n2"""\nc()', "after")
    assert outcome(text, edit) == 'def f():\r\n    a()\r\n    b = """1\r\n2"""\r\n    c()'


def test_a_body_left_empty_gets_pass() -> None:
    text = "def f():\n    # why\n    a()\n\n\nb()\n"
    assert outcome(text, RemoveStatement("m.py", span(text, "a()"))) == (
        "def f():\n    # why\n    pass\n\n\nb()\n"
    )


def test_comments_above_a_removed_statement_stay_unless_they_are_to_go() -> None:
    text = "a()\n\n# about b\nb()\n\nc()\n"
    stay = RemoveStatement("m.py", span(text, "b()"))
    leave = RemoveStatement("m.py", span(text, "b()"), comments=True)
    assert outcome(text, stay) == "a()\n\n# about b\n\nc()\n"
    assert outcome(text, leave) == "a()\n\nc()\n"


def test_blank_lines_around_a_removed_definition_do_not_add_up() -> None:
    text = "a = 1\n\n\n@d\ndef f():\n    pass\n\n\ndef g():\n    pass\n"
    edit = RemoveStatement("m.py", span(text, "def f():\n    pass"))
    assert outcome(text, edit) == "a = 1\n\n\ndef g():\n    pass\n"


def test_the_last_statement_of_a_file_is_removed_without_a_trace() -> None:
    text = "a = 1\n\n\nb()\n"
    assert outcome(text, RemoveStatement("m.py", span(text, "b()"))) == "a = 1\n"


def test_a_statement_with_a_comment_of_its_own_is_not_removed_silently() -> None:
    text = "a()\nb()  # keep me\n"
    assert "comment" in reason(text, RemoveStatement("m.py", span(text, "b()")))
    assert outcome("b()  # noqa\na()\n", RemoveStatement("m.py", Span(1, 0, 1, 3))) == "a()\n"


@pytest.mark.parametrize("text", ["if x: a()\n", "b(); a()\n", "if x:\n    a(); b()\n"])
def test_a_statement_that_shares_its_line_is_left_alone(text: str) -> None:
    assert "laid out" in reason(text, RemoveStatement("m.py", span(text, "a()")))


def test_an_elif_is_not_a_statement_to_remove() -> None:
    text = "if a:\n    pass\nelif b:\n    pass\n"
    edit = RemoveStatement("m.py", Span(3, 0, 4, 8))
    assert isinstance(outcome(text, edit), Fault)


def test_a_statement_is_replaced_and_its_comments_stay() -> None:
    text = "# above\na()  # beside\nb()\n"
    edit = ReplaceStatement("m.py", span(text, "a()"), "c()\nd()")
    assert outcome(text, edit) == "# above\nc()\nd()  # beside\nb()\n"


def test_a_decorator_is_removed() -> None:
    text = "@a\n@b(1)\nasync def f():\n    pass\n"
    assert outcome(text, RemoveDecorator("m.py", span(text, "b(1)"))) == (
        "@a\nasync def f():\n    pass\n"
    )
    assert outcome(text, RemoveDecorator("m.py", Span(1, 1, 1, 2))) == (
        "@b(1)\nasync def f():\n    pass\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from m import a, c\n", "from m import a, b, c\n"),
        ("from m import c, a\n", "from m import c, a, b\n"),
        ("from m import X, a\n", "from m import X, a, b\n"),
        (
            "from m import (\n    a,\n    c,  # c\n)\n",
            "from m import (\n    a,\n    b,\n    c,  # c\n)\n",
        ),
        ("from m import (\n    a,  # a\n)\n", "from m import (\n    a,  # a\n    b,\n)\n"),
        ("from m import a, \\\n    c\n", "from m import a, \\\n    b, \\\n    c\n"),
        ("from m import b\n", "from m import b\n"),
        ("from m import b as d\n", "from m import b as d, b\n"),
        ("import os\n\nx = 1\n", "import os\n\nfrom m import b\n\nx = 1\n"),
        ("import os\n\nimport n\n", "import os\n\nimport n\nfrom m import b\n"),
        ("import os\n\nfrom . import n\n", "import os\n\nfrom m import b\n\nfrom . import n\n"),
        ("from . import n\n", "from m import b\n\nfrom . import n\n"),
        (
            "from a import n\nfrom o import p\n",
            "from a import n\nfrom m import b\nfrom o import p\n",
        ),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\n\nfrom m import b\n\nx = 1\n'),
        (
            '"""Doc."""\n\nfrom __future__ import annotations\n',
            '"""Doc."""\n\nfrom __future__ import annotations\n\nfrom m import b\n',
        ),
        ("# licence\n\nx = 1\n", "# licence\n\nfrom m import b\n\nx = 1\n"),
        (
            "import t\n\nif t.TYPE_CHECKING:\n    from m import b\n",
            "import t\nfrom m import b\n\nif t.TYPE_CHECKING:\n    from m import b\n",
        ),
        (
            "def f():\n    pass\n\n\nfrom m import a\n",
            "from m import b\n\n\ndef f():\n    pass\n\n\nfrom m import a\n",
        ),
    ],
)
def test_an_import_joins_those_of_its_kind(before: str, after: str) -> None:
    edit = AddImport("m.py", "m", "b")
    assert apply(Source("m.py", before), ast.parse(before), [edit]) == after


@pytest.mark.parametrize(
    "text",
    [
        "from n import b\n",
        "import b\n",
        "import n as b\n",
        "b = 1\n",
        "def b(): ...\n",
        "class b: ...\n",
        "try:\n    from n import b\nexcept ImportError:\n    pass\n",
        "for b in (): ...\n",
    ],
)
def test_an_import_does_not_take_a_name_that_means_something_else(text: str) -> None:
    assert "already means" in reason(text, AddImport("m.py", "m", "b"))


@pytest.mark.parametrize(
    "text",
    [
        "def f(c):\n    x\n",
        "def f():\n    c = 1\n",
        "f = lambda c: x\n",
        "def f():\n    try:\n        x\n    except E as c:\n        pass\n",
    ],
)
def test_a_name_that_a_function_hides_is_not_imported(text: str) -> None:
    assert "already means" in reason(text, AddImport("m.py", "m", "c"))


def test_a_name_that_hides_none_does_not_stand_in_the_way_of_an_import() -> None:
    text = "class A:\n    b = 1\n\n    def c(self):\n        from m import c\n"
    assert outcome(text, AddImport("m.py", "m", "c")) == f"from m import c\n\n\n{text}"


def test_imports_from_one_new_module_share_a_statement() -> None:
    text = "import os\n"
    edits = [AddImport("m.py", "json", name) for name in ("loads", "dumps", "loads")]
    edits.append(AddImport("m.py", "sys", alias="system"))
    assert outcome(text, *edits) == (
        "import os\nimport sys as system\nfrom json import dumps, loads\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from m import b\n\nx = 1\n", "x = 1\n"),
        ("from m import a, b\n", "from m import a\n"),
        ("from m import b as c, a\n", "from m import a\n"),
        (
            "from m import (\n    a,  # a\n    b,  # b\n    c,\n)\n",
            "from m import (\n    a,  # a\n    c,\n)\n",
        ),
        ("# about\nfrom m import b  # gone\nimport a\n", "# about\nimport a\n"),
        ("from m import b\n\nb()\n", "from m import b\n\nb()\n"),
        ("from m import b\n\n__all__ = ['b']\n", "from m import b\n\n__all__ = ['b']\n"),
        ("from n import b\n", "from n import b\n"),
    ],
)
def test_an_import_is_dropped_if_nothing_uses_it(before: str, after: str) -> None:
    got = apply(Source("m.py", before), ast.parse(before), [DropImport("m.py", "m", "b")])
    assert isinstance(got, str)
    assert got.lstrip("\n") == after


def test_an_import_is_dropped_once_the_last_use_is_edited_away() -> None:
    text = "from m import b, c\n\nb(1)\nb(2)\n"
    drop, add = DropImport("m.py", "m", "b"), AddImport("m.py", "m", "d")
    one = ReplaceExpression("m.py", span(text, "b(1)"), "d(1)")
    two = ReplaceExpression("m.py", span(text, "b(2)"), "d(2)")
    assert outcome(text, one, add, drop) == "from m import b, c, d\n\nd(1)\nb(2)\n"
    assert outcome(text, one, two, add, drop) == "from m import c, d\n\nd(1)\nd(2)\n"


def test_edits_survive_pickling_and_comparison() -> None:
    place = Span(1, 0, 1, 3)
    edits: list[Edit] = [
        PassKeyword("m.py", place, "k", "c"),
        KeepInner("m.py", place, place, "list"),
        InsertStatements("m.py", place, "x", "after"),
        AddImport("m.py", "a", "b"),
    ]
    assert pickle.loads(pickle.dumps(edits)) == edits
    assert len(set(edits)) == 4
