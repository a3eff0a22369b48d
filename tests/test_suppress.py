from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise_fix.codemods.source import Source
from tortoise_fix.codemods.suppress import (
    Directives,
    Malformed,
    Suppression,
    directives,
    statement_lines,
)


def of(text: str) -> Directives:
    return directives(Source("a.py", text))


def lines(text: str, line: int) -> tuple[int, int]:
    return statement_lines(Source("a.py", text), ast.parse(text), line)


def test_ignore_without_brackets_speaks_of_every_rule() -> None:
    found = of("x = 1  # tortoise-fix: ignore\n")
    assert found.suppressions == (Suppression(1, 7),)
    assert found.suppressions[0].covers("TOR310", "transaction-using-db")
    assert not found.malformed


def test_ignore_lists_codes_and_names() -> None:
    [found] = of("x = 1\n\ty = 2  #tortoise-fix:ignore[TOR310, n-plus-one]").suppressions
    assert (found.line, found.col) == (2, 8)
    assert found.covers("TOR310", "x")
    assert found.covers("TOR234", "N-Plus-One")
    assert not found.covers("TOR311", "transaction-handle")


@pytest.mark.parametrize(
    "comment",
    [
        "# tortoise-fix: ignore[TOR310] the pool is meant here",
        "# noqa: E501  # tortoise-fix: ignore[TOR310]",
        "# tortoise-fix: ignore [TOR310]  # type: ignore",
    ],
)
def test_a_directive_stands_beside_reasons_and_other_comments(comment: str) -> None:
    found = of(f"x = 1  {comment}\n")
    assert [s.codes for s in found.suppressions] == [frozenset({"TOR310"})]
    assert not found.malformed


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# tortoise-fix: ingore", "unknown directive 'ingore'"),
        ("# tortoise-fix:", "unknown directive ''"),
        ("# tortoise-fix: ignore[TOR310", "not closed"),
        ("# tortoise-fix: ignore[]", "list no rule"),
        ("# tortoise-fix: ignore[TOR310 TOR311]", "'TOR310 TOR311' is not"),
        ("# tortoise-fix: ignore TOR310", "in brackets"),
        ("# tortoise-fix: ignore: TOR310", "unknown directive 'ignore:'"),
    ],
)
def test_a_malformed_directive_is_told_and_keeps_every_rule_away(comment: str, reason: str) -> None:
    found = of(f"x = 1  {comment}\n")
    [malformed] = found.malformed
    assert reason in malformed.reason
    assert not found.suppressions
    assert found.matching((1, 1), "TOR310", "transaction-using-db") == malformed
    assert found.matching((2, 2), "TOR310", "transaction-using-db") is None


def test_strings_hold_no_directives() -> None:
    assert of("x = '# tortoise-fix: ignore'\n'''\n# tortoise-fix: skip-file\n'''\n") == Directives()


def test_skip_file_counts_in_the_first_ten_lines() -> None:
    assert of("\n" * 9 + "# tortoise-fix: skip-file\n").skip_file
    late = of("\n" * 10 + "# tortoise-fix: skip-file\n")
    assert not late.skip_file
    assert late.malformed == (Malformed(11, 0, "skip-file counts only in the first 10 lines"),)


def test_skip_file_is_read_before_a_syntax_error() -> None:
    assert of("# tortoise-fix: skip-file\nx = (\n  '\n$ ?\n").skip_file


def test_a_file_that_cannot_be_tokenized_keeps_its_suppressions() -> None:
    found = of("if x:\n        a\n    b\nc = 1  # tortoise-fix: ignore\n")
    assert [s.line for s in found.suppressions] == [4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_are_found_whatever_ends_the_lines(end: str) -> None:
    found = of(f"'é'; '''{end}'''{end}\fx = 'é'  # tortoise-fix: ignore{end}# tortoise-fix: x")
    assert [(s.line, s.col) for s in found.suppressions] == [(3, 10)]
    assert [m.line for m in found.malformed] == [4]


@given(st.text(st.sampled_from("# tortoise-fix: ignore[TOR1,]\n\r'\"\\(\f")).map(lambda t: t * 2))
def test_no_text_makes_it_raise(text: str) -> None:
    of(f"{text}# tortoise-fix: ignore{text}")


PROGRAM = """\
import a
x = call(
    1,
)
@one
@two(
    3)
async def f(
    a,
):

    # a comment
    async with t() as c:  # header
        await x(
            1)
        # comment
    try:
        y = (1,
             2); z = [
            3]
    except (A,
            B):
        pass
    else:
        pass
    match a:
        case [1,
              2] if b:
            pass
    if a: b = c(
        1)
    if (a
        or b): c = 1
    elif d:
        pass
    x = lambda: (
        1)
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (1, (1, 1)), (3, (2, 4)), (5, (5, 10)), (8, (5, 10)), (11, (11, 11)), (12, (12, 12)),
        (13, (13, 13)), (14, (14, 15)), (16, (16, 16)), (17, (17, 17)), (18, (18, 19)),
        (19, (18, 20)), (20, (19, 20)), (21, (21, 22)), (22, (21, 22)), (24, (24, 24)),
        (26, (26, 26)), (27, (27, 28)), (28, (27, 28)), (29, (29, 29)), (30, (30, 31)),
        (31, (30, 31)), (32, (32, 33)), (34, (34, 34)), (37, (36, 37)), (99, (99, 99)),
    ],
)  # fmt: skip
def test_the_lines_of_a_statement(line: int, expected: tuple[int, int]) -> None:
    assert lines(PROGRAM, line) == expected
