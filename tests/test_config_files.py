"""Configurations in JSON, TOML and YAML: what is read, what is changed, and what is left alone."""

from __future__ import annotations

import ast
import subprocess
from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.edits.documents import (
    AddTable,
    AppendText,
    RemoveText,
    ReplaceText,
    apply_to_document,
)
from tortoise_fix.codemods.edits.elements import AddEntry, RemoveElement
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings
from tortoise_fix.codemods.run.verify import verify
from tortoise_fix.codemods.source import Fault, Source, Span, parse

if TYPE_CHECKING:
    from pathlib import Path

    from tortoise_fix.codemods.edits._base import Edit
    from tortoise_fix.codemods.run.changes import Plan

MANIFEST = """[project]
dependencies = ["tortoise-orm==0.24.2", "aerich==0.8.2"]

[tool.aerich]
tortoise_orm = "shop.config.TORTOISE_ORM"
"""
JSON = '{"connections": {"default": "sqlite://x"}, "apps": {"shop": {"models": ["shop.models"]}}}\n'
READING = 'import json\n\nwith open("orm.json") as file:\n    TORTOISE_ORM = json.load(file)\n'


def document(path: str, text: str, *edits: Edit) -> str | Fault:
    """The text of a document after edits."""
    return apply_to_document(Source(path, text), edits)


# Edits


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.json", '{"a": ["x"]}', '{"a": ["x", "new"]}'),
        ("a.json", '{"a": ["x","y"]}', '{"a": ["x","y","new"]}'),
        ("a.json", '{"a": [ "x" ]}', '{"a": [ "x", "new" ]}'),
        ("a.json", '{"a": [\n  "x"\n]}', '{"a": [\n  "x",\n  "new"\n]}'),
        ("a.json", '{"é": "ü", "a": ["ß"]}', '{"é": "ü", "a": ["ß", "new"]}'),
        (
            "a.json",
            '{"b": [true, null, 1e5], "a": ["x"]}',
            '{"b": [true, null, 1e5], "a": ["x", "new"]}',
        ),
        ("a.yml", "a: [x]\n", "a: [x, new]\n"),
        ("a.yml", "a: [x, y,]\n", "a: [x, y, new,]\n"),
        ("a.yml", "a: ['x']  # c\n", "a: ['x', 'new']  # c\n"),
        ("a.yml", "a:\n- x\nb: 1\n", "a:\n- x\n- new\nb: 1\n"),
        ("a.yml", "a:\n  - x  # c\n  # d\n\nb: 1\n", "a:\n  - x  # c\n  - new\n  # d\n\nb: 1\n"),
        ("a.yml", 'a:\r\n  - "x"', 'a:\r\n  - "x"\r\n  - "new"'),
        ("a.yml", "---\na:\n  -   x\n...\n", "---\na:\n  -   x\n  - new\n...\n"),
        ("a.toml", 'a = ["x"]  # c\n', 'a = ["x", "new"]  # c\n'),
        ("a.toml", "a = [\n  'x', # c\n]\n", "a = [\n  'x', # c\n  'new',\n]\n"),
        ("a.toml", "b = 0x1F\na = ['x']\r\n", "b = 0x1F\na = ['x', 'new']\r\n"),
    ],
)
def test_a_string_is_appended_in_the_layout_of_the_list(path: str, before: str, after: str) -> None:
    assert document(path, before, AppendText(path, ("a",), "new")) == after


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.json", '{"a": []}', "the value is not a list with elements"),
        ("a.json", '{"a": "x"}', "cannot be rewritten"),
        ("a.json", '{"b": ["x"]}', "cannot be rewritten"),
        ("a.json", '{"a": ["x"], "a": ["y"]}', "the value is not written at one place"),
        ("a.json", '{"a": ["x"]', "cannot be rewritten"),
        ("a.yml", "a: &x [x]\nb: *x\n", "the value has an anchor"),
        ("a.yml", "b: &x [x]\na: *x\n", "the value has an anchor"),
        ("a.yml", "a: [x, # c\n  y]\n", "comments stand between"),
        ("a.yml", "b: &x\n  a: [x]\nc:\n  <<: *x\n<<: *x\n", "the value is not written"),
        ("a.toml", "a = []\nb = ", "cannot be rewritten"),
    ],
)
def test_what_cannot_be_appended_to_is_refused(path: str, text: str, reason: str) -> None:
    fault = document(path, text, AppendText(path, ("a",), "new"))

    assert isinstance(fault, Fault) and fault.reason.startswith(reason)


def test_a_list_below_an_anchor_is_refused() -> None:
    text = "a: &base\n  models: [x]\nb: *base\n"
    fault = document("a.yml", text, AppendText("a.yml", ("b", "models"), "new"))

    assert isinstance(fault, Fault) and fault.reason.startswith("the value has an anchor")


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.json", '{"a": ["x", "old"]}', '{"a": ["x"]}'),
        ("a.json", '{"a": ["old", "x"]}', '{"a": ["x"]}'),
        ("a.json", '{"a": [\n "x",\n "old",\n "y"\n]}', '{"a": [\n "x",\n "y"\n]}'),
        ("a.yml", "a: [old, x]\n", "a: [x]\n"),
        ("a.yml", "a:\n  - x # c\n  - old # d\n  - y\n", "a:\n  - x # c\n  - y\n"),
        ("a.yml", 'a:\n  - x\n  - "old"', "a:\n  - x\n"),
        ("a.toml", 'a = ["x", "old"]\n', 'a = ["x"]\n'),
    ],
)
def test_a_string_is_taken_out(path: str, before: str, after: str) -> None:
    assert document(path, before, RemoveText(path, ("a",), "old")) == after


@pytest.mark.parametrize("path", ["a.json", "a.yml"])
def test_the_only_string_of_a_list_is_not_taken_out(path: str) -> None:
    assert isinstance(document(path, '{"a": ["old"]}', RemoveText(path, ("a",), "old")), Fault)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.json", '{"u": "b://x"}', '{"u": "a://x?y=%20"}'),
        ("a.yml", "u: b://x  # c\n", 'u: "a://x?y=%20"  # c\n'),
        ("a.yml", "u: 'b://x'\n", "u: 'a://x?y=%20'\n"),
        ("a.toml", "u = 'b://x' # c\n", "u = 'a://x?y=%20' # c\n"),
    ],
)
def test_a_string_is_replaced_in_its_quotes(path: str, before: str, after: str) -> None:
    assert document(path, before, ReplaceText(path, ("u",), "a://x?y=%20")) == after


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.json", '{"u": "x"}', '{"u": ["x"]}'),
        ("a.yml", "u: x # c\n", "u: [x] # c\n"),
        ("a.toml", "u = 'x' # c\n", "u = ['x'] # c\n"),
    ],
)
def test_a_string_becomes_a_list(path: str, before: str, after: str) -> None:
    assert document(path, before, ReplaceText(path, ("u",), ("x",))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[tool.x]\nk = "v"\n'),
        ("[a]\nb = 1", '[a]\nb = 1\n\n[tool.x]\nk = "v"\n'),
        ("[a]\nb = 1\n\n", '[a]\nb = 1\n\n[tool.x]\nk = "v"\n'),
        ("[tool.y]\r\nb = 1\r\n", '[tool.y]\r\nb = 1\r\n\r\n[tool.x]\r\nk = "v"\r\n'),
    ],
)
def test_a_table_is_added_at_the_end(before: str, after: str) -> None:
    edit = AddTable("pyproject.toml", ("tool", "x"), (("k", "v"),))

    assert document("pyproject.toml", before, edit) == after
    assert isinstance(document("pyproject.toml", after, edit), Fault)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('x = {"a": 1}\n', 'x = {"a": 1, "k": "v"}\n'),
        ('x = {\n    "a": 1,  # c\n}\n', 'x = {\n    "a": 1,  # c\n    "k": "v",\n}\n'),
        ('x = {\n    "a": 1\n}\n', 'x = {\n    "a": 1,\n    "k": "v"\n}\n'),
    ],
)
def test_an_entry_is_added_to_a_display(before: str, after: str) -> None:
    assert code(before, AddEntry("m.py", displayed(before), '"k"', '"v"')) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('x = ["a", "old"]\n', 'x = ["a"]\n'),
        ("x = ['old', b]\n", "x = [b]\n"),
        ('x = [\n    "a",\n    "old",\n]\n', 'x = [\n    "a",\n]\n'),
    ],
)
def test_an_element_is_taken_out_of_a_display(before: str, after: str) -> None:
    assert code(before, RemoveElement("m.py", displayed(before), "old")) == after


def displayed(text: str) -> Span:
    """The span of what the first statement assigns."""
    source = Source("m.py", text)
    statement = ast.parse(text).body[0]
    assert isinstance(statement, ast.Assign)
    return source.span(statement.value)


def code(text: str, edit: Edit) -> str | Fault:
    """The text of a Python file after an edit, which must be what it means."""
    source = Source("m.py", text)
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    after = apply(source, tree, [edit])
    assert isinstance(after, Fault) or verify(source, after, [edit]) is None
    return after


# Runs


def project(root: Path, **files: str) -> Path:
    """A project whose configuration is read from ``orm.json``."""
    written = {"pyproject.toml": MANIFEST, "orm.json": JSON, "shop/config.py": READING, **files}
    for name, text in {**written, "shop/__init__.py": "", "shop/models.py": ""}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def planned(root: Path, *named: str, exclude: tuple[str, ...] = (), cache: bool = False) -> Plan:
    """What TOR706 would change in a project."""
    settings = Settings(select=("TOR706",), exclude=exclude)
    paths = tuple(root / name for name in named) or (root,)
    return plan(Request(root, paths, settings, cache=cache))


def changed(made: Plan) -> list[str]:
    """The files that a plan changes."""
    return [change.path for change in made.changes]


def test_the_file_that_the_code_reads_is_changed_and_nothing_is_left(tmp_path: Path) -> None:
    root = project(tmp_path)

    made = planned(root)
    assert changed(made) == ["orm.json"]
    assert not carry_out(made).faults

    assert (root / "orm.json").read_text() == JSON.replace(
        '["shop.models"]', '["shop.models", "aerich.models"]'
    )
    assert not planned(root).findings


@pytest.mark.parametrize("git", [True, False])
def test_a_file_that_git_ignores_is_left_alone(git: bool, tmp_path: Path) -> None:
    root = project(tmp_path, **{".gitignore": "*.json\n"})
    if git:
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)

    made = planned(root)

    assert not made.changes
    assert "its repair also changes orm.json" in made.left[0].advice


def test_a_file_that_is_excluded_or_not_asked_for_is_left_alone(tmp_path: Path) -> None:
    root = project(tmp_path)

    assert not planned(root, exclude=("*.json",)).changes
    assert not planned(root, "shop").changes
    assert changed(planned(root, "shop", "orm.json")) == ["orm.json"]


def test_a_link_is_left_alone(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "orm.json").rename(root / "other.json")
    (root / "orm.json").symlink_to("other.json")

    assert not planned(root).changes


def test_a_plan_is_not_kept_when_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = project(tmp_path / "project")
    assert changed(planned(root, cache=True)) == ["orm.json"]

    (root / "orm.json").write_text(JSON.replace('"shop.models"', '"shop.models", "aerich.models"'))

    assert not planned(root, cache=True).changes


def test_a_plan_is_not_kept_when_the_file_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = project(tmp_path / "project")
    (root / "orm.json").unlink()
    assert not planned(root, cache=True).changes

    (root / "orm.json").write_text(JSON)

    assert changed(planned(root, cache=True)) == ["orm.json"]
