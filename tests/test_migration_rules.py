"""The rules that migrate code, by running: what fails on the installed release works afterwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ormrun import Outcome, run
from test_fixtures import RULES, target_of, tree
from tortoise_fix.codemods.project.raised import raised
from tortoise_fix.codemods.project.version_range import from_poetry
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from tortoise_fix.codemods.run.changes import Plan

FIXTURES = Path(__file__).parent.parent / "fixtures"
UNSAFE = sorted(
    case
    for rule in FIXTURES.iterdir()
    for case in rule.iterdir()
    if (case / "after-unsafe").is_dir()
)
AFTER = {True: "after-unsafe", False: "after"}

#: Cases with a program: what it fails with before, or nothing where it works then as well, and
#: what it gives afterwards.
PROGRAMS: dict[str, tuple[str, str]] = {
    "import-q-from-expressions/alone": (
        "ImportError: cannot import name 'Q' from 'tortoise.query_utils'",
        "[]",
    ),
    "import-q-from-expressions/inside-a-function": (
        "ImportError: cannot import name 'Q' from 'tortoise.functions'",
        "[{'n': 0}]",
    ),
    "import-f-from-expressions/from-functions": (
        "ImportError: cannot import name 'F' from 'tortoise.functions'",
        "[1]",
    ),
    "import-from-definition/beside-others": (
        "ImportError: cannot import name 'generate_config' from 'tortoise'",
        "('Tortoise', ['apps', 'connections'])",
    ),
    "connections-singleton/plain": ("", "([{'id': 1}], ['default'])"),
    "aggregation-module/several": (
        "ModuleNotFoundError: No module named 'tortoise.aggregation'",
        "[{'n': 1, 's': 1}]",
    ),
    "describe-model-call/plain": ("", "('models.Team', 'models.Hero', 'hero')"),
    "django-manager/queries": (
        "AttributeError: type object 'Team' has no attribute 'objects'",
        "(1, 1, ('Hero', 1))",
    ),
    "fk-isnull-lookup/plain": (
        "FieldError: Unknown filter param 'isnull'",
        "(['Bob'], ['Ada'], 2)",
    ),
    "django-lookup-suffix/plain": (
        "FieldError: Unknown filter param 'name__exact'",
        "(('Hero', 1), 1, 1)",
    ),
    "order-by-pk/plain": (
        "FieldError: Unknown field pk for model Hero",
        "(('Hero', 2), ['Ada', 'Bob'], [])",
    ),
    "queryset-not-awaited-iter/loops": (
        "ParamsError: QuerySet indices must be slices",
        "(['Ada', 'Bob', 'Ada', 'Bob'], ['Ada'], ['Ada'], ['Ada', 'Bob'])",
    ),
    "len-queryset/plain": ("TypeError: object of type 'QuerySet' has no len()", "(2, -1)"),
    "queryset-truthiness/plain": ("", "([], 'few')"),
    "bool-await-to-exists/plain": ("", "['Ada', 'no Bob', 'first']"),
    "missing-await/plain": ("", "('B', ['Bea', 'Cid'])"),
    "only-with-values/all-columns": (
        "ValueError: .values() cannot be used with .only()",
        "['id', 'name', 'team_id']",
    ),
    "only-with-values/plain": (
        "ValueError: .values() cannot be used with .only()",
        "([{'id': 1, 'name': 'Ada'}], ['Ada'])",
    ),
    "bulk-create-result/plain": (
        "TypeError: 'NoneType' object is not iterable",
        "(['Ada', 'Bob'], 1)",
    ),
    "bulk-create-result/same-name": ("TypeError: object of type 'NoneType' has no len()", "1"),
    "values-single-unwrap/plain": ("KeyError: 0", "('Ada', {'id': 1})"),
    "queryset-index/plain": (
        "ParamsError: QuerySet indices must be slices",
        "(('Hero', 1), 'Bob', [('Hero', 1)], ('Hero', 2))",
    ),
    "get-or-create-tuple/plain": (
        "AttributeError: 'tuple' object has no attribute 'id'",
        "(1, 'A')",
    ),
    "fk-in-lookup/plain": ("FieldError: Unknown filter param 'in'", "([('Hero', 1)], 1)"),
    "order-by-relation/plain": (
        "FieldError: Filtering by relation is not possible",
        "([('Hero', 2), ('Hero', 1)], ('Hero', 1))",
    ),
    "values-relation/plain": (
        'ValueError: Selecting relation "team" is not possible',
        "([1], [('Ada', 1)])",
    ),
    "from-queryset-double-await/plain": (
        "AttributeError: 'list' object has no attribute 'prefetch_related'",
        "(['Ada'], 'Ada')",
    ),
    "creator-string-tuple/plain": ("", "(['id', 'name'], ['name'])"),
    "tortoise-apps-dict-api/plain": (
        "AttributeError: 'Apps' object has no attribute 'get'",
        "(['User'], 'User', 'User')",
    ),
    "execute-query-tuple/plain": ("TypeError: 'int' object is not subscriptable", "(['Ada'], [1])"),
}

MODELS = """\
from tortoise import fields
from tortoise.models import Model


class Author(Model):
    id = fields.UUIDField({key}=True)
    name = fields.CharField(max_length=20, {index}=True)


class Book(Model):
    code = fields.CharField(max_length=13, {key}=True)
    author = fields.ForeignKeyField({to}"models.Author", {index}=True)
"""
DESCRIBE = """\
from tortoise import Tortoise

from models import Author, Book


async def main():
    client = Tortoise.get_connection("default")
    tables = await client.execute_query_dict("SELECT sql FROM sqlite_master ORDER BY name")
    return Author.describe(), Book.describe(), tables
"""


#: Projects with test classes of Tortoise, each with how many tests pass once they are migrated.
TEST_CLASSES = {
    "test-testcase/one-file": 3,
    "test-testcase/renamed-set-up": 3,
    "test-testcase/set-up-with-names": 3,
}


def apply(root: Path, *rules: str, target: str = "", unsafe: bool = False) -> Plan:
    """Carry out some rules over a tree, and return what was planned."""
    codes = tuple(RULES[rule].code for rule in rules)
    settings = Settings(select=codes, target_version=target, unsafe=unsafe)
    made = plan(Request(root, (root,), settings, cache=False))
    assert not made.faults and not carry_out(made).faults
    return made


def write(root: Path, pin: str, **files: str) -> None:
    """A small project that pins a release."""
    (root / "pyproject.toml").write_text(
        f'[project]\nname = "shop"\nversion = "1"\ndependencies = ["tortoise-orm=={pin}"]\n'
    )
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)


@pytest.mark.parametrize("case", UNSAFE, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_with_unsafe_a_case_becomes_what_its_folder_says(case: Path, tmp_path: Path) -> None:
    """``after-unsafe/`` is what ``--unsafe`` makes of a case, and a second run finds no more."""
    root = tmp_path / "project"
    shutil.copytree(case / "before", root)

    apply(root, case.parent.name, target=target_of(case), unsafe=True)

    assert tree(root) == tree(case / "after-unsafe")
    assert not apply(root, case.parent.name, target=target_of(case), unsafe=True).changes


def played(case: Path, folder: str) -> Outcome:
    """What one state of a case does on the installed release."""
    return run(case / folder)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_what_was_meant(name: str) -> None:
    """It fails before as the rule says, or works; and afterwards gives what it should."""
    case = FIXTURES / name
    folder = AFTER[(case / "after-unsafe").is_dir()]
    error, value = PROGRAMS[name]

    before, after = played(case, "before"), played(case, folder)

    assert before.exception.startswith(error) if error else not before.exception
    assert (after.exception, after.value) == ("", value)


@pytest.mark.parametrize("name", TEST_CLASSES)
def test_migrated_test_classes_pass_and_leave_no_database(name: str, tmp_path: Path) -> None:
    """With their fixtures migrated as well, each test has a database, which goes with it."""
    if sys.version_info < (3, 11) and name != "test-testcase/renamed-set-up":
        pytest.skip("the project requires Python 3.11")
    root = tmp_path / "project"
    shutil.copytree(FIXTURES / name / "before", root)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    apply(root, "test-initializer-finalizer", "test-testcase", unsafe=True)

    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TEST_CLASSES[name]} passed" in done.stdout
    assert not list(root.glob("*.sqlite3*"))


@pytest.mark.parametrize(
    ("old", "target", "new"),
    [
        ("==0.20.1", "1.1", "==1.1.*"),
        ("===0.20.1", "1.1", "==1.1.*"),
        ("===0.20.1", "1.1.9", "===1.1.9"),
        ("== 0.20.*", "1.1", "== 1.1.*"),
        ("0.20.1", "1.1.9", "1.1.9"),
        ("^0.20", "1.1", "^1.1"),
        ("~0.20.1", "1.1", "~1.1"),
        ("~=0.20.1", "1.1", "~=1.1.0"),
        ("~=0.20", "1.1.9", "~=1.1.9"),
        (">=0.20", "1.1", ">=1.1"),
        (">=0.20, <0.21", "1.1", ">=1.1, <1.2"),
        ("<1.0.0,>=0.20", "1.1.9", "<2.0.0,>=1.1.9"),
        (">=0.20,<0.21.0", "0.25", ">=0.25,<0.26.0"),
    ],
)
def test_a_requirement_is_raised_in_its_own_form(old: str, target: str, new: str) -> None:
    assert raised(old, target) == new
    assert from_poetry(new).lower.startswith(target)
    assert not raised(new, target) or raised(new, target) == new


@pytest.mark.parametrize(
    "text", ["<1", "!=0.21.0", ">0.20", ">=0.20,!=0.21", "^0.20 || ^0.21", "*"]
)
def test_a_requirement_of_another_form_is_left(text: str) -> None:
    assert raised(text, "1.1") is None


def test_renamed_keywords_leave_the_models_and_tables_as_they_are(tmp_path: Path) -> None:
    """With the old keywords and the new ones, description and schema are the same."""
    write(tmp_path, "1.1.9", models=MODELS.format(key="pk", index="index", to=""), main=DESCRIBE)
    before = run(tmp_path)

    apply(tmp_path, "field-pk-to-primary-key", "field-index-to-db-index")

    new = MODELS.format(key="primary_key", index="db_index", to="")
    assert (tmp_path / "models.py").read_text() == new
    after = run(tmp_path)
    assert (before.exception, after.exception) == ("", "")
    assert before.value == after.value
    assert "'pk_field'" in after.value


def test_a_model_named_by_keyword_cannot_be_imported_and_by_position_can(tmp_path: Path) -> None:
    """``model_name=`` fails on the installed release, before anything runs."""
    old = MODELS.format(key="primary_key", index="db_index", to="model_name=")
    write(tmp_path, "1.1.9", models=old, main=DESCRIBE)
    with pytest.raises(RuntimeError, match="missing 1 required positional argument: 'to'"):
        run(tmp_path)

    apply(tmp_path, "relation-model-name-kw")

    assert not run(tmp_path).exception


@pytest.mark.parametrize(("pin", "target"), [("0.20.1", ""), ("0.20.1", "0.20"), ("1.1.9", "0.20")])
def test_an_older_release_never_gets_a_keyword_that_it_ignores(
    pin: str, target: str, tmp_path: Path
) -> None:
    """Before 0.21 ``primary_key=`` would silently lose the key of the model."""
    models = MODELS.format(key="pk", index="index", to="")
    write(tmp_path, pin, models=models)

    made = apply(
        tmp_path, "field-pk-to-primary-key", "field-index-to-db-index", target=target, unsafe=True
    )

    assert not made.findings
    assert (tmp_path / "models.py").read_text() == models


def test_the_target_counts_more_than_the_pin(tmp_path: Path) -> None:
    """A project that pins 0.20 is written for 1.1 where the user says so."""
    write(tmp_path, "0.20.1", models=MODELS.format(key="pk", index="index", to="model_name="))

    apply(
        tmp_path,
        "field-pk-to-primary-key",
        "field-index-to-db-index",
        "relation-model-name-kw",
        target="1.1",
    )

    new = MODELS.format(key="primary_key", index="db_index", to="")
    assert (tmp_path / "models.py").read_text() == new


@pytest.mark.parametrize(("target", "found"), [("1.1", ["manual"]), ("0.25", []), ("", [])])
def test_time_zones_are_reported_where_the_user_names_a_newer_release(
    target: str, found: list[str], tmp_path: Path
) -> None:
    """``use_tz=False`` means something else from 1.0 on."""
    call = 'Tortoise.init(db_url="sqlite://x", modules={"models": ["models"]}, use_tz=False)'
    text = f"from tortoise import Tortoise\n\n\nasync def main():\n    await {call}\n"
    write(tmp_path, "0.25.4", main=text)

    made = apply(tmp_path, "use-tz-false-now-naive", target=target)

    assert [finding.safety.value for finding in made.findings] == found
