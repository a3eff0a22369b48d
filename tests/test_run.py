"""Whole runs through the command line: plan, write, undo, cache, processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from tortoise_fix.cli import main
from tortoise_fix.codemods.edits.arguments import PassKeyword
from tortoise_fix.codemods.edits.expressions import KeepInner
from tortoise_fix.codemods.report.diff import unified
from tortoise_fix.codemods.rules import _registry
from tortoise_fix.codemods.rules._base import Finding, Rule, Safety
from tortoise_fix.codemods.run import parallel
from tortoise_fix.codemods.run import plan as plan_room
from tortoise_fix.codemods.run import verify as verify_room
from tortoise_fix.codemods.run import write as write_room
from tortoise_fix.codemods.source import Fault, Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tortoise_fix.codemods.project.module import Module
    from tortoise_fix.codemods.run.changes import Plan

MODELS = b"""\
from tortoise import fields
from tortoise.models import Model


class Author(Model):
    id = fields.IntField(primary_key=True)
    name = fields.TextField()


class Book(Model):
    id = fields.IntField(primary_key=True)
    title = fields.TextField()
    author = fields.ForeignKeyField("models.Author", related_name="books")
"""
SERVICES = b"""\
from models import Book
from tortoise.transactions import in_transaction


async def add(title: str) -> None:
    async with in_transaction() as conn:
        await Book.create(
            title=title,
        )


async def names() -> None:
    for book in await Book.all():
        author = await book.author
        print(author.name)
"""
AFTER = (
    SERVICES.replace(b"title=title,\n", b"title=title,\n            using_db=conn,\n")
    .replace(b"Book.all()", b'Book.all().select_related("author")')
    .replace(b"await book.author", b"book.author")
)
TOR310, TOR234 = "services.py:7:15: TOR310 ", "services.py:13:18: TOR234 "
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=false")


class Tree:
    """A project on the disk, with two findings in services.py."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.put("models.py", MODELS)
        self.put("services.py", SERVICES)

    def put(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def contents(self) -> dict[str, bytes]:
        files = (path for path in self.root.rglob("*") if path.is_file())
        found = {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}
        return {name: data for name, data in found.items() if not name.startswith(".git/")}

    def git(self, *arguments: str, given: bytes | None = None) -> None:
        subprocess.run(
            [*GIT, *arguments], cwd=self.root, check=True, input=given, capture_output=True
        )

    def commit(self) -> None:
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Tree(root)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), prog_name="tortoise-fix")
    assert "Traceback" not in result.stderr, result.stderr
    return result


def codes(*arguments: str) -> list[str]:
    """The codes that ``check`` finds, in order."""
    result = run("check", "--output-format", "json", *arguments)
    assert result.exit_code in (0, 1), result.stderr
    return [finding["code"] for finding in json.loads(result.stdout)["findings"]]


# Applying


def test_apply_repairs_and_a_second_run_changes_nothing(tree: Tree) -> None:
    first = run("apply")
    assert first.exit_code == 0
    assert tree.read("services.py") == AFTER
    assert "1 file changed, 2 fixes" in first.stdout
    for again in (run("apply"), run("apply", "--no-cache")):
        assert (again.exit_code, tree.read("services.py")) == (0, AFTER)
        assert "Nothing changed." in again.stdout
    assert run("check").exit_code == 0


def test_a_dry_run_prints_the_diff_alone_and_writes_nothing(tree: Tree, tmp_path: Path) -> None:
    before = tree.contents()
    result = run("apply", "--dry-run")
    assert result.exit_code == 1
    assert result.stdout_bytes == unified("services.py", SERVICES, AFTER)
    assert tree.contents() == before
    assert not (tmp_path / "state").exists()


ODD = {
    "crlf.py": SERVICES.replace(b"\n", b"\r\n"),
    "mixed.py": SERVICES.replace(b"\n", b"\r\n", 5),
    "no_newline.py": SERVICES.rstrip(b"\n"),
    "crlf_no_newline.py": SERVICES.replace(b"\n", b"\r\n")[:-2],
    "mark.py": b"\xef\xbb\xbf" + SERVICES,
    "umlauts.py": SERVICES.replace(b"add(", "hinzufügen(".encode()),
    "latin.py": b"# coding: latin-1\n# \xe4\xf6\xfc\n" + SERVICES,
    "pkg/deep/er/and/deeper/still.py": SERVICES,
    "grün/zwei wörter.py": SERVICES,
    'with"quote.py': SERVICES,
}


@pytest.mark.parametrize("in_git", [True, False])
def test_the_diff_applied_by_git_and_apply_give_the_same_bytes(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_git: bool
) -> None:
    for name, content in ODD.items():
        tree.put(name, content)
    if in_git:
        tree.commit()
    patched = Tree(tmp_path / "patched")
    shutil.rmtree(patched.root)
    shutil.copytree(tree.root, patched.root)
    diff = run("apply", "--dry-run").stdout_bytes
    patched.git("apply", "--check", given=diff)
    patched.git("apply", given=diff)
    assert run("apply").exit_code == 0
    assert tree.contents() == patched.contents()
    assert all(tree.read(name) != content for name, content in ODD.items())


def test_named_paths_alone_are_changed_but_the_whole_project_is_known(tree: Tree) -> None:
    tree.put("pyproject.toml", b"[project]\nname = 'x'\n")  # makes this the project's root
    tree.put("other/services.py", SERVICES)
    assert run("apply", "other").exit_code == 0
    assert (tree.read("services.py"), tree.read("other/services.py")) == (SERVICES, AFTER)
    assert run("apply", "services.py").exit_code == 0
    assert tree.read("services.py") == AFTER


MANY = b"""\
from models import Author, Book


async def all_at_once(name: str) -> None:
    await Book.filter(author__isnull=True, title__exact=name)
    await Book.all().order_by("author", "pk")
    await Book.all().values_list("author", flat=True)
    first = (await Book.get(id=1).values("title"))[0]
    shelf = Book.all()
    shelf.filter(title=name)
    Book(title=name).save()
    if await Book.filter(title=name):
        print(first, len(await Author.all()), (await shelf)[0])
    await Author.objects.filter(name=name).count()
"""


def test_a_function_that_many_rules_repair_settles_in_one_run(tree: Tree) -> None:
    tree.put("models.py", MODELS)
    tree.put("requirements.txt", b"tortoise-orm==1.1.9\n")
    tree.put("many.py", MANY)
    before = set(codes("many.py"))
    result = run("apply", "--unsafe", "many.py")
    assert len(before) > 9
    assert result.exit_code == 0, result.stderr
    assert codes("many.py") == []


def test_the_order_and_number_of_paths_do_not_matter(tree: Tree) -> None:
    tree.put("a/services.py", SERVICES)
    one = run("apply", "--dry-run", "services.py", "a").stdout_bytes
    assert one == run("apply", "--dry-run", "a", "services.py", "a/services.py").stdout_bytes
    assert one == run("apply", "--dry-run").stdout_bytes


# A repair that spans files


def spanning(module: Module) -> Iterator[Finding]:
    """One finding in first.py, whose repair changes first.py and second.py."""
    if module.path == "first.py":
        span = Span(1, 0, 1, 3)
        edits = (
            PassKeyword("first.py", span, "x", "1"),
            PassKeyword("second.py", span, "x", "1"),
        )
        yield Finding("TOR900", "first.py", span, "lacks x", edits=edits)


def install(monkeypatch: pytest.MonkeyPatch, find: Callable[[Module], Iterator[Finding]]) -> None:
    rule = Rule(code="TOR900", name="made-up", summary="is made up", find=find)
    for known in ("all_rules", "all_cards"):
        monkeypatch.setattr(_registry, known, lambda: (rule,))


@pytest.fixture
def pair(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    def once(module: Module) -> Iterator[Finding]:
        if b"x=1" not in module.source.encode(module.source.text):
            yield from spanning(module)

    install(monkeypatch, once)
    tree.put("first.py", b"f()  # tortoise\n")
    tree.put("second.py", b"g()  # tortoise\n")
    return tree


def test_a_repair_in_two_files_is_made_in_both(pair: Tree) -> None:
    result = run("apply")
    assert result.exit_code == 0
    assert "2 files changed, 1 fix\n" in result.stdout
    assert pair.read("first.py") == b"f(x=1)  # tortoise\n"
    assert pair.read("second.py") == b"g(x=1)  # tortoise\n"


@pytest.mark.parametrize(
    "why", ["not named", "skip-file", "per-file-ignores by code", "per-file-ignores of all"]
)
def test_a_repair_that_touches_a_file_out_of_bounds_is_left_and_says_why(
    pair: Tree, why: str
) -> None:
    paths = ["first.py"] if why == "not named" else []
    if why == "skip-file":
        pair.put("second.py", b"g()  # tortoise-fix: skip-file\n")
    elif why.startswith("per-file"):
        code = "made-up" if why.endswith("code") else "ALL"
        settings = f'[tool.tortoise-fix.per-file-ignores]\n"second.py" = ["{code}"]\n'
        pair.put("pyproject.toml", settings.encode())
    before = pair.contents()
    result = run("apply", *paths)
    assert result.exit_code == 1
    assert "first.py:1: TOR900 made-up: lacks x\n" in result.stdout
    assert "its repair also changes second.py, which this run leaves alone" in result.stdout
    assert pair.contents() == before


def test_a_repair_that_fails_in_one_file_is_made_in_none(
    pair: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.put("second.py", b"g(*a, x=2)  # tortoise\n")
    before = pair.contents()
    result = run("apply")
    assert result.exit_code == 1
    assert "first.py:1: TOR900 made-up: lacks x\n      not rewritten: " in result.stdout
    assert pair.contents() == before


def test_a_repair_that_cannot_be_written_in_one_file_is_taken_back_in_the_other(
    pair: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pair.contents()
    real = write_room.replace

    def refuse(root: Path, path: str, old: bytes, new: bytes) -> Fault | None:
        if path == "second.py":
            return Fault(path, 0, "was not written: no")
        return real(root, path, old, new)

    monkeypatch.setattr(write_room, "replace", refuse)
    result = run("apply")
    assert result.exit_code == 2
    assert "second.py: was not written: no\n" in result.stderr
    assert "first.py: was not changed: the same repair also changes second.py" in result.stderr
    assert "Nothing changed." in result.stdout
    assert pair.contents() == before
    assert run("undo").stdout == "Nothing to undo.\n"


def test_what_cannot_be_taken_back_is_named_and_left_to_undo(
    pair: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pair.contents()
    real, refusing = write_room.replace, False

    def full(root: Path, path: str, old: bytes, new: bytes) -> Fault | None:
        nonlocal refusing
        refusing = refusing or path == "second.py"
        return Fault(path, 0, "was not written: no") if refusing else real(root, path, old, new)

    with monkeypatch.context() as patch:
        patch.setattr(write_room, "replace", full)
        result = run("apply")
    assert result.exit_code == 2
    assert "first.py: was changed and could not be changed back when second.py" in result.stderr
    assert "first.py: was not" not in result.stderr
    assert pair.contents() != before
    assert run("undo").exit_code == 0
    assert pair.contents() == before


# Faults of ours


def put_each(module: Module) -> Iterator[Finding]:
    """A repair at the first call of every file, which is a slip in those named slip*.py."""
    if b"x=1" in module.source.encode(module.source.text):
        return
    if module.path == "slip_find.py":
        raise ZeroDivisionError("oh")
    span = Span(1, 0, 1, 9) if module.path.startswith("slip") else Span(1, 0, 1, 3)
    edit = PassKeyword(module.path, span, "x", "1")
    yield Finding("TOR900", module.path, span, "lacks x", edits=(edit,))


def test_slips_of_ours_cost_their_files_alone(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def verify(before: Source, after: str, *_: object) -> Fault | None:
        if before.path.startswith("bad"):
            return Fault(before.path, 1, "is not what was meant")
        if before.path.startswith("worse"):
            raise ZeroDivisionError("ah")
        return None

    install(monkeypatch, put_each)
    monkeypatch.setattr(verify_room, "verify", verify)
    bad = ["slip_find.py", "worse.py", *(f"bad{number}.py" for number in range(12))]
    names = [*bad, "slip_edit.py", "fine.py", "z_fine.py"]
    for name in names:
        tree.put(name, b"f()  # tortoise\n")
    result = run("apply", *names)
    assert result.exit_code == 2
    assert {n for n in names if tree.read(n) != b"f()  # tortoise\n"} == {"fine.py", "z_fine.py"}
    assert all(result.stderr.count(f"{name}:") == 1 for name in bad)
    assert "TOR900 failed on this file: ZeroDivisionError: oh (test_run.py:" in result.stderr
    assert "the repair failed on this file: ZeroDivisionError: ah" in result.stderr
    assert "bad0.py:1: TOR900 made-up: lacks x\n      not rewritten: is not what" in result.stdout
    assert "slip_edit.py:1: TOR900 made-up: lacks x\n      not rewritten: " in result.stdout


def test_repairs_that_do_not_settle_are_not_made_and_cost_no_other_file(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def back_and_forth(module: Module) -> Iterator[Finding]:
        text, span = module.source.line(1), Span(1, 0, 1, 3)
        if module.path == "fine.py" and "x=1" not in text:
            edit: Any = PassKeyword(module.path, span, "x", "1")
        elif module.path == "endless.py":
            keyword = f"x{text.count('=')}"
            span = Span(1, 0, 1, text.index(")") + 1)
            edit = PassKeyword(module.path, span, keyword, "1")
        else:
            return
        yield Finding("TOR900", module.path, span, "lacks x", edits=(edit,))

    install(monkeypatch, back_and_forth)
    tree.put("fine.py", b"f()  # tortoise\n")
    tree.put("endless.py", b"f()  # tortoise\n")
    result = run("apply")
    assert result.exit_code == 2
    assert tree.read("fine.py") == b"f(x=1)  # tortoise\n"
    assert tree.read("endless.py") == b"f()  # tortoise\n"
    assert result.stderr.count("endless.py: the repairs of this file do not settle") == 1


def test_an_unsafe_repair_waits_for_its_option(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe(module: Module) -> Iterator[Finding]:
        span = Span(1, 0, 1, 6)
        if module.path == "a.py" and module.source.text.startswith("f(g())"):
            edit = KeepInner(module.path, span, Span(1, 2, 1, 5))
            yield Finding("TOR900", module.path, span, "wraps", Safety.UNSAFE, (edit,))

    install(monkeypatch, unsafe)
    tree.put("a.py", b"f(g())  # tortoise\n")
    result = run("apply")
    assert (result.exit_code, tree.read("a.py")) == (1, b"f(g())  # tortoise\n")
    assert "`--unsafe` repairs it" in result.stdout
    assert run("apply", "--unsafe").exit_code == 0
    assert tree.read("a.py") == b"g()  # tortoise\n"


# Uncommitted changes


def test_an_untracked_file_stops_apply(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.git("add", "models.py")
    result = run("apply")
    assert (result.exit_code, tree.read("services.py")) == (2, SERVICES)
    assert "  services.py\n" in result.stderr
    assert run("apply", "--allow-dirty").exit_code == 0
    assert tree.read("services.py") == AFTER


@pytest.mark.parametrize("staged", [True, False])
def test_an_edited_file_stops_apply_and_its_neighbors_stay_too(tree: Tree, staged: bool) -> None:
    tree.put("clean.py", SERVICES)
    tree.commit()
    edited = SERVICES + b"x = 1\n"
    tree.put("services.py", edited)
    if staged:
        tree.git("add", "-A")
    assert run("apply").exit_code == 2
    assert (tree.read("services.py"), tree.read("clean.py")) == (edited, SERVICES)


def test_changes_in_files_that_are_not_written_do_not_matter(tree: Tree) -> None:
    tree.commit()
    tree.put("models.py", MODELS + b"\n")
    tree.put("new.py", b"import tortoise\n")
    assert run("apply").exit_code == 0
    assert tree.read("services.py") == AFTER


def test_a_dry_run_in_a_dirty_tree_is_not_refused(tree: Tree) -> None:
    tree.git("init", "-q")
    assert run("apply", "--dry-run").exit_code == 1


# Undo


@pytest.mark.parametrize("in_git", [True, False])
def test_undo_restores_bytes_and_permissions(tree: Tree, in_git: bool) -> None:
    for name, content in ODD.items():
        tree.put(name, content).chmod(0o750)
    if in_git:
        tree.commit()
    before = tree.contents()
    run("apply")
    assert tree.contents() != before
    assert all((tree.root / name).stat().st_mode & 0o777 == 0o750 for name in ODD)
    result = run("undo")
    assert (result.exit_code, result.stderr) == (0, "")
    assert tree.contents() == before
    assert all((tree.root / name).stat().st_mode & 0o777 == 0o750 for name in ODD)


def test_undo_refuses_what_was_edited_since_and_restores_the_rest(tree: Tree) -> None:
    tree.put("mine.py", SERVICES)
    run("apply")
    tree.put("mine.py", AFTER + b"mine = 1\n")
    result = run("undo")
    assert result.exit_code == 1
    assert "mine.py: it was edited since" in result.stderr
    assert tree.read("mine.py") == AFTER + b"mine = 1\n"
    assert tree.read("services.py") == SERVICES


def test_undo_works_from_a_folder_below(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.put("pyproject.toml", b"[project]\nname = 'x'\n")
    tree.put("below/x.py", SERVICES)
    run("apply")
    monkeypatch.chdir(tree.root / "below")
    assert run("undo").stdout == "Restored 2 files:\n  x.py\n  ../services.py\n"
    assert tree.read("services.py") == SERVICES


# Suppressions


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        ("await Book.create(", "ignore"),
        ("await Book.create(", "ignore[TOR310]"),
        ("await Book.create(", "ignore[TOR234, transaction-using-db] for a reason"),
        ("        )", "ignore"),
        ("        )", "ignore[transaction-using-db]"),
    ],
)
def test_the_first_and_the_last_line_of_a_statement_suppress(
    tree: Tree, line: str, comment: str
) -> None:
    commented = f"{line}  # tortoise-fix: {comment}"
    tree.put("services.py", SERVICES.replace(line.encode(), commented.encode()))
    assert codes() == ["TOR234"]
    run("apply")
    assert b"using_db" not in tree.read("services.py")
    assert commented.encode() in tree.read("services.py")


@pytest.mark.parametrize(
    ("line", "comment"),
    [("            title=title,", "ignore"), ("await Book.create(", "ignore[TOR234]")],
)
def test_a_suppression_that_suppresses_nothing_is_reported(
    tree: Tree, line: str, comment: str
) -> None:
    commented = f"{line}  # tortoise-fix: {comment}"
    tree.put("services.py", SERVICES.replace(line.encode(), commented.encode()))
    result = run("check")
    assert result.exit_code == 1
    assert TOR310 in result.stdout
    number = 8 if "title" in line else 7
    assert f"services.py:{number}: this suppresses nothing (remove the comment)" in result.stdout


def test_an_idle_suppression_is_reported_though_nothing_else_is_found(tree: Tree) -> None:
    tree.put("services.py", AFTER.replace(b"(author.name)", b"(author)  # tortoise-fix: ignore"))
    result = run("check")
    assert (result.exit_code, "this suppresses nothing" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    ("comment", "arguments", "reported"),
    [
        ("ignore[TOR234]", ["--select", "TOR234"], True),
        ("ignore[TOR234]", ["--select", "TOR310"], False),
        ("ignore[n-plus-one]", ["--ignore", "TOR234"], False),
        ("ignore[TOR234, TOR310]", ["--select", "TOR310"], False),
        ("ignore[TOR999]", ["--select", "TOR310"], True),
        ("ignore", ["--select", "TOR310"], False),
        ("ignore", ["--select", "DEFAULT"], True),
        ("ignroe", ["--select", "TOR310"], True),
    ],
)
def test_a_suppression_of_a_rule_that_is_off_is_not_called_idle(
    tree: Tree, comment: str, arguments: list[str], reported: bool
) -> None:
    tree.put("quiet.py", f"import tortoise  # tortoise-fix: {comment}\n".encode())
    result = run("check", *arguments, "quiet.py")
    assert ("quiet.py:1: " in result.stdout) == reported
    assert result.exit_code == int(reported)


def test_a_line_that_a_repair_would_change_is_protected_too(tree: Tree) -> None:
    line = b"author = await book.author"
    before = SERVICES.replace(line, line + b"  # tortoise-fix: ignore[TOR234]")
    tree.put("services.py", before)
    assert codes() == ["TOR310"]
    assert "suppresses nothing" not in run("check").stdout
    run("apply")
    assert line in tree.read("services.py")
    assert b"select_related" not in tree.read("services.py")


def test_a_line_in_another_file_that_a_repair_would_change_is_protected_too(pair: Tree) -> None:
    pair.put("second.py", b"g()  # tortoise-fix: ignore[made-up]\n")
    before = pair.contents()
    result = run("check")
    assert (result.exit_code, "suppresses nothing" in result.stdout) == (0, False)
    assert run("apply").exit_code == 0
    assert pair.contents() == before


def test_a_skipped_file_is_named_and_left(tree: Tree) -> None:
    skipped = b"# tortoise-fix: skip-file\n" + SERVICES
    tree.put("services.py", skipped)
    result = run("apply")
    assert (result.exit_code, tree.read("services.py")) == (0, skipped)
    assert "services.py: asks to be skipped" in result.stderr


# Choosing rules and files


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["TOR310", "TOR234"]),
        (["--select", "TOR310"], ["TOR310"]),
        (["--select", "n-plus-one"], ["TOR234"]),
        (["--select", "TOR310,n-plus-one"], ["TOR310", "TOR234"]),
        (["--select", "TOR310", "--select", "tor234"], ["TOR310", "TOR234"]),
        (["--ignore", "transaction-using-db"], ["TOR234"]),
        (["--select", "ALL", "--ignore", "TOR234"], ["TOR310"]),
        (["--ignore", "ALL"], []),
    ],
)
def test_rules_are_chosen_by_code_and_by_name(
    tree: Tree, arguments: list[str], expected: list[str]
) -> None:
    assert codes(*arguments) == expected
    run("apply", *arguments)
    assert (b"using_db" in tree.read("services.py")) == ("TOR310" in expected)
    assert (b"select_related" in tree.read("services.py")) == ("TOR234" in expected)


def settings(tree: Tree, text: str) -> None:
    tree.put("pyproject.toml", f"[tool.tortoise-fix]\n{text}\n".encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('select = ["TOR310"]', ["TOR310"]),
        ('ignore = ["transaction-using-db"]', ["TOR234"]),
        ('exclude = ["services.py"]', []),
        ('exclude = ["other"]', ["TOR310", "TOR234"]),
        ('per-file-ignores = {"serv*.py" = ["n-plus-one"]}', ["TOR310"]),
        ('per-file-ignores = {"serv*.py" = ["ALL"]}', []),
        ('per-file-ignores = {"other/*.py" = ["ALL"]}', ["TOR310", "TOR234"]),
    ],
)
def test_the_configuration_chooses_rules_and_files(
    tree: Tree, text: str, expected: list[str]
) -> None:
    settings(tree, text)
    assert codes() == expected
    assert codes("--isolated") == ["TOR310", "TOR234"]
    run("apply")
    assert (b"using_db" in tree.read("services.py")) == ("TOR310" in expected)
    assert (b"select_related" in tree.read("services.py")) == ("TOR234" in expected)


def test_the_target_version_decides_over_the_pin(tree: Tree) -> None:
    tree.put("requirements.txt", b"tortoise-orm==0.11.0\n")
    assert "TOR310" not in fixable()
    assert "TOR310" in fixable("--target-version", "1.1")


def fixable(*arguments: str) -> list[str]:
    result = run("check", "--no-cache", *arguments)
    return [line.split()[1] for line in result.stdout.splitlines() if line.endswith("[*]")]


# Processes


def many(tree: Tree) -> None:
    for number in range(9):
        tree.put(f"pkg{number % 3}/services{number}.py", SERVICES)
    tree.put("pkg1/broken.py", b"from tortoise import in_transaction\ndef (\n")
    tree.put("pkg2/quiet.py", SERVICES.replace(b"create(", b"create(  # tortoise-fix: ignore", 1))
    tree.put("pkg2/skipped.py", b"# tortoise-fix: skip-file\n" + SERVICES)


@pytest.mark.parametrize("command", [("check",), ("apply", "--dry-run")])
def test_processes_and_order_do_not_change_what_is_said(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    many(tree)
    one = run(*command, "--no-cache", "--jobs", "1")
    monkeypatch.setattr(parallel, "WORTH_A_PROCESS", 1)
    started: list[int] = []
    real = parallel._in_processes

    def in_processes(project: Any, work: Any, jobs: int) -> Any:
        started.append(jobs)
        return real(project, work, jobs)

    monkeypatch.setattr(parallel, "_in_processes", in_processes)
    two = run(*command, "--no-cache", "--jobs", "2")
    paths = ["pkg2", "models.py", "pkg0", "services.py", "pkg1"]
    three = run(*command, "--no-cache", "--jobs", "3", *paths)
    assert started[0] == 2
    assert one.exit_code == two.exit_code == three.exit_code == 2
    assert one.stdout_bytes == two.stdout_bytes == three.stdout_bytes
    assert one.stderr == two.stderr == three.stderr


def test_small_projects_start_no_process(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: object) -> Iterator[object]:
        raise AssertionError

    monkeypatch.setattr(parallel, "_in_processes", forbidden)
    many(tree)
    assert run("check", "--jobs", "8").exit_code == 2


# The cache


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One item for each run that worked its plan out instead of finding it in the cache."""
    worked: list[str] = []
    real = plan_room._Planner.run

    def counting(self: plan_room._Planner) -> Plan:
        worked.append("worked out")
        return real(self)

    monkeypatch.setattr(plan_room._Planner, "run", counting)
    return worked


COMMANDS = [("check",), ("apply", "--dry-run"), ("check", "--output-format", "json")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_warm_run_says_what_a_cold_one_says(
    tree: Tree, planned: list[str], command: tuple[str, ...]
) -> None:
    many(tree)
    cold, warm, none = run(*command), run(*command), run(*command, "--no-cache")
    assert len(planned) == 2
    for other in (warm, none):
        assert other.exit_code == cold.exit_code
        assert (other.stdout_bytes, other.stderr) == (cold.stdout_bytes, cold.stderr)


def test_a_plan_from_the_cache_is_written_as_a_fresh_one(tree: Tree, planned: list[str]) -> None:
    run("apply", "--dry-run")
    assert run("apply").exit_code == 0
    assert (len(planned), tree.read("services.py")) == (1, AFTER)


def edit_file(tree: Tree) -> None:
    tree.put("services.py", SERVICES.replace(b"in_transaction()", b"in_transaction('x')"))


def edit_models(tree: Tree) -> None:
    tree.put("models.py", MODELS.replace(b"class Book(Model)", b"class Book(object)"))


def add_pin(tree: Tree) -> None:
    tree.put("pyproject.toml", b"[project]\nname='x'\ndependencies=['tortoise-orm==0.11']\n")


def add_settings(tree: Tree) -> None:
    settings(tree, 'ignore = ["TOR310"]')


def add_file(tree: Tree) -> None:
    tree.put("more.py", SERVICES)


def remove_file(tree: Tree) -> None:
    (tree.root / "models.py").unlink()


def ignore_file(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.put(".gitignore", b"services.py\n")


def break_file(tree: Tree) -> None:
    tree.put("services.py", SERVICES + b"(")


CHANGES = [
    edit_file,
    edit_models,
    add_pin,
    add_settings,
    add_file,
    remove_file,
    ignore_file,
    break_file,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("command", COMMANDS[:2], ids=["check", "dry run"])
def test_every_change_that_matters_changes_the_cached_result(
    tree: Tree, change: Callable[[Tree], None], command: tuple[str, ...]
) -> None:
    before = run(*command)
    change(tree)
    warm, cold = run(*command), run(*command, "--no-cache")
    assert (warm.stdout_bytes, warm.stderr) == (cold.stdout_bytes, cold.stderr)
    assert warm.exit_code == cold.exit_code
    assert (warm.stdout_bytes, warm.stderr) != (before.stdout_bytes, before.stderr)


def test_a_file_with_the_same_size_and_time_but_other_bytes_is_seen(tree: Tree) -> None:
    path = tree.root / "services.py"
    before = path.stat()
    assert codes() == ["TOR310", "TOR234"]
    path.write_bytes(SERVICES.replace(b"in_transaction()", b"xn_transaction()"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert codes() == ["TOR234"]


@pytest.mark.parametrize("damage", [b"", b"\x80", b"garbage", b"cos\nsystem\n.", None])
def test_a_damaged_cache_is_ignored(tree: Tree, tmp_path: Path, damage: bytes | None) -> None:
    cold = run("check")
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(kept) >= 2
    for path in kept:
        path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    assert run("check").stdout == cold.stdout
    assert run("check").stdout == cold.stdout


def test_a_cache_that_cannot_be_kept_is_no_matter(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert codes() == codes() == ["TOR310", "TOR234"]


def test_without_a_cache_nothing_is_kept(tree: Tree, tmp_path: Path) -> None:
    run("check", "--no-cache")
    assert not (tmp_path / "cache").exists()


def test_only_a_few_plans_are_kept(tree: Tree, tmp_path: Path) -> None:
    for number in range(12):
        tree.put("more.py", b"import tortoise\nx = %d\n" % number)
        run("check")
    assert len(list((tmp_path / "cache").rglob("plan-*"))) == 8
    assert len(list((tmp_path / "cache").rglob("facts-*"))) == 1


# What is imported


HEAVY = """
import sys
from tortoise_fix.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print("libcst" in sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], b"False"),
        (["rules"], b"False"),
        (["explain", "TOR310"], b"False"),
        (["check"], b"False"),
        (["check", "--jobs", "2", "--no-cache"], b"False"),
        (["apply", "models.py"], b"False"),
        (["apply", "--dry-run"], b"True"),
    ],
)
def test_libcst_is_imported_only_where_something_is_rewritten(
    tree: Tree, arguments: list[str], expected: bytes
) -> None:
    code = HEAVY.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.stderr.splitlines()[-1] == expected
