"""The rewrites of N+1 loops, executed: the same results, and no more statements than relations."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tortoise_fix.codemods.run.carry_out import carry_out
from tortoise_fix.codemods.run.plan import plan
from tortoise_fix.codemods.run.request import Request
from tortoise_fix.codemods.run.settings import Settings

if TYPE_CHECKING:
    from types import ModuleType

    from tortoise_fix.codemods.run.changes import Plan

ALL = Path(__file__).parent.parent / "fixtures"
FIXTURES = ALL / "n-plus-one"
FAMILY = (
    "n-plus-one", "fetch-related-in-loop", "prefetched-queried-again", "fk-pk-access",
    "query-by-key-in-loop",
)  # fmt: skip


def raises(case: Path) -> bool:
    """Whether a case raises as it stands; test_cases.py proves that it is repaired."""
    run = case / "run.json"
    return run.exists() and "fails_before" in run.read_text()


REWRITES = sorted(
    f"{rule}/{case.name}"
    for rule in FAMILY
    for case in (ALL / rule).iterdir()
    if (case / "after").is_dir() and not raises(case)
)
#: Unsafe ones whose doubt is unfounded in the case at hand, so that they must come out the same.
UNFOUNDED = (
    "n-plus-one/filtered-since-a-date",
    "n-plus-one/filtered-two-ways",
    "n-plus-one/gathered-from-some-rows",
    "n-plus-one/gathered-shared",
    "n-plus-one/loop-in-a-branch",
    "n-plus-one/loop-left-early",
    "n-plus-one/loop-over-a-slice",
    "n-plus-one/nested-left-early",
    "n-plus-one/read-in-a-branch",
    "n-plus-one/read-in-a-condition",
    "n-plus-one/read-in-and",
    "n-plus-one/read-in-try",
    "n-plus-one/unknown-awaited-call",
    "n-plus-one/zipped-with-fewer",
    "fetch-related-in-loop/in-a-branch",
    "fetch-related-in-loop/left-early",
    "fetch-related-in-loop/shared-objects-handed-on",
    "prefetched-queried-again/in-a-try",
    "prefetched-queried-again/shared-objects-handed-on",
    "query-by-key-in-loop/get",
    "query-by-key-in-loop/get-or-none",
    "query-by-key-in-loop/filter-first",
    "aggregate-in-loop/count",
    "aggregate-in-loop/count-by-key",
    "aggregate-in-loop/count-filtered",
    "aggregate-in-loop/count-gathered",
    "aggregate-in-loop/exists",
    "aggregate-in-loop/prefetched",
    "aggregate-in-loop/built-by-a-function",
    "aggregate-in-loop/given-relation-of-one-object",
    "query-by-key-in-loop/given-parameter",
    "fk-pk-access/nullable",
    "fk-pk-access/parameter",
)
#: Rules that repair what raises as it stands.
RAISING = ("prefetch-overwritten", "unfetched-relation-iter", "unfetched-fk-attr")
REPAIRED = sorted(
    f"{rule}/{case.name}"
    for rule in RAISING
    for case in (ALL / rule).iterdir()
    if (case / "after").is_dir()
)
CODES = ("TOR233", "TOR234", "TOR260", "TOR261", "TOR262", "TOR263")
SIZE = 8
#: Statements that a case runs for each row besides, because its query is no read of a relation.
PER_ROW = {
    "n-plus-one/read-only-calls-around": SIZE,
    "n-plus-one/write-to-another-model": 2 * SIZE,
    "fetch-related-in-loop/write-to-another-model": 2 * SIZE,
    "prefetched-queried-again/another-relation-too": SIZE,
    # One for each author, besides those for the books and what belongs to them.
    "n-plus-one/nested-filtered": 2 * 3,
    "n-plus-one/nested-handed-on": SIZE,
    "n-plus-one/nested-write": 3 * SIZE,
    "prefetched-queried-again/joined-beyond-prefetched": SIZE,
    # Where the repair of the outer loop is unsafe, what it would fetch is queried for each author.
    "n-plus-one/queried-in-branches-nested-distinct": 4 * SIZE,
    "n-plus-one/queried-in-branches-nested-unsafe": 3 * SIZE,
}
#: Two queries for the rows and two for each of two relations.
CONSTANT = 6
#: Cases that run no query too many, but fail on a None that is not among their rows.
PAID = frozenset(
    {
        "prefetched-queried-again/nullable-forward",
        "prefetched-queried-again/joined-beyond-prefetched",
    }
)


def load(name: str) -> ModuleType:
    """A helper next to this file; it is not in a package that could be imported."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ormrun = load("ormrun")
databases = load("databases")


@pytest.fixture(autouse=True)
def library_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_SIZE", str(SIZE))


def planned(root: Path, *, unsafe: bool = False, select: tuple[str, ...] = ("TOR234",)) -> Plan:
    settings = Settings(select=select, unsafe=unsafe)
    return plan(Request(root, (root,), settings, cache=False))


class Seen(NamedTuple):
    """What can be seen of a run, apart from its statements."""

    value: str
    printed: str
    exception: str
    rows: dict[str, list[str]]


def both(before: Path, after: Path, url: str = "sqlite://:memory:") -> tuple[Seen, Seen, int, int]:
    """What can be seen of the two runs, and how many statements each took after its seed."""
    with ThreadPoolExecutor(2) as pool, databases.fresh(url, 2) as urls:
        first, second = pool.map(ormrun.run, (before, after), urls)
    seen = [Seen(o.value, o.printed, o.exception, o.rows) for o in (first, second)]
    return seen[0], seen[1], measured(first.statements), measured(second.statements)


def measured(statements: list[str]) -> int:
    marks = [index for index, text in enumerate(statements) if "'seeded'" in text]
    return len(statements) - marks[-1] - 1


@pytest.mark.parametrize("url", databases.DATABASES, ids=databases.kind)
@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_gives_the_same_with_a_constant_number_of_statements(name: str, url: str) -> None:
    before, after, queries, fewer = both(ALL / name / "before", ALL / name / "after", url)

    assert after == before
    assert before.exception == ""
    assert fewer <= queries if name in PAID else fewer < queries
    assert fewer <= CONSTANT + PER_ROW.get(name, 0)


@pytest.mark.parametrize("name", UNFOUNDED)
def test_an_unsafe_rewrite_gives_the_same_where_its_doubt_is_unfounded(
    name: str, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    shutil.copytree(ALL / name / "before", root)
    made = planned(root, unsafe=True, select=CODES)
    carry_out(made)

    before, after, _, fewer = both(ALL / name / "before", root)

    assert made.changes and not made.faults
    assert after == before
    assert before.exception == ""
    assert fewer <= CONSTANT


@pytest.mark.parametrize("name", REPAIRED)
def test_what_raised_for_want_of_a_relation_no_longer_does(name: str) -> None:
    before, after, _, _ = both(ALL / name / "before", ALL / name / "after")

    assert before.exception.startswith(("NoValuesFetched", "AttributeError"))
    assert after.exception == ""
    assert after.rows == before.rows


def report(tmp_path: Path, body: str, models: str = "") -> Plan:
    """The plan for a function over the models of the fixtures."""
    shutil.copytree(FIXTURES / "forward" / "before", tmp_path, dirs_exist_ok=True)
    with (tmp_path / "models.py").open("a") as file:
        file.write(models)
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    (tmp_path / "main.py").write_text(
        f"from models import *\nimport models\n\n\nasync def report():\n{lines}"
    )
    return planned(tmp_path)


def test_two_rules_add_to_one_query_without_dropping_what_the_other_added(tmp_path: Path) -> None:
    loop = "for b in await Book.all():\n    await b.fetch_related('reviews')\n"
    report(tmp_path, loop + "    x = len(await b.tags)")
    changed = planned(tmp_path, select=CODES).changes

    assert changed[0].new.count(b"prefetch_related") == 1
    assert {b"reviews", b"tags"} <= set(changed[0].new.replace(b"'", b'"').split(b'"'))


def safeties(made: Plan) -> list[str]:
    return [finding.safety.value for finding in made.findings]


@pytest.mark.parametrize("use", ["return tags", "kept.append(tags)", "x = tags + []", "f(tags)"])
def test_a_list_that_is_used_as_one_stays_a_list(tmp_path: Path, use: str) -> None:
    body = f"kept = []\nfor book in await Book.all():\n    tags = await book.reviews\n    {use}"
    made = report(tmp_path, body)
    settings = Settings(select=("TOR234",), unsafe=True)
    changed = plan(Request(tmp_path, (tmp_path,), settings, cache=False)).changes

    assert safeties(made)
    assert b"tags = list(book.reviews)" in changed[0].new


@pytest.mark.parametrize(
    "models",
    [
        "\n\nclass Shelf(Model):\n    item = fields.ForeignKeyField('models.Book', 'shelves')\n"
        "\n    class Meta:\n        manager = object()\n",
        "\n\nclass Base(Model):\n    class Meta:\n        abstract = True\n"
        "        manager = object()\n"
        "\n\nclass Shelf(Base):\n    item = fields.ForeignKeyField('models.Book', 'shelves')\n"
        "\n    class Meta:\n        table = 'shelf'\n",
    ],
)
def test_a_manager_also_of_an_abstract_base_leaves_the_query_alone(
    tmp_path: Path, models: str
) -> None:
    made = report(tmp_path, "for s in await Shelf.all():\n    x = await s.item", models)

    assert not made.changes
    assert set(safeties(made)) <= {"manual"}


def test_a_query_variable_that_somebody_else_gets_is_left_alone(tmp_path: Path) -> None:
    body = "query = Book.all()\nshow(query)\nfor book in await query:\n    x = await book.author"

    assert not report(tmp_path, body).findings


def test_a_query_variable_that_is_a_parameter_in_part_is_left_alone(tmp_path: Path) -> None:
    body = "for query in queries:\n    pass\nquery = Book.all()\nfor b in await query:\n"
    assert not report(tmp_path, body + "    x = await b.author").findings


def test_the_model_is_known_through_its_module(tmp_path: Path) -> None:
    made = report(tmp_path, "for b in await models.Book.all():\n    x = await b.author")

    assert safeties(made) == ["safe"]
    assert b'models.Book.all().select_related("author")' in made.changes[0].new


def test_the_same_relation_twice_in_a_row_is_one_object_only_if_nobody_gets_it(
    tmp_path: Path,
) -> None:
    loop = "for b in await Book.all():\n    one = await b.author\n    two = await b.author\n"

    assert safeties(report(tmp_path, loop + "    print(one.name, two.name)")) == ["safe"]
    assert safeties(report(tmp_path, loop + "    show(one, two)")) == ["unsafe"]


def test_a_loop_whose_rows_are_found_in_another_branch_is_reported(tmp_path: Path) -> None:
    body = "if x:\n    books = await Book.all()\nfor b in books:\n    y = await b.author"

    assert safeties(report(tmp_path, body)) == ["manual"]


def test_the_probe_sees_a_statement_for_every_row_before_the_rewrite() -> None:
    """The proof above would prove nothing if the cases did not query row by row."""
    outcome = ormrun.run(FIXTURES / "forward" / "before")

    assert measured(outcome.statements) == SIZE + 1
