from __future__ import annotations

import ast
import pickle
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise_fix.codemods.source import Fault, Source, Span, decode, display, parse

PIECES = [
    b"x = 1", b"'''a", b"'''", b"\n", b"\r\n", b"\r", b"\f", b"\t", b" ", b"\x0b", b"\\", b"\x1a",
    b"# coding: latin-1", b"# -*- coding: utf-8-unix -*-", b"# coding: utf-16", b"# coding: utf-7",
    b"# coding: nonsense", b"# vim: set fileencoding=cp1252 :", b"# coding: utf-8-sig", b"#",
    b"# coding: rot13", b"# coding: shift_jis", b"# coding: iso-2022-jp", b"# coding:", b"\xe9",
    "é".encode(), "\u2028".encode(), "\x85".encode(), "\U0001f422".encode(), b"\xef\xbb\xbf",
    b"\0", b"if x:", b"    pass", b"f(", b")", b"y = 'z'", b";",
]  # fmt: skip
SOURCES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=12).map(b"".join)


def read(data: bytes) -> Source:
    source = decode("a.py", data)
    assert isinstance(source, Source), source
    return source


def refuse(data: bytes) -> Fault:
    fault = decode("a.py", data)
    assert isinstance(fault, Fault), fault
    return fault


def python_reads(data: bytes) -> str | None:
    """The dump of the tree that Python makes of a file's bytes, or None where it refuses them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.dump(ast.parse(data), include_attributes=True)
        except (SyntaxError, ValueError):
            return None


@given(SOURCES)
def test_what_decodes_encodes_to_the_same_bytes(data: bytes) -> None:
    source = decode("a.py", data)
    if isinstance(source, Source):
        assert source.encode(source.text) == data


@given(SOURCES)
def test_what_parses_means_what_python_makes_of_the_same_bytes(data: bytes) -> None:
    source = decode("a.py", data)
    tree = parse(source) if isinstance(source, Source) else source
    if isinstance(tree, ast.Module):
        found = ast.dump(tree, include_attributes=True)
        utf8_by_another_name = data.startswith(b"\xef\xbb\xbf") and b"coding" in data
        assert python_reads(data) == found or utf8_by_another_name


def is_utf8(data: bytes) -> bool:
    # Some versions of ast.parse let other bytes pass in a comment; the interpreter does not.
    try:
        return bool(data.decode()) and b"coding" not in data
    except UnicodeDecodeError:
        return False


@given(SOURCES.filter(is_utf8))
def test_what_python_reads_as_utf8_is_read(data: bytes) -> None:
    if python_reads(data) is not None:
        assert isinstance(parse(read(data)), ast.Module)


@given(st.text(st.sampled_from("ab é🐢\r\n\f\x0b\x1c\x85\u2028"), max_size=40))
def test_positions_and_offsets_are_inverse(text: str) -> None:
    source = Source("a.py", text)
    for offset in range(len(text) + 1):
        assert source.offset(*source.position(offset)) == offset


@given(
    st.lists(
        st.sampled_from(
            [
                "é = ü",
                "f('🐢', b)",
                "'''\u2028\x0b\n\r\né'''",
                "\fx",
                "if é:\r\n\tg('é', 1)",
                "a;'é';b",
            ]
        ),
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n", "\r", "\f"]),
)
def test_slices_are_the_source_segments_of_ast(lines: list[str], end: str, last: str) -> None:
    text = end.join(lines) + last
    source = Source("a.py", text)
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            found = source.slice(source.span(node))
            plain = found.replace("\r\n", "\n").replace("\r", "\n")
            assert plain == ast.get_source_segment(normal, node)


@pytest.mark.parametrize(
    "text", ["", "a", "a\n", "a\r\nb", "\r", "é\r\n\r\n", "a\fb\x0bc\u2028d\n"]
)
def test_lines_end_where_the_tokenizer_ends_them(text: str) -> None:
    source = Source("a.py", text)
    expected = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [source.line(n) for n in range(1, len(source.starts) + 1)] == expected


def test_a_byte_order_mark_is_kept_and_is_no_part_of_the_text() -> None:
    source = read(b"\xef\xbb\xbfx = 1\r\n")
    assert (source.text, source.bom) == ("x = 1\r\n", b"\xef\xbb\xbf")
    assert source.encode("y\r\n") == b"\xef\xbb\xbfy\r\n"


def test_a_byte_order_mark_contradicts_another_declared_encoding() -> None:
    fault = refuse(b"\xef\xbb\xbf# hi\n# coding: latin-1\n")
    assert fault.line == 2
    assert "byte order mark but declares 'latin-1'" in fault.reason


def test_latin1_needs_a_cookie() -> None:
    assert read(b"# coding: latin-1\nx = '\xe9'").text.endswith("'é'")
    fault = refuse(b"x = 1\ry = '\xe9'")
    assert (fault.line, fault.reason) == (2, "is not valid utf-8")


@pytest.mark.parametrize("name", [b"nonsense", b"rot13", b"base64", b"undefined"])
def test_a_cookie_without_a_text_codec_is_named_with_its_line(name: bytes) -> None:
    fault = refuse(b"#!/usr/bin/python\n# coding: " + name + b"\nx = 1\n")
    assert fault.line == 2
    assert name.decode() in fault.reason


@pytest.mark.parametrize("name", [b"utf-16", b"utf-32", b"utf-7", b"idna", b"punycode", b"cp037"])
def test_a_cookie_that_contradicts_the_bytes_is_a_fault(name: bytes) -> None:
    source = decode("a.py", b"# coding: " + name + b"\nx = '\xc3\xa9' + y\n")
    assert isinstance(source, Fault) or isinstance(parse(source), Fault)


@pytest.mark.parametrize("name", [b"utf-8-unix", b"utf8", b"UTF_8", b"utf-8-sig", b"U8"])
def test_the_names_of_utf8_are_one_encoding(name: bytes) -> None:
    source = read(b"# coding: " + name + b"\nx = '\xc3\xa9'\n")
    assert (source.encoding, source.text[-3:]) == ("utf-8", "é'\n")


def test_a_cookie_counts_only_in_a_comment_of_the_first_two_lines() -> None:
    assert read(b"\n\n# coding: latin-1\n").encoding == "utf-8"
    assert read(b"x = 1 # coding: latin-1\n").encoding == "utf-8"
    assert read(b"x = 1\n# coding: latin-1\n").encoding == "utf-8"
    assert read(b"# a\r# coding: latin-1\r").encoding == "iso-8859-1"
    assert read(b"\f # coding: latin-1").encoding == "iso-8859-1"


def test_null_bytes_are_a_fault_with_their_line() -> None:
    assert refuse(b"a\r\nb\rc\n\0").line == 4


def test_warnings_of_the_parser_stay_silent_even_as_errors(
    recwarn: pytest.WarningsRecorder,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(parse(Source("a.py", "x = '\\d'\ny = 1 is 2\n")), ast.Module)
    assert not recwarn.list


def test_a_syntax_error_is_a_fault_with_its_line() -> None:
    fault = parse(Source("a.py", "x = 1\r\nfrom {{ name }} import y\r\n"))
    assert isinstance(fault, Fault)
    assert fault.line == 2
    assert str(fault).startswith("a.py:2: syntax error: ")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + ")" * 10_000,
        "x = " + "+".join(["1"] * 100_000),
        "x = a" + ".b()" * 50_000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "1 if 1 else " * 20_000 + "1",
        "if 1: pass\n" + "elif 1: pass\n" * 20_000,
        "x = " + "lambda: " * 20_000 + "1",
    ],
    ids=["parentheses", "sum", "calls", "signs", "conditional", "elif", "lambda"],
)
def test_deep_nesting_never_ends_the_interpreter(text: str) -> None:
    code = (
        "import sys, ast; from tortoise_fix.codemods.source import *\n"
        "found = parse(Source('a.py', sys.stdin.read()))\n"
        "assert isinstance(found, (Fault, ast.Module)); print('alive')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr, run.returncode) == ("alive\n", "", 0)


def test_an_empty_file_is_a_module() -> None:
    assert isinstance(parse(read(b"")), ast.Module)


def test_text_that_the_encoding_lacks_raises() -> None:
    with pytest.raises(UnicodeEncodeError):
        read(b"# coding: latin-1\n").encode("\u20ac")


def test_a_source_survives_pickling() -> None:
    source = read(b"\xef\xbb\xbfx\ny\n")
    assert source.starts == [0, 2, 4]
    assert pickle.loads(pickle.dumps(source)) == source


def test_spans_compare_by_their_characters() -> None:
    outer, inner, after = Span(1, 0, 3, 4), Span(1, 5, 3, 4), Span(3, 4, 3, 9)
    assert outer.contains(inner)
    assert not inner.contains(outer)
    assert outer.overlaps(inner)
    assert not outer.overlaps(after)


def test_spans_inside_f_strings_never_raise() -> None:
    text = "x = f'''é\n  é{a.b(\n'é')}🐢{c!r:>{d}}\n'''\ny = (f'é{a}' 'ü'\n f'{b}')\n"
    source = Source("a.py", text)
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            source.span(node)


def test_paths_are_displayed_without_anything_a_terminal_would_obey() -> None:
    assert display("a/b c.py") == "a/b c.py"
    assert display("é/🐢.py") == "é/🐢.py"
    assert display("\udce9.py") == "\\xe9.py"
    assert display("a\n\x1b[31m\u202e.py") == "a\\n\\x1b[31m\\u202e.py"
    assert str(Fault("\udcff.py", 3, "r", "a")) == "\\xff.py:3: r (a)"
