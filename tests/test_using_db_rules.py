"""TOR312 and TOR313 by running: what fails before works after, on every database that is given.

``databases`` says which these are.
"""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from databases import DATABASES, fresh, kind
from ormrun import Outcome, run
from test_fixtures import planned
from tortoise_fix.codemods.edits._base import EditError
from tortoise_fix.codemods.edits.apply import apply
from tortoise_fix.codemods.edits.attribute import TakeAttribute
from tortoise_fix.codemods.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tortoise_fix.codemods.rules._base import Finding

FIXTURES = Path(__file__).parent.parent / "fixtures"
TERMINAL, NESTED = "using-db-after-terminal", "nested-transaction-connection"

#: Cases of both rules, with the error that they fail with on the installed release; the calls of
#: the others are among the forms below.
RUN = {
    (TERMINAL, "connection-that-is-looked-up"): "AttributeError: 'coroutine' object has no",
    (TERMINAL, "create"): "AttributeError: 'coroutine' object has no attribute 'using_db'",
    (TERMINAL, "gathered-and-returned"): "AttributeError: 'coroutine' object has no attribute",
    (TERMINAL, "given-twice"): "AttributeError: 'coroutine' object has no attribute 'using_db'",
    (TERMINAL, "keyword-of-a-filter"): "FieldError: Unknown filter param 'using_db'",
    (TERMINAL, "multi-line-chain"): "AttributeError: 'ValuesQuery' object has no attribute",
    (TERMINAL, "none"): "AttributeError: 'coroutine' object has no attribute 'using_db'",
    (TERMINAL, "optional-parameter"): "AttributeError: 'DeleteQuery' object has no attribute",
    (TERMINAL, "query-in-a-variable"): "AttributeError: 'CountQuery' object has no attribute",
    (TERMINAL, "release-not-pinned"): "AttributeError: 'coroutine' object has no attribute",
    (TERMINAL, "values-and-counts"): "AttributeError: 'ValuesQuery' object has no attribute",
    (NESTED, "handle-of-an-outer-function"): "ConfigurationError: Unable to get db settings for",
    (NESTED, "bound-to-another-name"): "ConfigurationError: Unable to get db settings for alias",
    (NESTED, "decorator"): "ConfigurationError: Unable to get db settings for alias",
    (NESTED, "handle-by-keyword"): "ConfigurationError: Unable to get db settings for alias",
    (NESTED, "imported-under-another-name"): "ConfigurationError: Unable to get db settings",
    (NESTED, "inner-block-fails"): "ConfigurationError: Unable to get db settings for alias",
    (NESTED, "looked-up-connection"): "ConfigurationError: Unable to get db settings for alias",
    (NESTED, "outer-block-is-named"): "ConfigurationError: Unable to get db settings for alias",
}
#: Cases that are left alone because they work.
WORKING = (
    (TERMINAL, "added-by-a-subclass"),
    (TERMINAL, "annotation-of-that-name"),
    (TERMINAL, "field-of-that-name"),
    (TERMINAL, "handled-errors"),
    (TERMINAL, "method-of-a-model"),
    (TERMINAL, "query-from-elsewhere"),
    (TERMINAL, "works-as-it-is"),
    (NESTED, "bound-again-in-a-branch"),
    (NESTED, "handled-errors"),
    (NESTED, "names"),
    (NESTED, "optional-parameters"),
    (NESTED, "unproven-arguments"),
)


@pytest.fixture(params=DATABASES, ids=kind)
def database(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The URLs of two empty databases, for before and after."""
    with fresh(request.param, 2) as urls:
        yield urls


def both(before: Path, after: Path, urls: list[str]) -> list[Outcome]:
    """What comes of two versions of a project."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (before, after), urls))


@pytest.mark.parametrize(("rule", "case"), RUN, ids=lambda part: part)
def test_what_fails_before_works_after(rule: str, case: str, database: list[str]) -> None:
    folder = FIXTURES / rule / case
    before, after = both(folder / "before", folder / "after", database)

    assert before.exception.startswith(RUN[rule, case])
    assert not after.exception
    assert after.value


@pytest.mark.parametrize(("rule", "case"), WORKING, ids=lambda part: part)
def test_what_works_is_not_touched(rule: str, case: str) -> None:
    folder = FIXTURES / rule / case

    assert not run(folder / "before").exception
    assert not (folder / "after").exists()


def test_an_inner_block_that_fails_is_undone_alone(database: list[str]) -> None:
    """As the author wanted: with the name passed, the inner block is a savepoint."""
    outcome = run(FIXTURES / NESTED / "inner-block-fails" / "after", database[0])

    assert outcome.value == "['Ada', 'Cid']"


#: The forms that TOR312 repairs.
FORMS = """
    Customer.create(name="x").using_db(conn)
    Customer.get_or_create(name="x").using_db(conn)
    Customer.update_or_create(name="x").using_db(conn)
    Customer.bulk_create([Customer(name="x")]).using_db(conn)
    Customer.bulk_create([Customer(name="x")], 10).using_db(conn)
    Customer.bulk_update([ada], ["name"]).using_db(conn)
    Customer.in_bulk([1], "id").using_db(conn)
    Customer.exists(name="x").using_db(conn)
    Customer.raw("SELECT * FROM customer").using_db(conn)
    Customer.all().values().using_db(conn)
    Customer.all().values_list("id").using_db(conn)
    Customer.all().count().using_db(conn)
    Customer.all().exists().using_db(conn)
    Customer.all().in_bulk([1], "id").using_db(conn)
    Customer.all().raw("SELECT * FROM customer").using_db(conn)
    Customer.all().bulk_update([ada], ["name"]).using_db(conn)
    Customer.all().bulk_create([Customer(name="x")]).using_db(conn)
    Customer.filter(id=1).update(name="x").using_db(conn)
    Customer.filter(id=0).delete().using_db(conn)
    Customer.all().first().values("id").using_db(conn)
    Customer.get(name="Ada").values_list("id").using_db(conn)
    ada.save().using_db(conn)
    ada.save().using_db(using_db=conn)
    ada.refresh_from_db(["name"]).using_db(conn)
    Customer(name="x").save().using_db(conn)
    ada.update_from_dict({"name": "x"}).save().using_db(conn)
    order.delete().using_db(conn)
    order.fetch_related("customer").using_db(conn)
    order.tags.add(red).using_db(conn)
    order.tags.remove(red).using_db(conn)
    order.tags.clear().using_db(conn)
    order.tags.using_db(conn)
    order.tags.using_db(conn).limit(1)
    order.tags.filter(name="red", using_db=conn)
    ada.orders.using_db(conn).all()
    ada.orders.all(using_db=conn)
    ada.orders.filter(using_db=conn)
    ada.orders.order_by("id", using_db=conn)
    ada.orders.limit(1, using_db=conn)
    ada.orders.all().count().using_db(conn)
    ada.orders.create(total=1).using_db(conn)
    ada.using_db(conn).save()
    ada.using_db(conn).fetch_related("orders")
    Customer.using_db(conn).create(name="x")
    Customer.using_db(conn).all()
    Customer.using_db(conn).get(name="Ada")
    Customer.using_db(conn).first()
    Customer.using_db(conn).filter(name="x").order_by("id").values("id")
    Customer.using_db(conn).bulk_create([Customer(name="x")])
    Customer.filter(name="x", using_db=conn)
    Customer.filter(using_db=conn)
    Customer.exclude(name="x", using_db=conn)
    Customer.annotate(using_db=conn)
    Customer.latest("id", using_db=conn)
    Customer.all().filter(name="x", using_db=conn)
    Customer.all().exclude(name="x", using_db=conn)
    Customer.all().annotate(using_db=conn)
    Customer.all().get(name="Ada", using_db=conn)
    Customer.all().get_or_none(name="x", using_db=conn)
    Customer.all().first(using_db=conn)
    Customer.all().last(using_db=conn)
    Customer.all().latest("id", using_db=conn)
    Customer.all().update(name="x", using_db=conn)
    Customer.filter(id=0).delete(using_db=conn)
    Customer.all().count(using_db=conn)
    Customer.all().exists(using_db=conn)
    Customer.all().values("id", using_db=conn)
    Customer.all().values(using_db=conn)
    Customer.all().values_list("id", using_db=conn)
    Customer.all().order_by("id", using_db=conn)
    Customer.all().limit(1, using_db=conn)
    Customer.all().order_by("id").limit(2).offset(1, using_db=conn)
    Customer.all().distinct(using_db=conn)
    Customer.all().only("id", using_db=conn)
    Customer.all().select_for_update(using_db=conn)
    Customer.all().prefetch_related("orders", using_db=conn)
    Order.all().select_related("customer", using_db=conn)
    Customer.all().bulk_create([Customer(name="x")], using_db=conn)
    Customer.all().bulk_update([ada], ["name"], using_db=conn)
    Customer.all().in_bulk([1], "id", using_db=conn)
    Customer.all().using_db(using_db=conn)
    Customer.all().using_db(using_db=conn).values("id")
    Customer.first().all(using_db=conn)
    Customer.get(name="Ada").only("id", "name", using_db=conn)
""".strip().splitlines()

HEAD = """from models import Customer, Order, Tag
from tortoise import BaseDBAsyncClient
from tortoise.transactions import in_transaction

"""
FORM = """
async def form_{number}(conn: BaseDBAsyncClient, ada: Customer, order: Order, red: Tag):
    return await {form}

"""
MAIN = """
async def main():
    said = []
    for number in range({count}):
        try:
            async with in_transaction() as conn:
                ada = await Customer.create(name="Ada")
                order = await Order.create(customer=ada)
                red = await Tag.create(name="red")
                await globals()[f"form_{{number}}"](conn, ada, order, red)
                said.append("works")
                raise KeyError
        except KeyError:
            pass
        except Exception as error:
            said.append(type(error).__name__)
    return said
"""


def project(root: Path, forms: list[str], release: str = "1.1.9") -> Path:
    """A project that runs each form in a transaction of its own, and tells what came of each."""
    root.mkdir(parents=True, exist_ok=True)
    models = FIXTURES / TERMINAL / "create" / "before" / "models.py"
    (root / "models.py").write_text(models.read_text())
    dependency = f'dependencies = ["tortoise-orm=={release}"]\n'
    (root / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n' + dependency)
    bodies = "".join(FORM.format(number=n, form=form.strip()) for n, form in enumerate(forms))
    (root / "main.py").write_text(HEAD + bodies + MAIN.format(count=len(forms)))
    return root


def repaired(root: Path, source: Path, rule: str) -> list[Finding]:
    """The findings of a rule over a project, whose repaired copy is written to ``root``."""
    made = planned(source, rule)
    assert not made.faults
    assert all(finding.edits for finding in made.findings)
    root.mkdir()
    for path in source.glob("*.*"):
        (root / path.name).write_bytes(path.read_bytes())
    for change in made.changes:
        (root / change.path).write_bytes(change.new)
    return list(made.findings)


def test_every_form_fails_as_the_message_says_and_then_works(
    tmp_path: Path, database: list[str]
) -> None:
    source = project(tmp_path / "before", FORMS)
    findings = repaired(tmp_path / "after", source, TERMINAL)
    before, after = both(source, tmp_path / "after", database)

    failed = ast.literal_eval(before.value)
    assert failed == [finding.message.rpartition(" ")[2] for finding in findings]
    worked = ast.literal_eval(after.value)
    assert [form for form, said in zip(FORMS, worked, strict=True) if said != "works"] == []


def messages(tmp_path: Path, form: str, rule: str = TERMINAL) -> list[tuple[str, str, str]]:
    """What is said of one form: the safety, the message and the advice."""
    found = planned(project(tmp_path / "project", [form]), rule).findings
    return [(f.safety.value, f.message, f.advice) for f in found]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (
            'Customer.create(name="x").using_db(conn)',
            "create() gives a coroutine, which has no using_db(): this raises AttributeError",
        ),
        (
            "Customer.all().count().using_db(conn)",
            "count() gives a query, which has no using_db(): this raises AttributeError",
        ),
        (
            "Customer.using_db(conn).all()",
            "the model class Customer has no using_db(): this raises AttributeError",
        ),
        (
            "ada.orders.using_db(conn)",
            "the relation orders has no using_db(): this raises AttributeError",
        ),
        (
            "Customer.filter(using_db=conn)",
            "filter() takes no using_db here: this raises FieldError",
        ),
        (
            "Customer.all().using_db(using_db=conn)",
            "using_db() takes the connection by position: this raises TypeError",
        ),
    ],
)
def test_the_message_says_what_raises(tmp_path: Path, form: str, message: str) -> None:
    assert messages(tmp_path, form) == [("safe", message, "")]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("Customer.create(name=str(1)).using_db(globals()['x'])", "computed at another point"),
        ("Customer.create(name='x', using_db=order).using_db(conn)", "two connections"),
        ("Customer.create(*[conn]).using_db(conn)", "two connections"),
        ("Customer.create(name='x').using_db('default')", "not a connection"),
        ("Customer.create(name=(conn := red.db)).using_db(conn)", "computed at another point"),
        ("ada.using_db(conn)", "objects keep no connection"),
        ("Customer.all().update(using_db=conn)", "nothing is updated"),
    ],
)
def test_what_is_left_for_a_hand_says_why(tmp_path: Path, form: str, reason: str) -> None:
    ((safety, _, advice),) = messages(tmp_path, form)

    assert safety == "manual"
    assert reason in advice


@pytest.mark.parametrize(
    "form",
    [
        "Customer.all().explain(using_db=conn)",
        "Customer.all().values(using_db='name')",
        "Customer.create(name='x').save().using_db(conn)",
        "order.customer.using_db(conn)",
        "order.tags.create(name='x').using_db(conn)",
        "conn.execute_query('SELECT 1').using_db(conn)",
        "Customer.describe(using_db=conn)",
        "Customer.all().using_db()",
        "Customer.all().count().using_db()",
        "Customer.all().count().using_db(conn, conn)",
        "Customer.all().count().using_db(*[conn])",
        "Customer.all().count().using_db(**{'using_db': conn})",
    ],
)
def test_what_is_not_certain_is_not_spoken_of(tmp_path: Path, form: str) -> None:
    assert not messages(tmp_path, form)


NEST = """from tortoise.transactions import in_transaction


async def main():
    async with in_transaction() as conn:
        async with in_transaction(conn):
            pass
"""


@pytest.mark.parametrize(
    ("release", "safety", "error"),
    [
        ("1.1.9", "safe", "ConfigurationError"),
        ("0.23.0", "safe", "ConfigurationError"),
        ("0.22.2", "unsafe", "ConfigurationError"),
        ("0.17.8", "unsafe", "KeyError"),
    ],
)
def test_without_savepoints_a_nested_transaction_is_not_repaired_unasked(
    tmp_path: Path, release: str, safety: str, error: str
) -> None:
    source = project(tmp_path / "project", ["Customer.all()"], release)
    (source / "main.py").write_text(NEST)
    (one,) = planned(source, NESTED).findings

    assert one.safety.value == safety
    assert one.message.endswith(f"this raises {error}")
    assert ("whole outer transaction is rolled back" in one.advice) == (safety == "unsafe")
    assert one.edits


def test_an_annotation_alone_is_not_trusted_unasked() -> None:
    """Given a name in spite of it, the call works, and would not work any more."""
    found = planned(FIXTURES / NESTED / "annotated-parameter" / "before", NESTED).findings

    assert [finding.safety.value for finding in found] == ["unsafe", "unsafe"]
    assert all("annotated" in finding.advice and finding.edits for finding in found)


def test_a_handled_error_of_a_nested_transaction_is_left_for_a_hand() -> None:
    (one,) = planned(FIXTURES / NESTED / "handled-errors" / "before", NESTED).findings

    assert one.safety.value == "manual" and not one.edits
    assert "except clause" in one.advice


EXPRESSIONS = (
    "conn", "a.b", "f(x)", "rows[0]", "a or b", "not a", "-a", "a if b else c", "lambda: a",
    "(conn)", "( # here\n  conn\n)", "a + b", "await f()", "{}", "'name'", "1", "f(\n  x,\n)",
)  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_attribute_of_any_expression_means_what_it_says(expression: str) -> None:
    """Whatever it is, the result parses to the attribute of exactly that expression."""
    text = f"async def g():\n    f({expression})\n"
    source, tree = Source("x.py", text), ast.parse(text)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Expr)).value
    assert isinstance(call, ast.Call)

    made = apply(source, tree, [TakeAttribute("x.py", source.span(call.args[0]), "name")])

    assert isinstance(made, str)
    wanted = ast.parse(f"async def g():\n    f(({expression}).name)\n")
    assert ast.dump(ast.parse(made)) == ast.dump(wanted)


def test_an_attribute_is_taken_of_expressions_only() -> None:
    import libcst as cst

    edit = TakeAttribute("x.py", Source("x.py", "x\n").span(ast.parse("x").body[0]), "name")
    with pytest.raises(EditError):
        edit.change(cst.Pass())
